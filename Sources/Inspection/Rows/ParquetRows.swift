internal import Diagnostics
internal import Parquet
internal import RowText
internal import TableModel

extension ParquetFile {
    /// Bytes of pages that are fetched at once, where page indexes tell where pages begin.
    private static let fetchBytesMax = 16 << 20
    /// Bytes that nobody needs and that are fetched nevertheless, in place of a second read.
    private static let gapBytesMax = 64 << 10
    private static let batchLimits = BatchLimits(rowsMax: 16 << 10, bytesMax: 16 << 20)

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
            let indexes = try await fetch(
                try reader.pageIndexRanges(rowGroup: rowGroup, projection)
            )
            let parts = try reader.parts(
                of: [0..<rowCount],
                rowGroup: rowGroup,
                projection,
                pageIndexes: indexes,
                bytesMax: Self.fetchBytesMax
            )
            for part in parts {
                let plan = try reader.plan(
                    rowGroup: rowGroup,
                    projection,
                    rows: part,
                    pageIndexes: indexes
                )
                let bytes = try await fetch(plan.byteRanges(mergingGapsUpTo: Self.gapBytesMax))
                let rows = try reader.open(plan, bytes: bytes, limits: Self.batchLimits)
                while let batch = try rows.next() {
                    try output.append(batch.columns, rows: 0..<batch.rowCount, as: text)
                }
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
