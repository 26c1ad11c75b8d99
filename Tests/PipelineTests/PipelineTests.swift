import Catalog
import ChangeModel
import Iceberg
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import Testing

@Suite("A running pipeline")
struct PipelineTests {
    @Test("copies what is there and follows what comes", arguments: RigMode.all)
    func copyAndFollow(mode: RigMode) async throws {
        let rig = PipelineRig(["orders", "items"], mode)
        let (items, orders) = (rig.names[1], rig.names[0])
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()

        rig.source.commit([
            (orders, .update(id: 5, name: "changed")), (orders, .delete(id: 6)),
            (items, .insert(id: 1, name: nil)),
        ])
        rig.source.commit([
            (orders, .move(from: 7, to: 1007, name: "moved")),
            (orders, .insert(id: 7, name: "new seven")),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        let acknowledged = rig.source.state.withLock { $0.acknowledged }
        #expect(acknowledged == 3)
    }

    @Test("an update that does not carry a value keeps it, from the lake or from the epoch")
    func unchangedValues() async throws {
        let rig = PipelineRig(["orders"])
        let orders = rig.names[0]
        rig.source.commit([(orders, .insert(id: 1, name: "kept"))])
        try await rig.runUntilCaughtUp()
        rig.source.commit([
            (orders, .touch(id: 1, amount: 7)), (orders, .insert(id: 2, name: "fresh")),
            (orders, .touch(id: 2, amount: 8)), (orders, .move(from: 2, to: 3, name: "moved")),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(try await rig.lakeRows(orders)[1] == ScriptedRow(name: "kept", amount: 7))
        #expect(try await rig.lakeRows(orders)[3] == ScriptedRow(name: "moved", amount: 8))
    }

    @Test("a truncated table is empty, and rows that follow are there", arguments: RigMode.all)
    func truncate(mode: RigMode) async throws {
        let rig = PipelineRig(["orders"], mode)
        let orders = rig.names[0]
        rig.source.commit((0..<10).map { (orders, .insert(id: $0, name: "old")) })
        try await rig.runUntilCaughtUp()
        rig.source.commit([
            (orders, .insert(id: 50, name: "gone too")), (orders, .truncate),
            (orders, .insert(id: 1, name: "after")),
        ])
        try await rig.runUntilCaughtUp()
        #expect(try await rig.lakeRows(orders) == [1: ScriptedRow(name: "after", amount: nil)])
    }

    @Test(
        "a column that is added appears; rows that existed are read again when they must be",
        arguments: RigMode.all,
        [true, false]
    )
    func addedColumn(mode: RigMode, needsSnapshot: Bool) async throws {
        let rig = PipelineRig(["orders"], mode)
        let orders = rig.names[0]
        rig.source.commit((1...5).map { (orders, .insert(id: $0, name: "a")) })
        try await rig.runUntilCaughtUp()
        rig.source.state.withLock { $0.addedColumnAt[orders] = (2, needsSnapshot: needsSnapshot) }
        rig.source.commit([(orders, .update(id: 1, name: "before")), (orders, .delete(id: 2))])
        rig.source.commit([
            (orders, .insert(id: 6, name: "b")), (orders, .update(id: 3, name: "after")),
            (orders, .delete(id: 4)), (orders, .move(from: 5, to: 50, name: "moved")),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        let names = try await rig.loaded(orders).metadata.currentSchema().fields.map(\.name)
        #expect(names == ["id", "name", "amount", "extra"])
        #expect(rig.source.state.withLock { $0.snapshotsOpened } == (needsSnapshot ? 2 : 1))
        rig.source.commit([(orders, .delete(id: 1)), (orders, .update(id: 50, name: "last"))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    @Test("a table that cannot be followed stops at its place; the others go on, also later")
    func stoppedTable() async throws {
        let rig = PipelineRig(["items", "orders"])
        let (items, orders) = (rig.names[0], rig.names[1])
        rig.source.commit([(orders, .insert(id: 1, name: "a"))])
        try await rig.runUntilCaughtUp()
        rig.source.state.withLock { $0.stoppedAt[orders] = 2 }
        rig.source.commit([(orders, .insert(id: 2, name: "before the change"))])
        rig.source.commit([
            (orders, .insert(id: 3, name: "after")), (items, .insert(id: 1, name: "x")),
        ])
        let report = try await rig.runUntilCaughtUp()
        #expect(report.stoppedTables.map(\.table) == [orders])
        #expect(try await rig.lakeRows(orders)[3] == nil)
        #expect(try await rig.lakeRows(items).count == 1)

        rig.source.commit([
            (orders, .insert(id: 4, name: "later")), (items, .insert(id: 2, name: "y")),
        ])
        let second = try await rig.runUntilCaughtUp()
        #expect(second.stoppedTables.map(\.table) == [orders])
        #expect(try await rig.lakeRows(items).count == 2)
        #expect(try await rig.lakeRows(orders)[4] == nil)
    }

    @Test("a transaction larger than the epoch's memory is written in pieces and commits whole")
    func largeTransaction() async throws {
        for deletes in [DeleteMode.auto, .equality] {
            var rig = PipelineRig(["orders"], deletes: deletes)
            rig.bytesMax = 2_000
            let orders = rig.names[0]
            var changes: [(SourceTableName, ScriptedChange)] = []
            for id in 0..<500 as Range<Int64> {
                changes.append((orders, .insert(id: id, name: "row \(id)")))
                if id % 3 == 0, id % 2 == 0, id / 2 % 7 != 6 {
                    changes.append((orders, .update(id: id / 2, name: "again")))
                }
                if id % 7 == 6 { changes.append((orders, .delete(id: id))) }
                if id % 14 == 13 { changes.append((orders, .insert(id: id, name: "back"))) }
            }
            try await rig.runUntilCaughtUp()
            rig.source.commit(changes)
            try await rig.runUntilCaughtUp()
            try await rig.expectEqualTables()
        }
    }

    @Test("the older of two running instances ends when the newer one has taken over")
    func twoInstances() async throws {
        let rig = PipelineRig(["orders"])
        let orders = rig.names[0]
        let parts = try rig.parts()
        let older = Task {
            try await runPipeline(parts, untilCaughtUp: false, stop: StopSignal())
        }
        // Streams from the beginning of the log or from what it copied; either way this commits.
        for id in 1...100 as ClosedRange<Int64> {
            rig.source.commit([(orders, .insert(id: id, name: "a"))])
            try await Task.sleep(for: .milliseconds(20))
            if rig.source.state.withLock({ $0.acknowledged }) > 0 { break }
        }
        try await rig.runUntilCaughtUp()
        rig.source.commit([(orders, .insert(id: 1000, name: "b"))])
        let ended = await older.result
        guard case .failure(let error) = ended, let error = error as? PipelineError else {
            Issue.record("the older instance went on: \(ended)")
            return
        }
        #expect(error.kind == .overtaken)
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    @Test("a table without a key is followed as a multiset of rows, over restarts and truncates")
    func keylessTable() async throws {
        let rig = PipelineRig(["items", "orders"])
        let (items, orders) = (rig.names[0], rig.names[1])
        rig.source.state.withLock { $0.keyless = items }
        rig.source.commit((0..<20).map { (items, .insert(id: $0, name: "item")) })
        rig.source.commit([(orders, .insert(id: 1, name: "a"))])
        try await rig.runUntilCaughtUp()
        rig.source.commit([
            (items, .update(id: 3, name: "changed")), (items, .delete(id: 4)),
            (items, .move(from: 5, to: 105, name: "moved")), (items, .insert(id: 4, name: "again")),
            (items, .touch(id: 6, amount: 9)), (items, .delete(id: 3)),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(try await rig.loaded(items).metadata.currentSchema().identifierFieldIDs == [])
        rig.source.commit([(items, .truncate), (items, .insert(id: 7, name: "after"))])
        rig.source.commit([(items, .update(id: 7, name: "later"))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    @Test("with equality deletes a table without a key takes inserts, and stops at anything else")
    func keylessTableByEquality() async throws {
        let rig = PipelineRig(["items", "orders"], deletes: .equality)
        let (items, orders) = (rig.names[0], rig.names[1])
        rig.source.state.withLock { $0.keyless = items }
        rig.source.commit((0..<20).map { (items, .insert(id: $0, name: "item")) })
        try await rig.runUntilCaughtUp()
        rig.source.commit([(items, .insert(id: 30, name: "more")), (items, .delete(id: 30))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        rig.source.commit([(items, .delete(id: 3)), (orders, .insert(id: 1, name: "a"))])
        let report = try await rig.runUntilCaughtUp()
        #expect(report.stoppedTables.map(\.table) == [items])
        #expect("\(report.stoppedTables[0].error)".contains("use deletes: auto"))
        #expect(try await rig.lakeRows(orders).count == 1)
        #expect(try await rig.lakeRows(items).count == 20)
    }

    @Test("a table that was rolled back stops with the reason until it is moved forward again")
    func rollback() async throws {
        let rig = PipelineRig(["orders", "items"])
        let (orders, items) = (rig.names[0], rig.names[1])
        rig.source.commit([(orders, .insert(id: 1, name: "a"))])
        try await rig.runUntilCaughtUp()
        rig.source.commit([(orders, .insert(id: 2, name: "b"))])
        try await rig.runUntilCaughtUp()
        let whole = try await rig.loaded(orders)
        let newest = try #require(whole.metadata.currentSnapshotID)
        let older = try #require(whole.metadata.currentSnapshot?.parentSnapshotID)
        try await move(orders, to: older, rig)

        rig.source.commit([
            (orders, .insert(id: 3, name: "c")), (items, .insert(id: 1, name: "d")),
        ])
        let report = try await rig.runUntilCaughtUp()
        #expect(report.stoppedTables.map(\.table) == [orders])
        let reason = report.stoppedTables.first?.error.description ?? ""
        #expect(reason.contains("was moved back: snapshot \(newest)"))
        #expect(try await rig.lakeRows(items).count == 1)
        #expect(try await rig.loaded(orders).metadata.currentSnapshotID == older)

        try await move(orders, to: newest, rig)
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    @Test("a table that was left out for a while is copied anew when it comes back")
    func leftOut() async throws {
        let rig = PipelineRig(["orders", "items"])
        let (orders, items) = (rig.names[0], rig.names[1])
        rig.source.commit([
            (orders, .insert(id: 1, name: "a")), (items, .insert(id: 1, name: "a")),
        ])
        try await rig.runUntilCaughtUp()
        rig.source.state.withLock { $0.hidden = orders }
        rig.source.commit([
            (orders, .insert(id: 2, name: "missed")), (items, .insert(id: 2, name: "b")),
        ])
        try await rig.runUntilCaughtUp()
        #expect(try await rig.lakeRows(orders).count == 1)
        rig.source.state.withLock { $0.hidden = nil }
        rig.source.commit([(items, .delete(id: 1))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        // Once for both tables, and once more for the one that came back.
        #expect(rig.source.state.withLock { $0.snapshotsOpened } == 2)
    }

    private func move(
        _ name: SourceTableName,
        to snapshotID: Int64,
        _ rig: PipelineRig
    ) async throws {
        let table = try await rig.loaded(name)
        let main = SnapshotReference(snapshotID: snapshotID, kind: .branch)
        _ = try await rig.catalog.commit([
            TableChange(
                identifier: table.identifier,
                base: table,
                requirements: [],
                updates: [.setSnapshotReference(name: SnapshotReference.main, main)]
            )
        ])
    }
}
