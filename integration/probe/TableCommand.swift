import ArgumentParser
import Catalog
import Columns
import Iceberg
import ObjectStore
import Parquet
import SQLiteCatalog
import TableModel
import TableWriter

struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Makes an Iceberg table of the rows on standard input, in files of so many rows."
    )

    @Option(help: "The SQLite catalog, made when it is not there.")
    var catalog: String

    @Option(help: "The location under which the table's files go.")
    var warehouse: String

    @Option(help: "The table's name: namespace.table.")
    var table: String

    @Option(help: "A file with an Iceberg schema as JSON.")
    var schema: String

    @Option(help: "Rows of each data file.")
    var fileRows = 1000

    @Option(help: "A table property: NAME=VALUE.")
    var property: [String] = []

    @OptionGroup var options: WriterOptions

    func run() async throws {
        let store = LocalObjectStore()
        let catalog = try SQLiteCatalog(path: catalog, warehouse: warehouse, store: store)
        let created = try await create(in: catalog)
        let files = try await write(to: created.metadata, store)
        let produced = try await SnapshotProducer.produce(
            base: created.metadata,
            delta: RowDelta(dataFiles: files),
            store: store,
            fileNamePrefix: "probe",
            newSnapshotID: created.metadata.unusedSnapshotID(),
            nowMilliseconds: created.metadata.lastUpdatedMilliseconds
        )
        let outcome = try await catalog.commit([
            TableChange(
                identifier: created.identifier,
                base: created,
                requirements: produced.requirements,
                updates: produced.updates
            )
        ])
        guard case .committed = outcome else { throw ProbeError("the commit ended as \(outcome)") }
        print("\(files.count) files, \(files.reduce(0) { $0 + $1.recordCount }) rows")
    }

    private func create(in catalog: SQLiteCatalog) async throws -> LoadedTable {
        let parts = table.split(separator: ".").map { String($0) }
        guard parts.count >= 2 else { throw ProbeError("a table is namespace.table, not \(table)") }
        var properties: [String: String] = [:]
        for assignment in property {
            let parts = assignment.split(separator: "=", maxSplits: 1).map { String($0) }
            properties[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        let identifier = TableIdentifier(namespace: parts.dropLast(), name: parts[parts.count - 1])
        try await catalog.createNamespace(identifier.namespace)
        return try await catalog.createTable(
            identifier,
            schema: try SchemaFile.read(schema),
            properties: properties
        )
    }

    private func write(
        to table: TableMetadata,
        _ store: any ObjectStore
    ) async throws -> [DataFile] {
        let fields = try table.currentSchema().fields
        var files: [DataFile] = []
        var writer: DataFileWriter?
        try await RowSource(fields: fields).forEachBatch { columns in
            let rowCount = columns[0].rowCount
            var start = 0
            while start < rowCount {
                let open: DataFileWriter
                if let writer {
                    open = writer
                } else {
                    open = try await DataFileWriter(
                        store: store,
                        path: "\(table.location)/data/\(files.count).parquet",
                        fields: fields.map(ParquetField.init),
                        options: try options.parquetOptions()
                    )
                }
                let end = min(rowCount, start + fileRows - open.rowCount)
                try await open.append(columns, selection: (Int32(start)..<Int32(end)).map { $0 })
                start = end
                writer = open
                if open.rowCount == fileRows {
                    files.append(try await open.finish())
                    writer = nil
                }
            }
        }
        if let writer { files.append(try await writer.finish()) }
        return files
    }
}
