import Bytes
import Columns
import Parquet
import RowText
import TableModel

/// The rows of a file in memory as JSON, read in batches of `rowsMax`.
///
/// Without `fields` all columns are read as what the file says they are.
func readRows(
    _ bytes: [UInt8],
    fields: [SchemaField]? = nil,
    matching: ParquetReader.Matching = .inferred,
    rowsMax: Int = 1 << 16
) throws -> [String] {
    let footer = try ParquetFooter(file: "test.parquet", bytes: bytes)
    let fields = try fields ?? footer.inferredFields(file: "test.parquet")
    let reader = ParquetReader(
        file: "test.parquet",
        fileByteCount: bytes.count,
        footer: footer,
        matching: matching
    )
    let projection = try reader.projection(of: fields)
    var output = ByteBuffer()
    for group in 0..<footer.rowGroupCount {
        let plan = try reader.plan(rowGroup: group, projection)
        let rows = try reader.open(
            plan,
            bytes: [FileBytes(offset: 0, bytes: bytes)],
            limits: BatchLimits(rowsMax: rowsMax)
        )
        while let batch = try rows.next() {
            for row in 0..<batch.rowCount {
                JSONRows(fields: fields).append(row: row, of: batch.columns, to: &output)
            }
        }
    }
    return String(decoding: output.toArray(), as: UTF8.self)
        .split(separator: "\n").map { String($0) }
}
