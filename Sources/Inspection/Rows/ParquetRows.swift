internal import Diagnostics
internal import Parquet
internal import RowText
internal import TableModel

extension ParquetFile {
    private static let limits = FetchLimits(
        bytesMax: 16 << 20,
        gapBytesMax: 64 << 10,
        batch: BatchLimits(rowsMax: 16 << 10, bytesMax: 16 << 20)
    )

    /// Writes the rows, in batches.
    ///
    /// Memory: the fetched pages and the values of one batch; of files without page indexes, the
    /// bytes of one row group.
    func writeRows(to output: RowOutput) async throws {
        let reader = ParquetReader(
            file: file.path,
            fileByteCount: file.byteCount,
            footer: footer,
            matching: .inferred
        )
        let fields = try footer.inferredFields(file: file.path)
        let projection = try reader.projection(of: fields)
        let text = JSONRows(fields: fields)
        for rowGroup in 0..<footer.rowGroupCount where !output.isFull {
            let rowCount = min(footer.rowCount(ofRowGroup: rowGroup), output.rowsLeft)
            guard rowCount > 0 else { continue }
            try await reader.forEachBatch(
                rowGroup: rowGroup,
                projection,
                rows: [0..<rowCount],
                limits: Self.limits,
                fetch: fetch
            ) { batch in
                try output.append(batch.columns, rows: 0..<batch.rowCount, as: text)
            }
        }
    }

    private func fetch(_ ranges: [Range<Int>]) async throws -> [FileBytes] {
        var fetched: [FileBytes] = []
        for range in ranges {
            fetched.append(FileBytes(offset: range.lowerBound, bytes: try await file.read(range)))
        }
        return fetched
    }
}
