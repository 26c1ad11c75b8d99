import Catalog
import ChangeModel
import Glibc
import Iceberg
import ObjectStore
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import TableScan
import TestKit
import Testing

extension TemporaryFolder {
    fileprivate var contents: [(name: String, bytes: [UInt8])] { names().map { ($0, read($0)) } }

    fileprivate func restore(_ contents: [(name: String, bytes: [UInt8])]) {
        for name in names() { remove(name) }
        for (name, bytes) in contents { write(bytes, name) }
    }
}

@Suite("Key indexes of a pipeline")
struct KeptIndexTests {
    private func rig(_ folder: TemporaryFolder?, bytesMax: Int = 1 << 30) -> PipelineRig {
        var rig = PipelineRig(["items", "orders"])
        rig.index = IndexConfiguration(folder: folder?.path, bytesMax: bytesMax)
        return rig
    }

    private func changes(
        _ orders: SourceTableName,
        _ round: Int64
    )
        -> [(SourceTableName, ScriptedChange)]
    {
        [
            (orders, .update(id: round, name: "changed in \(round)")),
            (orders, .delete(id: 50 + round)), (orders, .insert(id: 1000 + round, name: "new")),
            (orders, .touch(id: 25 + round, amount: round)),
        ]
    }

    private func deletesByKey(_ rig: PipelineRig, _ name: SourceTableName) async throws -> Int {
        let live = try await rig.loaded(name).metadata.liveFiles(store: rig.store)
        return live.deleteFiles.count { $0.file.content == .equalityDeletes }
    }

    @Test("a restart goes on with the index that is stored and reads no keys")
    func restart() async throws {
        let folder = TemporaryFolder()
        let rig = rig(folder)
        let orders = rig.names[1]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        for round in 0..<3 as Range<Int64> {
            rig.log.clear()
            rig.source.commit(changes(orders, round))
            // Nobody reads a data file but for the value that was not sent.
            try await rig.runUntilCaughtUp()
            try await rig.expectEqualTables()
            #expect(rig.log.lines(with: "key index read from the state folder").count == 2)
            #expect(rig.log.lines(with: "key index rebuilt") == [])
            #expect(rig.log.lines(with: "warning") == [])
        }
        #expect(try await deletesByKey(rig, orders) == 0)
    }

    @Test("whatever is damaged is told of in one line and read anew")
    func damaged() async throws {
        let folder = TemporaryFolder()
        let rig = rig(folder)
        let orders = rig.names[1]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let stored = folder.contents.filter { $0.name.hasSuffix(".index") && $0.bytes.count > 600 }
        let name = try #require(stored.first?.name)
        var bytes = folder.read(name)
        bytes[bytes.count / 2] ^= 4
        folder.write(bytes, name)
        rig.log.clear()
        rig.source.commit(changes(orders, 1))
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        let warnings = rig.log.lines(with: "warning")
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("the stored key index is not used") == true)
        #expect(warnings.first?.contains("\(name) is damaged at byte") == true)
        #expect(rig.log.lines(with: "key index rebuilt").count == 1)
        // The one that was read anew is stored in its place.
        rig.log.clear()
        rig.source.commit(changes(orders, 2))
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: "warning") == [])
        #expect(rig.log.lines(with: "key index rebuilt") == [])
    }

    @Test("an index that is 20 snapshots old, compactions among them, is brought up to date")
    func old() async throws {
        let folder = TemporaryFolder()
        let rig = rig(folder)
        let orders = rig.names[1]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let old = folder.contents
        for round in 1...20 as ClosedRange<Int64> {
            rig.source.commit(changes(orders, round))
            try await rig.runUntilCaughtUp()
            if round % 8 == 0 { try await compact(orders, rig, number: round) }
        }
        try await compact(orders, rig, number: 99)
        folder.restore(old)
        rig.log.clear()
        rig.source.commit(changes(orders, 21))
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: "the key index followed the table").count == 1)
        #expect(rig.log.lines(with: "key index rebuilt") == [])
        #expect(rig.log.lines(with: "warning") == [])
        #expect(try await deletesByKey(rig, orders) == 0)
    }

    @Test("an index whose snapshot is not in the table's history is read anew")
    func noAncestor() async throws {
        let folder = TemporaryFolder()
        let rig = rig(folder)
        let orders = rig.names[1]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let old = folder.contents
        rig.source.commit(changes(orders, 1))
        try await rig.runUntilCaughtUp()
        let table = try await rig.loaded(orders)
        let older = try #require(table.metadata.currentSnapshot?.parentSnapshotID)
        _ = try await rig.catalog.commit([
            TableChange(
                identifier: table.identifier,
                base: table,
                requirements: [],
                updates: [.removeSnapshots([older])]
            )
        ])
        folder.restore(old)
        rig.log.clear()
        rig.source.commit(changes(orders, 2))
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: "it is read anew").count == 1)
        #expect(rig.log.lines(with: "key index rebuilt").count == 1)
    }

    @Test("a second program goes on without the folder that the first one has")
    func folderInUse() async throws {
        let folder = TemporaryFolder()
        var first = rig(folder)
        first.keysReadAtStart = 1000
        let second = rig(folder)
        let (parts, stop) = (try first.parts(), StopSignal())
        let running = Task { try await runPipeline(parts, untilCaughtUp: false, stop: stop) }
        try await wait { folder.names().count == 5 }
        second.source.commit([(second.names[1], .insert(id: 1, name: "a"))])
        try await second.runUntilCaughtUp()
        try await second.expectEqualTables()
        #expect(second.log.lines(with: "key indexes are not kept between runs").count == 1)
        #expect(first.log.lines(with: "warning") == [])
        stop.request()
        _ = try await running.value
    }

    @Test("while a large table's index is read, rows go by key; then by position")
    func besideTheStream() async throws {
        var rig = rig(nil)
        rig.keysReadAtStart = 50
        let orders = rig.names[1]
        rig.source.state.withLock { $0.sendsEveryValue = true }
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        rig.gate.close()
        let (parts, stop) = (try rig.parts(), StopSignal())
        let running = Task { try await runPipeline(parts, untilCaughtUp: false, stop: stop) }
        let log = rig.log
        try await wait { !log.lines(with: "read beside the stream").isEmpty }
        for round in 1...6 as ClosedRange<Int64> {
            rig.source.commit([
                (orders, .update(id: round, name: "by key")), (orders, .delete(id: 50 + round)),
                (orders, .insert(id: 50 + round, name: "back")),
                (orders, .insert(id: 1000 + round, name: "new")),
            ])
            try await committed(rig)
        }
        #expect(rig.gate.waited > 0)
        #expect(try await deletesByKey(rig, orders) == 6)
        try await rig.expectEqualTables()
        rig.gate.open()
        rig.source.state.withLock { $0.sendsEveryValue = false }
        try await wait { !log.lines(with: "rows are deleted by position").isEmpty }
        for round in 7...9 as ClosedRange<Int64> {
            rig.source.commit(changes(orders, round))
            try await committed(rig)
        }
        rig.source.commit([(orders, .update(id: 2, name: "again")), (orders, .delete(id: 1003))])
        try await committed(rig)
        // Positions take the place of what was deleted by key.
        try await wait { !log.lines(with: "are deleted by position delete_files=6").isEmpty }
        try await committed(rig)
        stop.request()
        _ = try await running.value
        #expect(try await deletesByKey(rig, orders) == 0)
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: "warning") == [])
    }

    /// A table whose rows were deleted by key, and are to be deleted by position from now on.
    private func rigAfterDeletesByKey() async throws -> PipelineRig {
        var rig = rig(nil)
        let orders = rig.names[1]
        rig.deletes = .equality
        rig.source.state.withLock { $0.sendsEveryValue = true }
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        rig.source.commit([(orders, .update(id: 3, name: "three")), (orders, .delete(id: 4))])
        try await rig.runUntilCaughtUp()
        #expect(try await deletesByKey(rig, orders) == 1)
        rig.deletes = .auto
        return rig
    }

    @Test("deletes by key of an idle table become positions in a commit that changes no rows")
    func settledIdle() async throws {
        let rig = try await rigAfterDeletesByKey()
        let orders = rig.names[1]
        let (parts, stop) = (try rig.parts(), StopSignal())
        let running = Task { try await runPipeline(parts, untilCaughtUp: false, stop: stop) }
        let (catalog, store) = (rig.catalog, rig.store)
        let identifier = TableIdentifier(namespace: [orders.schema], name: orders.table)
        for _ in 0..<20_000 {
            let metadata = try #require(try await catalog.loadTable(identifier)).metadata
            let live = try await metadata.liveFiles(store: store)
            if live.deleteFiles.allSatisfy({ $0.file.content == .positionDeletes }) { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        stop.request()
        _ = try await running.value
        #expect(try await deletesByKey(rig, orders) == 0)
        let snapshot = try await rig.loaded(orders).metadata.currentSnapshot
        #expect(snapshot?.summary.operation == .replace)
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: "warning") == [])
    }

    @Test("a run that ends when it has caught up leaves no deletes by key of earlier runs")
    func settledAtOnce() async throws {
        let rig = try await rigAfterDeletesByKey()
        let orders = rig.names[1]
        try await rig.runUntilCaughtUp()
        #expect(try await deletesByKey(rig, orders) == 0)
        try await rig.expectEqualTables()
    }

    @Test("a change without all values makes the stream wait for the index")
    func neededAfterAll() async throws {
        var rig = rig(nil)
        rig.keysReadAtStart = 50
        let orders = rig.names[1]
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let (parts, stop) = (try rig.parts(), StopSignal())
        rig.gate.close()
        let running = Task { try await runPipeline(parts, untilCaughtUp: false, stop: stop) }
        let log = rig.log
        try await wait { !log.lines(with: "read beside the stream").isEmpty }
        rig.source.commit([(orders, .touch(id: 3, amount: 5)), (orders, .delete(id: 4))])
        try await wait { !log.lines(with: "the stream waits for the key index").isEmpty }
        rig.gate.open()
        try await committed(rig)
        stop.request()
        _ = try await running.value
        try await rig.expectEqualTables()
        #expect(try await rig.lakeRows(orders)[3] == ScriptedRow(name: "order 3", amount: 5))
        #expect(try await deletesByKey(rig, orders) == 0)
    }

    @Test("beyond its memory an index goes, which is told of, and rows are deleted by key")
    func memory() async throws {
        let folder = TemporaryFolder()
        // Enough for the small table, and for the larger one until it has grown.
        var rig = rig(folder, bytesMax: 60_000)
        rig.source.state.withLock { $0.sendsEveryValue = true }
        rig.bytesMax = 1 << 20
        let (items, orders) = (rig.names[0], rig.names[1])
        rig.source.commit((0..<10).map { (items, .insert(id: $0, name: "item \($0)")) })
        rig.source.commit((0..<100).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        #expect(rig.log.lines(with: "index.memory is used up") == [])
        rig.source.commit((100..<9000).map { (orders, .insert(id: $0, name: "order \($0)")) })
        try await rig.runUntilCaughtUp()
        let told = rig.log.lines(with: "index.memory is used up")
        #expect(told.count == 1)
        #expect(told.first?.contains("the key index of shop.orders wants") == true)
        rig.source.commit([
            (orders, .replace(id: 5, name: "x", amount: 1)), (orders, .delete(id: 6)),
            (items, .replace(id: 5, name: "x", amount: 1)), (items, .delete(id: 6)),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(try await deletesByKey(rig, orders) == 1)
        #expect(try await deletesByKey(rig, items) == 0)
    }

    @Test("a table that cannot do without an index has one beyond all memory")
    func withoutKeyAndMemory() async throws {
        let rig = rig(nil, bytesMax: 1)
        let (items, orders) = (rig.names[0], rig.names[1])
        rig.source.state.withLock {
            $0.keyless = items
            $0.sendsEveryValue = true
        }
        for name in rig.names {
            rig.source.commit((0..<20).map { (name, .insert(id: $0, name: "row \($0)")) })
        }
        try await rig.runUntilCaughtUp()
        rig.source.commit([(items, .delete(id: 4)), (orders, .delete(id: 4))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(try await deletesByKey(rig, orders) == 1)
        #expect(try await deletesByKey(rig, items) == 0)
        #expect(!rig.log.lines(with: "the table cannot be followed without").isEmpty)
    }

    /// Waits until all that the source has is in the lake.
    private func committed(_ rig: PipelineRig) async throws {
        let source = rig.source
        let count = source.state.withLock { $0.log.count }
        try await wait { source.state.withLock { $0.acknowledged } >= count }
    }

    private func wait(_ condition: () -> Bool) async throws {
        for _ in 0..<20_000 where !condition() { try await Task.sleep(for: .milliseconds(1)) }
        #expect(condition(), "waited in vain")
    }

    /// Writes all live rows into one file, as a foreign engine does.
    private func compact(
        _ name: SourceTableName,
        _ rig: PipelineRig,
        number: Int64
    ) async throws {
        try await rewriteAllFiles(
            of: rig.loaded(name),
            catalog: rig.catalog,
            store: rig.store,
            fileName: "foreign-\(number)",
            nowMilliseconds: 1_000 + number
        )
    }
}
