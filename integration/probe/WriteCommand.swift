import ArgumentParser
import Iceberg
import ObjectStore
import Parquet
import TableModel
import TableWriter

struct WriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write",
        abstract: "Writes one Parquet file of the rows on standard input."
    )

    @Argument(help: "The file to write, as a path from the root.")
    var file: String

    @Option(help: "A file with an Iceberg schema as JSON.")
    var schema: String

    @OptionGroup var options: WriterOptions

    func run() async throws {
        let fields = try SchemaFile.read(schema).fields
        let writer = try await DataFileWriter(
            store: LocalObjectStore(),
            path: file,
            fields: fields.map(ParquetField.init),
            options: try options.parquetOptions()
        )
        try await RowSource(fields: fields).forEachBatch { try await writer.append($0) }
        let written = try await writer.finish()
        print("\(written.recordCount) rows, \(written.fileSizeBytes) bytes")
    }
}
