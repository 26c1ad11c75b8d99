internal import Bytes
internal import Columns
internal import Diagnostics
internal import Iceberg
internal import KeyIndex
internal import ObjectStore
internal import Parquet
internal import TableModel

/// The equality deletes of one snapshot, as sets of keys.
///
/// A row goes when a delete file has its values in the delete's columns, NULL equal to NULL, and a
/// sequence number greater than the row's; and when the delete is of the row's partition, or of an
/// unpartitioned spec.
///
/// Source: Iceberg specification, "Scan Planning" and "Equality Delete Files".
struct EqualityDeletes {
    /// Where delete files apply.
    fileprivate enum Scope: Hashable {
        case everywhere
        case partition(specID: Int32, PartitionTuple)
    }

    private struct GroupKey: Hashable {
        var equalityIDs: [Int32]
        var scope: Scope
    }

    /// Delete files with the same columns and the same scope.
    struct Group {
        fileprivate let scope: Scope
        let fields: [SchemaField]
        let fingerprinter: KeyFingerprinter
        /// From key to the greatest sequence number that deletes it.
        let sequenceNumbers: FingerprintMap
        var greatestSequenceNumber: Int64 = 0

        /// Whether a row goes: `payload` is what ``sequenceNumbers`` holds for its key.
        func deletes(_ payload: UInt64, sequenceNumber: Int64) -> Bool {
            payload != .max && Int64(bitPattern: payload) > sequenceNumber
        }
    }

    private(set) var groups: [Group] = []

    init(_ live: LiveFiles, table: TableMetadata, store: any ObjectStore) async throws {
        let oldest = live.dataFiles.map(\.dataSequenceNumber).min() ?? .max
        let deletes = live.deleteFiles.filter {
            $0.file.content == .equalityDeletes && $0.dataSequenceNumber > oldest
        }
        try Self.checkLimit(deletes)
        let hasher = SipHash128.withRandomKey()
        let grouped = Dictionary(grouping: deletes) { delete in
            let spec = table.partitionSpec(id: delete.file.specID)
            let isGlobal = spec?.isUnpartitioned ?? false
            return GroupKey(
                equalityIDs: delete.file.equalityIDs.sorted(),
                scope: isGlobal
                    ? .everywhere
                    : .partition(specID: delete.file.specID, delete.file.partition)
            )
        }
        for (key, files) in grouped {
            groups.append(try await Self.read(files, key, hasher, table: table, store: store))
        }
    }

    private static func checkLimit(_ files: [LiveFile]) throws {
        let rows = files.reduce(0) { $0 + $1.file.recordCount }
        guard rows <= ScanLimits.equalityDeletesMax else {
            throw FormatError(
                file: files[0].file.path,
                "it and the table's other equality delete files hold \(rows) rows, at most "
                    + "\(ScanLimits.equalityDeletesMax) can be read; compact the table"
            )
        }
    }

    private static func read(
        _ files: [LiveFile],
        _ key: GroupKey,
        _ hasher: SipHash128,
        table: TableMetadata,
        store: any ObjectStore
    ) async throws -> Group {
        let fields = try fields(key.equalityIDs, of: files[0].file.path, table)
        let fingerprinter = KeyFingerprinter(keyTypes: fields.map(\.type), hasher: hasher)
        var group = Group(
            scope: key.scope,
            fields: fields,
            fingerprinter: fingerprinter,
            sequenceNumbers: FingerprintMap(isExact64: fingerprinter.isExact64)
        )
        // Ascending, so that the greatest number stays.
        for delete in files.sorted(by: { $0.dataSequenceNumber < $1.dataSequenceNumber }) {
            try TableScan.checkIsParquet(delete.file)
            group.greatestSequenceNumber = delete.dataSequenceNumber
            let file = try await ParquetFile.open(
                delete.file.path,
                byteCount: Int(delete.file.fileSizeBytes),
                store: store
            )
            let projection = try file.reader.projection(of: fields)
            for rowGroup in 0..<file.rowGroupCount {
                try await file.forEachBatch(rowGroup: rowGroup, projection) { batch in
                    for key in fingerprinter.fingerprints(of: batch.columns) {
                        group.sequenceNumbers.set(
                            UInt64(bitPattern: delete.dataSequenceNumber),
                            for: key
                        )
                    }
                }
            }
        }
        return group
    }

    /// The delete's columns; one that was dropped since is looked up in the older schemas.
    private static func fields(
        _ ids: [Int32],
        of path: String,
        _ table: TableMetadata
    ) throws -> [SchemaField] {
        guard !ids.isEmpty else {
            throw FormatError(file: path, "it deletes by key and names no columns")
        }
        let current = try table.currentSchema()
        // A schema of another engine may hold a type that is not known; its columns are no keys.
        let older = table.schemas.reversed().compactMap { try? $0.schema(file: table.location) }
        return try ids.map { id in
            for schema in [current] + older {
                if let field = schema.field(id: id) { return field }
            }
            throw FormatError(
                file: path,
                "it deletes by the field \(id), which none of the table's "
                    + "\(table.schemas.count) schemas has"
            )
        }
    }

    /// Whether a delete file may delete rows of a data file.
    static func applies(_ delete: LiveFile, to data: LiveFile, of table: TableMetadata) -> Bool {
        guard delete.file.content == .equalityDeletes,
            delete.dataSequenceNumber > data.dataSequenceNumber
        else { return false }
        if table.partitionSpec(id: delete.file.specID)?.isUnpartitioned ?? false { return true }
        return delete.file.specID == data.file.specID
            && delete.file.partition == data.file.partition
    }

    /// The groups that may delete rows of a data file.
    func groups(for data: LiveFile) -> [Group] {
        groups.filter { group in
            guard group.greatestSequenceNumber > data.dataSequenceNumber else { return false }
            return group.scope == .everywhere
                || group.scope
                    == .partition(specID: data.file.specID, data.file.partition)
        }
    }
}
