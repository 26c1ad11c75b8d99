internal import Diagnostics
internal import Parquet
internal import RowText
internal import TableModel

extension ParquetFile {
    /// Writes the rows, row group by row group and batch by batch.
    ///
    /// Memory: the bytes of one row group and the values of one batch.
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
        for index in 0..<footer.rowGroupCount where !output.isFull {
            let plan = try reader.plan(rowGroup: index, projection)
            var bytes: [FileBytes] = []
            for range in plan.byteRanges {
                bytes.append(
                    FileBytes(offset: range.lowerBound, bytes: try await file.read(range))
                )
            }
            let rows = try reader.open(plan, bytes: bytes, limits: Self.batchLimits)
            while !output.isFull, let batch = try rows.next() {
                try output.append(batch.columns, rows: 0..<batch.rowCount, as: text)
            }
        }
    }

    private static let batchLimits = BatchLimits(rowsMax: 16 << 10, bytesMax: 16 << 20)
}
