internal import Diagnostics
internal import Iceberg
internal import RowText
internal import TableModel
internal import TableScan

extension Inspector {
    /// Writes the rows of a Parquet file, the records of an Avro file, or the live rows of the table
    /// that a metadata file describes, as JSON lines.
    ///
    /// - `limit`: Rows after which it ends; all rows when `nil`.
    /// - `write`: Called with whole lines.
    /// - Throws: As ``report(onFile:)``; `FormatError` also for files that have no rows.
    public func writeRows(
        ofFile path: String,
        limit: Int?,
        _ write: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let output = RowOutput(limit: limit, write: write)
        let file = try await StoredFile(path, store: store)
        switch try await Self.kind(of: file) {
        case .parquet: try await ParquetFile(file).writeRows(to: output)
        case .avro:
            let container = try await AvroContainer(file)
            try await container.forEachBlock { block in
                try await container.forEachRecord(of: block) { try output.append($0.rowJSON) }
                return !output.isFull
            }
        case .puffin: throw FormatError(file: path, "Puffin files have no rows, but blobs")
        case .metadata: return try await writeRows(ofTable: path, limit: limit, write)
        case .sqlite: throw Self.isDatabase(path)
        }
        try output.flush()
    }

    /// Writes the live rows of a table's current snapshot as JSON lines: without those that were
    /// deleted, whatever deleted them.
    ///
    /// - Throws: `StoreError`, `FormatError`.
    public func writeRows(
        ofTable metadataLocation: String,
        limit: Int?,
        _ write: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let output = RowOutput(limit: limit, write: write)
        let file = try await StoredFile(metadataLocation, store: store)
        let metadata = try TableMetadata(parsing: try await file.readAll(), file: file.path)
        let fields = try metadata.currentSchema().fields
        let text = JSONRows(fields: fields)
        do {
            try await TableScan(table: metadata, store: store).forEachBatch(fields: fields) {
                batch in
                if let live = batch.liveRows {
                    try output.append(batch.columns, rows: live.lazy.map { Int($0) }, as: text)
                } else {
                    try output.append(batch.columns, rows: 0..<batch.rowCount, as: text)
                }
                if output.isFull { throw Enough() }
            }
        } catch is Enough {}
        try output.flush()
    }
}

/// Ends a scan whose rows are not wanted any more.
private struct Enough: Error {}
