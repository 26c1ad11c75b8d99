import Catalog
import ChangeModel
import Iceberg
import ObjectStore
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import TestKit
import Testing

@Suite("Files that a pipeline writes anew beside the stream")
struct MaintenanceTests {
    /// Every file is too large to be folded within an epoch.
    private func rig(formatVersion: Int = 2) -> PipelineRig {
        var rig = PipelineRig(["orders"])
        rig.formatVersion = formatVersion
        rig.foldedBytesPerEpoch = 0
        return rig
    }

    private func live(_ rig: PipelineRig) async throws -> LiveFiles {
        try await rig.loaded(rig.names[0]).metadata.liveFiles(store: rig.store)
    }

    private func wait(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<20_000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("waited in vain")
    }

    private func committed(_ rig: PipelineRig) async throws {
        let source = rig.source
        let count = source.state.withLock { $0.log.count }
        try await wait { source.state.withLock { $0.acknowledged } >= count }
    }

    @Test("lose their dead rows in a commit that changes no rows", arguments: [2, 3])
    func deadRows(formatVersion: Int) async throws {
        let rig = rig(formatVersion: formatVersion)
        let orders = rig.names[0]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let (parts, stop) = (try rig.parts(), StopSignal())
        let running = Task { try await runPipeline(parts, untilCaughtUp: false, stop: stop) }
        rig.source.commit((0..<40).map { (orders, .delete(id: $0)) })
        try await committed(rig)
        try await wait { try await live(rig).deleteFiles.isEmpty }
        #expect(try await live(rig).dataFiles.map(\.file.recordCount) == [60])
        let snapshot = try await rig.loaded(orders).metadata.currentSnapshot
        #expect(snapshot?.summary.operation == .replace)
        // The index knows the new places.
        rig.source.commit([(orders, .delete(id: 41)), (orders, .touch(id: 42, amount: 7))])
        try await committed(rig)
        try await rig.expectEqualTables()
        #expect(try await live(rig).deleteFiles.map(\.file.recordCount) == [2])
        stop.request()
        _ = try await running.value
        #expect(rig.log.lines(with: "warning") == [])
        #expect(rig.log.lines(with: "older files were written anew").count == 1)
    }

    @Test("leave nothing behind where the program ends before they are committed")
    func ended() async throws {
        let rig = rig()
        let orders = rig.names[0]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let (parts, stop) = (try rig.parts(), StopSignal())
        let running = Task { try await runPipeline(parts, untilCaughtUp: false, stop: stop) }
        // The key index is there when this is.
        rig.source.commit([(orders, .insert(id: 500, name: "new"))])
        try await committed(rig)
        rig.gate.close()
        rig.source.commit((0..<40).map { (orders, .delete(id: $0)) })
        try await committed(rig)
        let gate = rig.gate
        try await wait { gate.waited > 0 }
        stop.request()
        try await Task.sleep(for: .milliseconds(20))
        rig.gate.open()
        _ = try await running.value
        try await rig.expectEqualTables()
        let live = try await live(rig)
        let known = Set((live.dataFiles + live.deleteFiles).map(\.file.path))
        let strangers = rig.store.paths.filter {
            $0.contains("rewritten") && !known.contains($0)
        }
        #expect(strangers == [])
    }

    @Test("are left alone, and small files too, where compaction is off")
    func off() async throws {
        for foldedBytes in [0, 16 << 20] as [Int64] {
            var rig = rig()
            rig.compaction = .off
            rig.foldedBytesPerEpoch = foldedBytes
            let orders = rig.names[0]
            for number in 0..<6 as Range<Int64> {
                rig.source.commit(
                    (number * 10..<number * 10 + 10).map {
                        (orders, .insert(id: $0, name: "order \($0)"))
                    }
                )
                try await rig.runUntilCaughtUp()
            }
            rig.source.commit((0..<9).map { (orders, .delete(id: $0)) })
            try await rig.runUntilCaughtUp()
            try await rig.runUntilCaughtUp()
            #expect(try await live(rig).dataFiles.count == 6)
            #expect(try await live(rig).deleteFiles.map(\.file.recordCount) == [9])
            try await rig.expectEqualTables()
        }
    }

    @Test("are so at the start of a run that ends when it has caught up")
    func atOnce() async throws {
        let rig = rig()
        let orders = rig.names[0]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        rig.source.commit((0..<40).map { (orders, .delete(id: $0)) })
        try await rig.runUntilCaughtUp()
        #expect(try await live(rig).deleteFiles.map(\.file.recordCount) == [40])
        rig.source.commit([(orders, .delete(id: 50)), (orders, .insert(id: 3, name: "three"))])
        try await rig.runUntilCaughtUp()
        let files = try await live(rig)
        #expect(files.dataFiles.map(\.file.recordCount).sorted() == [1, 60])
        #expect(files.deleteFiles.map(\.file.recordCount) == [1])
        try await rig.expectEqualTables()
    }

    @Test("a kept index goes on after files were written anew")
    func keptIndex() async throws {
        let folder = TemporaryFolder()
        var rig = rig()
        rig.index = IndexConfiguration(folder: folder.path, bytesMax: 1 << 30)
        let orders = rig.names[0]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        rig.source.commit((0..<40).map { (orders, .delete(id: $0)) })
        try await rig.runUntilCaughtUp()
        rig.log.clear()
        for round in 0..<4 as Range<Int64> {
            rig.source.commit([
                (orders, .delete(id: 50 + round)), (orders, .touch(id: 60 + round, amount: round)),
                (orders, .insert(id: round, name: "back")),
            ])
            try await rig.runUntilCaughtUp()
            try await rig.expectEqualTables()
        }
        #expect(rig.log.lines(with: "key index rebuilt") == [])
        #expect(rig.log.lines(with: "it is read anew") == [])
        #expect(!rig.log.lines(with: "older files were written anew").isEmpty)
    }
}
