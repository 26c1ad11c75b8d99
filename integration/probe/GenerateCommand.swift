import ArgumentParser
import Columns
import Iceberg
import ObjectStore
import Parquet
import TableModel
import TableWriter

/// Rows that follow from their numbers, so that a reader can check millions of them with one query.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Writes one Parquet file of rows that follow from their numbers.",
        discussion: """
            Row i, from 0 on, has
              id    i, long
              n     int, NULL where i % 11 = 0, else i * 7919 % 1000003 - 500000
              price decimal(18, 4), unscaled i * 13 % 10000019
              moment timestamp, microseconds 1600000000000000 + i * 1001
              name  string, NULL where i % 5 = 3, else row-<i % 1000>
              ratio double, i / 8
              tags  list of long, NULL where i % 7 = 6, else i, i + 1, … of i % 3 elements
            """
    )

    @Argument(help: "The file to write, as a path from the root.")
    var file: String

    @Option(help: "How many rows.")
    var rows: Int

    @OptionGroup var options: WriterOptions

    private static let fields = [
        SchemaField(id: 1, name: "id", type: .long, isRequired: true),
        SchemaField(id: 2, name: "n", type: .int, isRequired: false),
        SchemaField(
            id: 3,
            name: "price",
            type: .decimal(precision: 18, scale: 4),
            isRequired: false
        ),
        SchemaField(id: 4, name: "moment", type: .timestamp, isRequired: false),
        SchemaField(id: 5, name: "name", type: .string, isRequired: false),
        SchemaField(id: 6, name: "ratio", type: .double, isRequired: false),
        SchemaField(
            id: 7,
            name: "tags",
            type: .list(
                element: SchemaField(id: 8, name: "element", type: .long, isRequired: true)
            ),
            isRequired: false
        ),
    ]

    private static let rowsPerBatch = 64 << 10

    func run() async throws {
        let writer = try await DataFileWriter(
            store: LocalObjectStore(),
            path: file,
            fields: Self.fields.map(ParquetField.init),
            options: try options.parquetOptions()
        )
        for start in stride(from: 0, to: rows, by: Self.rowsPerBatch) {
            try await writer.append(
                Self.columns(start..<min(start + Self.rowsPerBatch, rows))
            )
        }
        let written = try await writer.finish()
        print("\(written.recordCount) rows, \(written.fileSizeBytes) bytes")
    }

    private static func columns(_ rows: Range<Int>) -> [Column] {
        let batch = BatchBuilder(
            shapes: fields.map(\.type.columnShape),
            expectedRows: rows.count
        )
        let builders = batch.builders
        for row in rows {
            builders[0].append(Int64(row))
            if row % 11 == 0 {
                builders[1].appendNull()
            } else {
                builders[1].append(Int32(row * 7919 % 1_000_003 - 500_000))
            }
            builders[2].append(Int64(row * 13 % 10_000_019))
            builders[3].append(Int64(1_600_000_000_000_000 + row * 1001))
            if row % 5 == 3 {
                builders[4].appendNull()
            } else {
                builders[4].append(utf8: "row-\(row % 1000)")
            }
            builders[5].append(Double(row) / 8)
            if row % 7 == 6 {
                builders[6].appendNull()
            } else {
                for element in 0..<row % 3 { builders[6].children[0].append(Int64(row + element)) }
                builders[6].closeElements()
            }
        }
        return batch.finishColumns()
    }
}
