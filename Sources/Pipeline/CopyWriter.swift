import Columns
import Iceberg
import ObjectStore
import TableWriter

/// Writes the data files of one table for one worker.
final class CopyWriter {
    let table: Int
    var rangesDone = 0
    private let writer: PartitionedWriter
    /// Rows that wait to be sorted; none where the table has no sort order.
    private var unsorted: [ColumnBatch] = []
    private var unsortedBytes = 0

    init(table: Int, lakeTable: LakeTable, parts: PipelineParts, prefix: String) throws {
        self.table = table
        let names = FileNames(prefix: prefix)
        writer = try PartitionedWriter(
            lakeTable.layout(parts.configuration),
            store: parts.store
        ) { names.next(kind: "data") }
    }

    func append(_ batch: ColumnBatch) async throws {
        guard writer.layout.isSorted else {
            _ = try await writer.append(batch.columns)
            return
        }
        unsorted.append(batch)
        unsortedBytes += batch.columns.reduce(0) { $0 + $1.memoryBytes }
        if unsortedBytes >= Limits.sortedRunBytes { try await writeSorted() }
    }

    private func writeSorted() async throws {
        guard !unsorted.isEmpty else { return }
        let batches = unsorted
        unsorted = []
        unsortedBytes = 0
        _ = try await writer.appendSorted(batches.map { ($0.columns, nil) })
    }

    func finish() async throws -> [DataFile] {
        try await writeSorted()
        return try await writer.finish()
    }

    func abandon() async { await writer.abandon() }
}
