import ArgumentParser
import Columns
import Iceberg
import ObjectStore
import Parquet
import ParquetTestKit
import TableModel
import TableWriter
import TestKit

/// A random table under a random layout, and the same as text, for foreign readers to compare.
///
/// The text has a line for the fields and then a line a row; see ``RowJSON``.
struct RandomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "random",
        abstract: "Writes a random table as a Parquet file of a random layout, and as JSON lines."
    )

    @Argument(help: "What the table and the layout follow from.")
    var seed: UInt64

    @Argument(help: "The Parquet file to write, as a path from the root.")
    var file: String

    @Argument(help: "The text to write, as a path from the root.")
    var text: String

    func run() async throws {
        var schema = RandomSchema(seed: seed)
        let fields = schema.fields()
        var columns = RandomColumns(seed: seed)
        var options = RandomOptions(seed: seed)
        var generator = SeededGenerator(seed: seed)
        let store = LocalObjectStore()
        let writer = try await DataFileWriter(
            store: store,
            path: file,
            fields: fields.map(ParquetField.init),
            options: options.options(for: fields)
        )
        var lines = "[\(fields.map { "\"\($0.type)\"" }.joined(separator: ", "))]\n"
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let rowCount = [0, 1, 37, 5000].randomElement(using: &generator) ?? 1
            let batch = fields.map { columns.column(of: $0, rowCount: rowCount) }
            try await writer.append(batch)
            for row in 0..<rowCount {
                let values = zip(batch, fields).map { RowJSON.text($0, row, $1.type) }
                lines += "[\(values.joined(separator: ", "))]\n"
            }
        }
        _ = try await writer.finish()
        try await store.put(text, Array(lines.utf8))
    }
}
