import Catalog
import ChangeModel
import Iceberg
import ObjectStore
import Pipeline
import PipelineTestKit
import Synchronization
import TableModel
import TableScan
import Testing

@Suite("Transactions larger than memory")
struct LargeTransactionTests {
    /// Rows of many tables in turn, each table often, in one transaction.
    private func commitRows(of rig: PipelineRig, rounds: Int64, text: String = "x") {
        var changes: [(SourceTableName, ScriptedChange)] = []
        for round in 0..<rounds {
            for name in rig.names { changes.append((name, .insert(id: round, name: text))) }
            if round % 3 == 2 { changes.append((rig.names[0], .delete(id: round - 1))) }
        }
        rig.source.commit(changes)
    }

    /// Runs one transaction over so many tables; the store has counted what was open at a time.
    private func run(
        tables: Int,
        rounds: Int64,
        text: String = "x",
        within bounds: OpenWriterBounds
    ) async throws -> UploadCountingStore {
        var rig = PipelineRig((0..<tables).map { "t\($0)" })
        rig.bytesMax = 2_000
        try await rig.runUntilCaughtUp()
        commitRows(of: rig, rounds: rounds, text: text)
        let store = UploadCountingStore(rig.store)
        var parts = try rig.parts()
        parts.store = store
        parts.openWriters = bounds
        _ = try await runPipeline(parts, untilCaughtUp: true, stop: StopSignal())
        try await rig.expectEqualTables()
        return store
    }

    private let longText = String(repeating: "x", count: 100)

    @Test("that change many tables hold a bounded number of files open")
    func openFiles() async throws {
        let store = try await run(
            tables: 60,
            rounds: 12,
            within: OpenWriterBounds(filesMax: 10, bytesMax: 1 << 20, waitingBytesMax: 1 << 20)
        )
        // One more than may stay open, while it is being opened.
        #expect(store.openMax == 11)
    }

    @Test("that change many tables hold a bounded number of bytes in row groups")
    func rowGroups() async throws {
        let store = try await run(
            tables: 20,
            rounds: 30,
            text: longText,
            within: OpenWriterBounds(filesMax: 1000, bytesMax: 20_000, waitingBytesMax: 1 << 20)
        )
        // 30 rows of 120 bytes a table: those of six wait, and the next ones make room.
        #expect(store.openMax == 20)
        #expect((4...7).contains(store.unwrittenMax), "\(store.unwrittenMax) files")
    }

    @Test("that change many tables hold a bounded number of bytes that wait to be uploaded")
    func uploads() async throws {
        // Row groups end after each piece, so that all rows are on their way to the store.
        let store = try await run(
            tables: 20,
            rounds: 30,
            text: longText,
            within: OpenWriterBounds(filesMax: 1000, bytesMax: 1, waitingBytesMax: 4_000)
        )
        // One piece of a table more than the bound, and not less than half of it.
        #expect((2_000...8_000).contains(store.waitingMax), "\(store.waitingMax) bytes")
    }
}

/// Counts the data files that are being written at the same time, and those whose rows all wait for
/// their row group.
private final class UploadCountingStore: WrappingObjectStore {
    fileprivate struct Count {
        var open = 0
        var openMax = 0
        var unwritten = 0
        var unwrittenMax = 0
        var waiting = 0
        var waitingMax = 0
    }

    let wrapped: any ObjectStore
    private let count = Mutex(Count())

    init(_ store: any ObjectStore) { wrapped = store }

    var openMax: Int { count.withLock { $0.openMax } }
    var waitingMax: Int { count.withLock { $0.waitingMax } }
    var unwrittenMax: Int { count.withLock { $0.unwrittenMax } }

    func create(_ path: String) async throws -> any ObjectUpload {
        let upload = try await wrapped.create(path)
        guard path.hasSuffix("-data.parquet") else { return upload }
        change(open: 1, unwritten: 1)
        return CountedUpload(upload, store: self)
    }

    fileprivate func change(open: Int, unwritten: Int, waiting: Int = 0) {
        count.withLock { count in
            count.waiting += waiting
            count.waitingMax = max(count.waitingMax, count.waiting)
            count.open += open
            count.openMax = max(count.openMax, count.open)
            count.unwritten += unwritten
            count.unwrittenMax = max(count.unwrittenMax, count.unwritten)
        }
    }
}

private final class CountedUpload: ObjectUpload {
    /// A file begins with four bytes that say what it is.
    private static let headBytes = 4

    private let upload: any ObjectUpload
    private let store: UploadCountingStore
    private let isWritten = Atomic<Bool>(false)
    /// As if nothing went out before the end.
    private(set) var waitingBytes = 0

    init(_ upload: any ObjectUpload, store: UploadCountingStore) {
        self.upload = upload
        self.store = store
    }

    private func note(open: Int) {
        let wasWritten = isWritten.exchange(true, ordering: .relaxed)
        store.change(
            open: open,
            unwritten: wasWritten ? 0 : -1,
            waiting: open < 0 ? -waitingBytes : 0
        )
    }

    func write(_ bytes: UnsafeRawBufferPointer) async throws {
        if bytes.count > Self.headBytes { note(open: 0) }
        waitingBytes += bytes.count
        store.change(open: 0, unwritten: 0, waiting: bytes.count)
        try await upload.write(bytes)
    }

    func complete() async throws {
        note(open: -1)
        try await upload.complete()
    }

    func abort() async {
        note(open: -1)
        await upload.abort()
    }
}
