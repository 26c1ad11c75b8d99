internal import Columns
internal import Diagnostics
public import Iceberg
internal import KeyIndex
public import ObjectStore
internal import Parquet
public import TableModel

/// The live rows of a table at its current snapshot.
///
/// Files are read in the order of their sequence numbers, some rows at a time, and only the bytes of
/// the columns that are asked for.
public struct TableScan: Sendable {
    let metadata: TableMetadata
    let store: any ObjectStore

    public init(table metadata: TableMetadata, store: any ObjectStore) {
        self.metadata = metadata
        self.store = store
    }

    /// Calls `body` with batches of rows that have live ones.
    ///
    /// Fields are found by their Iceberg ids and come in the type asked for; a field that a file
    /// does not have is its initial default, or NULL. Memory: one batch, the bytes that it was made of,
    /// one bit a row of one file, and what ``ScanLimits`` names.
    ///
    /// - Throws: `StoreError`, `FormatError` for files that cannot be understood, and what `body`
    ///   throws.
    public func forEachBatch(
        fields: [SchemaField],
        _ body: (ScanBatch) async throws -> Void
    ) async throws {
        let live = try await metadata.liveFiles(store: store)
        try await forEachBatch(of: live, fields: fields, body)
    }

    func forEachBatch(
        of live: LiveFiles,
        fields: [SchemaField],
        _ body: (ScanBatch) async throws -> Void
    ) async throws {
        try await forEachFile(of: live, fields: fields) { try await $0.forEachBatch(body) }
    }

    func forEachFile(
        of live: LiveFiles,
        fields: [SchemaField],
        _ body: (DataFileScan) async throws -> Void
    ) async throws {
        let positions = try await PositionDeletes(live, store: store)
        let equalities = try await EqualityDeletes(live, table: metadata, store: store)
        let inOrder = live.dataFiles.sorted {
            ($0.dataSequenceNumber, $0.file.path) < ($1.dataSequenceNumber, $1.file.path)
        }
        for data in inOrder {
            try Self.checkIsParquet(data.file)
            let file = try await ParquetFile.open(
                data.file.path,
                byteCount: Int(data.file.fileSizeBytes),
                store: store
            )
            try await body(
                DataFileScan(
                    file: file,
                    fields: fields,
                    sequenceNumber: data.dataSequenceNumber,
                    equalityGroups: equalities.groups(for: data),
                    deleted: try await positions.deletedRows(
                        ofFile: data.file.path,
                        rowCount: file.rowCount
                    )
                )
            )
        }
    }

    static func checkIsParquet(_ file: DataFile) throws {
        guard file.format.lowercased() == "parquet" else {
            throw FormatError(file: file.path, "its format is \(file.format); only Parquet is read")
        }
    }
}

/// One data file with the deletes that apply to it.
struct DataFileScan {
    let file: ParquetFile
    let fields: [SchemaField]
    let sequenceNumber: Int64
    let equalityGroups: [EqualityDeletes.Group]
    /// Rows that are deleted by position.
    let deleted: DeletedRows

    /// Calls `body` with the batches that have live rows, ascending.
    func forEachBatch(_ body: (ScanBatch) async throws -> Void) async throws {
        var readFields = fields
        for field in equalityGroups.flatMap(\.fields)
        where !readFields.contains(where: { $0.id == field.id }) {
            readFields.append(field)
        }
        let projection = try file.reader.projection(of: readFields)
        var firstPosition = 0
        for rowGroup in 0..<file.rowGroupCount {
            let range = firstPosition..<firstPosition + file.rowCount(ofRowGroup: rowGroup)
            firstPosition = range.upperBound
            if deleted.holdsAll(of: range) { continue }
            try await file.forEachBatch(rowGroup: rowGroup, projection) { batch in
                try await pass(batch, startingAt: range.lowerBound, readFields, to: body)
            }
        }
    }

    /// Hands on a batch of a whole row group that starts at a row of the file.
    private func pass(
        _ batch: RowBatch,
        startingAt rowGroupPosition: Int,
        _ readFields: [SchemaField],
        to body: (ScanBatch) async throws -> Void
    ) async throws {
        guard let rows = batch.rows.first else { return }
        let first = rowGroupPosition + rows.lowerBound
        var live = deleted.liveRows(in: first..<first + batch.rowCount)
        for group in equalityGroups where live?.isEmpty != true {
            live = remove(group, from: live, batch.columns, readFields, rowCount: batch.rowCount)
        }
        if live?.isEmpty == true { return }
        try await body(
            ScanBatch(
                filePath: file.path,
                firstPosition: first,
                columns: [Column](batch.columns.prefix(fields.count)),
                rowCount: batch.rowCount,
                liveRows: live
            )
        )
    }

    /// The rows of `live` that a group of equality deletes leaves.
    private func remove(
        _ group: EqualityDeletes.Group,
        from live: [Int32]?,
        _ columns: [Column],
        _ readFields: [SchemaField],
        rowCount: Int
    ) -> [Int32]? {
        let keyColumns = group.fields.compactMap { field in
            readFields.firstIndex { $0.id == field.id }.map { columns[$0] }
        }
        let keys = group.fingerprinter.fingerprints(of: keyColumns)
        let numbers = group.sequenceNumbers.payloads(of: keys)
        let rows = live ?? (0..<Int32(rowCount)).map { $0 }
        let left = rows.filter {
            !group.deletes(numbers[Int($0)], sequenceNumber: sequenceNumber)
        }
        return left.count == rowCount ? nil : left
    }
}
