import Columns
import Parquet
import ParquetTestKit
import TableModel

/// Writes a random table as a Parquet file and as text, for foreign readers to compare.
///
/// The text has a line for the fields and then a line a row; see ``RowJSON``.
enum RandomFile {
    static func run(_ arguments: [String]) throws {
        guard arguments.count == 3, let seed = UInt64(arguments[0]) else {
            throw UsageError("format-bench random-file SEED PARQUET-PATH JSON-PATH")
        }
        var schema = RandomSchema(seed: seed)
        let fields = schema.fields()
        var columns = RandomColumns(seed: seed)
        var options = RandomOptions(seed: seed)
        var generator = SeededGenerator(seed: seed)
        let writer = try ParquetWriter(
            fields: fields.map(ParquetField.init),
            options: options.options(for: fields)
        )
        var text = "[\(fields.map { "\"\($0.type)\"" }.joined(separator: ", "))]\n"
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let rowCount = [0, 1, 37, 5000].randomElement(using: &generator) ?? 1
            let batch = fields.map { columns.column(of: $0, rowCount: rowCount) }
            try writer.append(batch)
            for row in 0..<rowCount {
                let values = zip(batch, fields).map { RowJSON.text($0, row, $1.type) }
                text += "[\(values.joined(separator: ", "))]\n"
            }
        }
        _ = try writer.finish()
        try OutputFile.write(writer.takeEncoded() ?? [], to: arguments[1])
        try OutputFile.write(Array(text.utf8), to: arguments[2])
    }
}
