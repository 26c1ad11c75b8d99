import Catalog
import ChangeModel
import Iceberg
import Pipeline
import PipelineConfig
import PipelineTestKit
import TableModel
import Testing

@Suite("Named cuts")
struct NamedCutTests {
    /// The cuts' tags on a table, with the snapshots they name.
    private func tags(_ rig: PipelineRig, _ name: SourceTableName) async throws -> [String: Int64] {
        let refs = try await rig.loaded(name).metadata.refs.filter { $0.value.kind == .tag }
        return refs.mapValues(\.snapshotID)
    }

    @Test("every table has a tag of each cut's name, whether the epoch changed it or not")
    func sameNames() async throws {
        var rig = PipelineRig(["orders", "items"])
        rig.cuts = CutConfiguration(intervalMilliseconds: 0, keep: 10)
        let (orders, items) = (rig.names[0], rig.names[1])
        rig.source.commit([(orders, .insert(id: 1, name: "a")), (items, .insert(id: 1, name: "b"))])
        try await rig.runUntilCaughtUp()
        rig.source.commit([(orders, .update(id: 1, name: "c"))])
        try await rig.runUntilCaughtUp()
        let first = try await tags(rig, orders)
        #expect(first.count == 1)
        rig.source.commit([(items, .update(id: 1, name: "d"))])
        try await rig.runUntilCaughtUp()

        let ordersTags = try await tags(rig, orders)
        let itemsTags = try await tags(rig, items)
        #expect(ordersTags.count == 2)
        #expect(ordersTags.keys.sorted() == itemsTags.keys.sorted())
        // Orders did not change between the two cuts, items did.
        #expect(Set(ordersTags.values).count == 1)
        #expect(Set(itemsTags.values).count == 2)
        let name = try #require(first.keys.first)
        #expect(name.hasPrefix("frazil-shop-"))
    }

    @Test("the oldest cuts go when there are more than stay")
    func pruning() async throws {
        var rig = PipelineRig(["orders"])
        rig.cuts = CutConfiguration(intervalMilliseconds: 0, keep: 2)
        let orders = rig.names[0]
        var names: [String] = []
        rig.source.commit([(orders, .insert(id: 0, name: "first"))])
        try await rig.runUntilCaughtUp()
        for id in 1...4 {
            rig.source.commit([(orders, .insert(id: Int64(id), name: "x"))])
            try await rig.runUntilCaughtUp()
            let epoch = try await tags(rig, orders).keys.compactMap { Int($0.dropFirst(12)) }.max()
            names.append("frazil-shop-\(try #require(epoch))")
        }
        let left = try await tags(rig, orders)
        #expect(left.keys.sorted() == names.suffix(2).sorted())
    }

    @Test("no cut is made before its interval is over")
    func interval() async throws {
        var rig = PipelineRig(["orders"])
        rig.cuts = CutConfiguration(intervalMilliseconds: 3_600_000, keep: 2)
        let orders = rig.names[0]
        for id in 0...3 {
            rig.source.commit([(orders, .insert(id: Int64(id), name: "x"))])
            try await rig.runUntilCaughtUp()
        }
        #expect(try await tags(rig, orders).count == 1)
    }
}
