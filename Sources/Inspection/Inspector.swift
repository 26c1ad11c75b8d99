internal import Avro
internal import Diagnostics
internal import Iceberg
public import ObjectStore

/// Looks into files and tables and tells what is in them.
///
/// A file's kind is told by its bytes. Nothing is loaded that is not shown: of Parquet and Puffin files
/// footers and page headers, of Avro files the heads of their blocks.
public struct Inspector: Sendable {
    let store: any ObjectStore

    public init(store: any ObjectStore) { self.store = store }

    /// What is in one file.
    ///
    /// - Throws: `StoreError` when it cannot be read; `FormatError` when it is damaged, or of a kind
    ///   that is not known.
    public func report(onFile path: String) async throws -> Report {
        let file = try await StoredFile(path, store: store)
        switch try await Self.kind(of: file) {
        case .parquet:
            return try await ParquetReport(parquet: try await ParquetFile(file)).report()
        case .avro: return try await Self.reportOnAvro(file)
        case .puffin: return try await PuffinReport.report(file)
        case .metadata:
            let metadata = try TableMetadata(parsing: try await file.readAll(), file: path)
            return try MetadataReport(metadata: metadata, path: path).report()
        case .sqlite: throw Self.isDatabase(path)
        }
    }

    static func isDatabase(_ path: String) -> FormatError {
        FormatError(
            file: path,
            "it is an SQLite database; of a catalog, name a table: \(path):namespace.table"
        )
    }

    /// What a table is made of, by its current metadata file.
    ///
    /// - Throws: `StoreError`, `FormatError`.
    public func report(onTable metadataLocation: String) async throws -> Report {
        let file = try await StoredFile(metadataLocation, store: store)
        let metadata = try TableMetadata(parsing: try await file.readAll(), file: file.path)
        return try await TableReport(metadata: metadata, path: file.path, store: store).report()
    }

    static func kind(of file: StoredFile) async throws -> FileKind {
        let prefix = try await file.read(first: FileKind.prefixByteCount)
        if let kind = FileKind(prefix: prefix) { return kind }
        throw FormatError(
            file: file.path,
            prefix.isEmpty
                ? "it is empty"
                : "it is none of the files that are known: Parquet, Avro, Puffin, table metadata"
        )
    }

    private static func reportOnAvro(_ file: StoredFile) async throws -> Report {
        let container = try await AvroContainer(file)
        guard case .record(let record) = container.head.schema.base else {
            return try await AvroReport.report(container)
        }
        func has(_ id: Int32, _ name: String) -> Bool {
            record.fields.contains { $0.fieldID == id || $0.fieldID == nil && $0.name == name }
        }
        if has(500, "manifest_path"), has(502, "partition_spec_id") {
            return try await ManifestListReport.report(file, container.head)
        }
        if has(0, "status"), has(2, "data_file") {
            return try await ManifestReport.report(file, container.head)
        }
        return try await AvroReport.report(container)
    }
}
