import ArgumentParser
import Catalog
import Diagnostics
import Glibc
import Inspection
import ObjectStore
import PipelineConfig

struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what is in a file of a lake, or in a table; changes nothing.",
        discussion: """
            PATH is a Parquet file, an Avro file (manifests and manifest lists among them), a \
            Puffin file, a table's metadata file, a table's folder, or a table of an SQLite \
            catalog. What a file is is told by its bytes, not by its name. Files may lie at \
            s3://, too: the credentials, the region and AWS_ENDPOINT_URL_S3 come from where AWS \
            tools look for them.

              frazil inspect lake/warehouse/shop/orders/data/0001.parquet
              frazil inspect lake/warehouse/shop/orders
              frazil inspect lake/catalog.db:shop.orders --json

            Ends with 1 when a file is damaged or of a kind that is not known.
            """
    )

    @Argument(help: "A file, a table's folder, or catalog.db:namespace.table.")
    var path: String

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "Print the rows, one JSON object a line; of a table those that are not deleted.")
    var rows = false

    @Option(help: "How many rows to print at most.")
    var limit: Int?

    @Option(help: "The catalog's name, where several share the file.")
    var catalogName: String?

    func validate() throws {
        if json, rows { throw ValidationError("--json and --rows exclude each other") }
        if limit != nil, !rows { throw ValidationError("--limit goes with --rows") }
        if let limit, limit < 0 { throw ValidationError("--limit is a count of rows") }
    }

    func run() async throws {
        let output = StandardOutput()
        do {
            let inspected = try await inspected()
            do { try await tell(inspected, output) } catch let error as StoreError {
                throw await inspected.damage(behind: error) ?? error
            }
            try output.flush()
        } catch is StandardOutput.Closed {
            // Whoever read it has seen enough.
        } catch let error as FormatError {
            try? output.flush()
            complain("\(error)")
            throw CommandEnd(status: .found)
        }
    }

    private func tell(_ inspected: Inspected, _ output: StandardOutput) async throws {
        if rows { return try await inspected.writeRows(limit: limit) { try output.write($0) } }
        let report = try await inspected.report()
        if json {
            try report.writeJSON { try output.write($0) }
        } else {
            try report.writeText { try output.write($0) }
        }
    }

    private func inspected() async throws -> Inspected {
        let store = makeStore(LakeConfiguration.S3Settings())
        let inspector = Inspector(store: store)
        switch try await InspectedPath(path, catalogName: catalogName, store: store) {
        case .file(let path):
            return Inspected(store: store, inspector: inspector, location: path, isTable: false)
        case .folder(let folder):
            let location = try await folder.currentMetadataFile(store: store)
            return Inspected(store: store, inspector: inspector, location: location, isTable: true)
        case .table(let location):
            return Inspected(store: store, inspector: inspector, location: location, isTable: true)
        }
    }
}

/// A file, or a table by its metadata file.
private struct Inspected {
    let store: any ObjectStore
    let inspector: Inspector
    let location: String
    let isTable: Bool

    /// What is wrong with it where it names a file that is not there, or cannot be; nil where the
    /// store is to blame, or it is not there itself.
    func damage(behind error: StoreError) async -> FormatError? {
        guard error.kind == .notFound || error.kind == .permission,
            (try? await store.status(of: location)) != nil
        else { return nil }
        return FormatError(file: location, "it names a file that cannot be read: \(error)")
    }

    func report() async throws -> Report {
        isTable
            ? try await inspector.report(onTable: location)
            : try await inspector.report(onFile: location)
    }

    func writeRows(
        limit: Int?,
        _ write: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        if isTable {
            try await inspector.writeRows(ofTable: location, limit: limit, write)
        } else {
            try await inspector.writeRows(ofFile: location, limit: limit, write)
        }
    }
}
