import Catalog
import ChangeModel
import Columns
import Iceberg
import ObjectStore
import PipelineConfig
import SourceInterface
import Synchronization
import TableModel
import TableWriter

extension PipelineRunner {
    /// Copies the tables that hold nothing yet, under one consistent view of the source.
    ///
    /// A table becomes visible whole, in one commit with the position its rows stand for; the
    /// stream skips the table's transactions up to there. After a crash, tables that were finished
    /// stay as they are and the others begin again.
    func copyNewTables(_ session: inout Session) async throws {
        guard !session.toCopy.isEmpty, !stop.isRequested else { return }
        let tables = session.toCopy.map(\.lake.source)
        let workers = parts.configuration.snapshot.workers
        let source = parts.source
        parts.progress.snapshotStarted(tables: tables)
        let snapshot = try await onBlockingThread("snapshot") {
            try source.openSnapshot(tables: tables, workers: workers)
        }
        defer { startThread("snapshot-close") { snapshot.close() } }
        let copy = InitialCopy(
            runner: self,
            snapshot: snapshot,
            session: session,
            tables: session.toCopy
        )
        let finished = try await copy.run(workers: workers)
        session.ledger = finished.ledger
        session.streaming += finished.tables
        session.toCopy = []
        reportSpecialValues()
    }
}

/// The ranges of a copy that wait for a worker, and what becomes of each table.
private actor CopyBoard {
    private var ranges: [(table: Int, range: SnapshotRange)]
    private var openRanges: [Int: Int] = [:]
    private var files: [Int: [DataFile]] = [:]
    private var next = 0

    init(_ rangesByTable: [[SnapshotRange]]) {
        ranges = []
        for (table, tableRanges) in rangesByTable.enumerated() {
            openRanges[table] = tableRanges.count
            ranges += tableRanges.map { (table, $0) }
        }
    }

    func takeRange() -> (table: Int, range: SnapshotRange)? {
        guard next < ranges.count else { return nil }
        defer { next += 1 }
        return ranges[next]
    }

    /// Notes what a worker wrote.
    ///
    /// - Returns: All files of the table when this was its last part.
    func finish(table: Int, ranges count: Int, files written: [DataFile]) -> [DataFile]? {
        files[table, default: []] += written
        openRanges[table, default: 0] -= count
        guard openRanges[table] == 0 else { return nil }
        return files.removeValue(forKey: table) ?? []
    }
}

/// One initial copy of several tables by several workers.
private final class InitialCopy: Sendable {
    private let runner: UncheckedReference<PipelineRunner>
    private let snapshot: any SourceSnapshot
    private let tables: [TableToCopy]
    private let committer: CopyCommitter
    private let parts: PipelineParts

    init(
        runner: PipelineRunner,
        snapshot: any SourceSnapshot,
        session: Session,
        tables: [TableToCopy]
    ) {
        self.runner = UncheckedReference(runner)
        self.snapshot = snapshot
        self.tables = tables
        parts = runner.parts
        committer = CopyCommitter(
            parts: runner.parts,
            properties: runner.properties,
            ledger: session.ledger,
            patience: runner.patience
        )
    }

    func run(workers: Int) async throws -> (ledger: Ledger, tables: [LakeTable]) {
        let snapshot = snapshot
        let sources = tables.map(\.lake.source)
        let rowsPerRange = parts.configuration.snapshot.rowsPerRange
        let ranges = try await onBlockingThread("ranges") {
            try sources.map { try snapshot.ranges(of: $0, rowsPerRange: rowsPerRange) }
        }
        let board = CopyBoard(ranges)
        for (table, tableRanges) in ranges.enumerated() where tableRanges.isEmpty {
            try await commit(table: table, files: [])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, workers) {
                group.addTask { try await self.work(board) }
            }
            // The first failure ends the copy; the others notice at their next batch.
            try await group.waitForAll()
        }
        return await committer.finished()
    }

    private func commit(table: Int, files: [DataFile]) async throws {
        let toCopy = tables[table]
        let rows = files.reduce(0) { $0 + Int($1.recordCount) }
        try await committer.commit(
            toCopy,
            files: files,
            watermark: snapshot.watermark(of: toCopy.lake.name)
        )
        parts.progress.snapshotFinished(table: toCopy.lake.name, rows: rows)
    }

    /// Takes ranges until none is left; keeps one file open while they are of one table.
    private func work(_ board: CopyBoard) async throws {
        let snapshot = snapshot
        let reader = try await onBlockingThread("snapshot-reader") {
            UncheckedReference(try snapshot.makeReader())
        }
        defer { startThread("snapshot-reader-close") { reader.value.close() } }
        var writer: CopyWriter?
        do {
            while let (table, range) = await board.takeRange() {
                if let open = writer, open.table != table {
                    writer = nil
                    try await close(open, board)
                }
                let target =
                    try writer
                    ?? CopyWriter(
                        table: table,
                        lakeTable: tables[table].lake,
                        parts: parts,
                        prefix: committer.fileNamePrefix()
                    )
                writer = target
                try await copy(range, reader: reader, to: target)
                if runner.value.stop.isRequested { throw CancellationError() }
            }
            // From here on the commit owns the files: it alone knows whether they may go.
            if let open = writer {
                writer = nil
                try await close(open, board)
            }
        } catch {
            await writer?.abandon()
            throw error
        }
    }

    private func close(_ writer: CopyWriter, _ board: CopyBoard) async throws {
        let files = try await writer.finish()
        if let all = await board.finish(
            table: writer.table,
            ranges: writer.rangesDone,
            files: files
        ) {
            try await commit(table: writer.table, files: all)
        }
    }

    /// Reads one range on a thread of its own and writes what comes out of its queue.
    private func copy(
        _ range: SnapshotRange,
        reader: UncheckedReference<any SnapshotReader>,
        to writer: CopyWriter
    ) async throws {
        let queue = BoundedQueue<ColumnBatch>(bytesMax: Limits.snapshotQueueBytes)
        startThread("snapshot-read") {
            do {
                try reader.value.read(range, batchBytesMax: Limits.snapshotBatchBytes) { batch in
                    while true {
                        switch queue.offer(
                            batch,
                            bytes: batch.memoryBytes,
                            timeoutMilliseconds: 1000
                        )
                        {
                        case .taken: return
                        case .full: continue
                        case .closed: throw CancellationError()
                        }
                    }
                }
                queue.close(nil)
            } catch {
                queue.close(error)
            }
        }
        do {
            while let batch = try await queue.next() {
                try await writer.append(batch)
                parts.progress.snapshotAdvanced(table: range.table.name, rows: batch.rowCount)
                try Task.checkCancellation()
            }
            writer.rangesDone += 1
        } catch {
            queue.abandon()
            throw error
        }
    }
}
