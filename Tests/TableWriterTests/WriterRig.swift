import Bytes
import ChangeMerge
import ChangeModel
import Columns
import Iceberg
import KeyIndex
import ObjectStore
import Parquet
import TableModel
import TableScan
import Testing

@testable import TableWriter

/// One change of a table (id long, name string).
enum Change {
    case insert(Int64, String?)
    case update(Int64, String?)
    case delete(Int64)
    case move(Int64, Int64, String?)
    /// A row of a table without a key goes; all its values are sent.
    case deleteRow(Int64, String?)
}

/// A table in memory that merge and writer fill epoch by epoch, as the pipeline does.
final class WriterRig {
    static let id = SchemaField(id: 1, name: "id", type: .long, isRequired: true)
    static let name = SchemaField(id: 2, name: "name", type: .string, isRequired: false)

    let store = MemoryObjectStore()
    let fields = [id, name]
    let hasKey: Bool
    var coversWholeTable: Bool
    let fingerprinter: KeyFingerprinter
    private(set) var index: KeyIndex
    let cache: DeletedRowsCache
    private(set) var metadata: TableMetadata
    private(set) var tableFiles = TableFiles()
    /// How often deleted rows were read back from a delete file.
    private(set) var deletedRowsRead = 0
    private var epochs: Int64 = 0
    var fileBytesMax = 1 << 20
    var sortOrder = SortOrder.unsorted
    var folding: FoldingPolicy?
    /// What the next epoch is to settle, and whether it did.
    var toConvert: RowsDeletedByKey?
    private(set) var hasConverted: Bool?
    /// What the next epoch is to adopt, and whether it did.
    var toAdopt: RewrittenFiles?
    private(set) var hasAdopted: Bool?
    private var rewrites = 0
    var options = ParquetWriterOptions()

    init(
        cacheBytesMax: Int = 1 << 20,
        spec: PartitionSpec = .unpartitioned,
        hasKey: Bool = true,
        coversWholeTable: Bool = true,
        formatVersion: Int = 2
    ) throws {
        self.hasKey = hasKey
        self.coversWholeTable = coversWholeTable
        let hasher = SipHash128(key0: 1, key1: 2)
        fingerprinter =
            hasKey
            ? KeyFingerprinter(keyTypes: [.long], hasher: hasher)
            : KeyFingerprinter(rowFieldIDs: [1, 2], hasher: hasher)
        index = KeyIndex(fingerprinter: fingerprinter)
        cache = DeletedRowsCache(bytesMax: cacheBytesMax)
        metadata = try TableMetadata(
            creating: Schema(schemaID: 0, fields: fields, identifierFieldIDs: [1]),
            partitionSpec: spec,
            properties: ["format-version": String(formatVersion)],
            location: "mem:/lake/table",
            nowMilliseconds: 1
        )
        if !spec.fields.isEmpty {
            metadata = try metadata.applying(
                [.addPartitionSpec(.unpartitioned)],
                requirements: [],
                nowMilliseconds: 1
            )
        }
    }

    private var layout: TableLayout {
        var layout = TableLayout(
            dataFolder: metadata.dataFolder,
            fields: fields,
            spec: metadata.defaultPartitionSpec ?? .unpartitioned,
            sortOrder: sortOrder,
            options: options
        )
        layout.fileBytesMax = fileBytesMax
        layout.usesDeletionVectors = metadata.hasRowLineage
        layout.unpartitionedSpec =
            metadata.partitionSpecs.first(where: \.isUnpartitioned) ?? .unpartitioned
        return layout
    }

    func makeWriter() -> EpochWriter {
        let store = store
        return EpochWriter(
            layout: layout,
            keyColumns: hasKey ? [0] : [],
            fileNamePrefix: "epoch\(epochs)",
            store: store,
            index: index,
            coversWholeTable: coversWholeTable,
            olderFiles: EpochWriter.OlderFiles(
                live: { [unowned self] in tableFiles },
                deletedRows: { [unowned self] delete, file in
                    deletedRowsRead += 1
                    return try await TableScan.fetchDeletedRows(
                        listedBy: delete,
                        of: file,
                        store: store
                    )
                },
                sharedDeletedRows: { [unowned self] in
                    try await TableScan.fetchSharedDeletedRows(try await liveFiles(), store: store)
                },
                cells: { path, positions, fields in
                    try await TableScan.fetchRows(
                        filePath: path,
                        positions: positions,
                        fields: fields,
                        store: store
                    )
                },
                columns: { file, fields, body in
                    try await TableScan.forEachBatch(
                        ofFile: file,
                        fields: fields,
                        store: store,
                        body
                    )
                },
                rows: { [unowned self] _ in metadata.hasRowLineage ? nil : olderRows() }
            ),
            deletedRowsCache: cache
        )
    }

    private func olderRows() -> OlderRows {
        let store = store
        let fields = fields
        return OlderRows(fields: fields) { entry, body in
            try await TableScan.forEachBatch(
                ofFile: entry.file,
                fields: fields,
                store: store,
                body
            )
        }
    }

    /// Writes files anew as the table is now; the next epochs may go on before they are adopted.
    func rewrite(_ policy: RewritePolicy) async throws -> RewrittenFiles? {
        let chosen = policy.files(of: tableFiles, layout: layout)
        guard !chosen.isEmpty else { return nil }
        let store = store
        rewrites += 1
        return try await FileRewrite(
            of: chosen,
            rows: olderRows(),
            sharedDeletedRows: try await TableScan.fetchSharedDeletedRows(
                try await liveFiles(),
                store: store
            ),
            layout: layout,
            fileNamePrefix: "rewrite\(rewrites)",
            store: store,
            deletedRows: { delete, file in
                try await TableScan.fetchDeletedRows(listedBy: delete, of: file, store: store)
            }
        ).run()
    }

    /// Merges, writes and commits changes; each list goes to files before the next one.
    @discardableResult
    func epoch(_ pieces: [Change]..., truncated: Bool = false) async throws -> EpochFiles {
        try await epoch(pieces, truncated: truncated)
    }

    @discardableResult
    func epoch(_ pieces: [[Change]], truncated: Bool = false) async throws -> EpochFiles {
        epochs += 1
        let writer = makeWriter()
        for (number, piece) in pieces.enumerated() {
            try await writer.write(merged(piece, truncated: truncated && number == 0))
        }
        if let found = toConvert {
            toConvert = nil
            hasConverted = try await writer.convertEqualityDeletes(
                found.deleteFiles,
                searched: found.olderDataFiles,
                rows: found.rows
            )
        }
        if let rewritten = toAdopt {
            toAdopt = nil
            hasAdopted = try await writer.adopt(rewritten)
        }
        let files = try await writer.finish(folding: folding)
        try await commit(files)
        return files
    }

    func merged(_ changes: [Change], truncated: Bool = false) -> MergedChanges {
        let merge: any ChangeFolding =
            hasKey
            ? ChangeMerge(fingerprinter: fingerprinter, keyColumns: [0])
            : RowMerge(fingerprinter: fingerprinter)
        if truncated { merge.truncate() }
        merge.append(batch(of: changes))
        return merge.take()
    }

    /// Commits files that nobody told the writer of.
    func commitForeign(data: [DataFile] = [], deletes: [DataFile] = []) async throws {
        var files = EpochFiles()
        files.dataFiles = data
        files.deleteFiles = deletes
        try await commit(files)
        try await readFilesAnew()
    }

    /// Forgets what the commits told of the table's files, as a new start does.
    func readFilesAnew() async throws { tableFiles = TableFiles(try await liveFiles()) }

    private func commit(_ files: EpochFiles) async throws {
        var delta = RowDelta(
            dataFiles: files.dataFiles,
            deleteFiles: files.deleteFiles,
            replacesAllFiles: files.replacesAllFiles,
            basis: .snapshot(metadata.currentSnapshotID)
        )
        for file in files.removedFiles { delta.remove(file) }
        let produced = try await SnapshotProducer.produce(
            base: metadata,
            delta: delta,
            store: store,
            fileNamePrefix: "commit",
            newSnapshotID: metadata.unusedSnapshotID(),
            nowMilliseconds: 10
        )
        metadata = try metadata.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 10
        )
        tableFiles.apply(files, sequenceNumber: produced.snapshot.sequenceNumber)
        if !coversWholeTable { index.removeAll() }
    }

    func upgrade() throws {
        metadata = try metadata.applying(
            [.upgradeFormatVersion(3)],
            requirements: [],
            nowMilliseconds: 10
        )
    }

    /// Gives the table another default partition spec.
    func evolve(to spec: PartitionSpec) throws {
        metadata = try metadata.applying(
            [.addPartitionSpec(spec), .setDefaultSpec(TableUpdate.lastAdded)],
            requirements: [],
            nowMilliseconds: 10
        )
    }

    /// What readers have to find by key now.
    func rowsDeletedByKey() async throws -> RowsDeletedByKey {
        try await TableScan(table: metadata, store: store).rowsDeletedByKey()
    }

    /// Reads the index from the table, as a new start does.
    func rebuildIndex() async throws {
        index = try await TableScan(table: metadata, store: store).rebuildIndex(
            keyFields: hasKey ? [Self.id] : fields,
            fingerprinter: fingerprinter
        ).index
        try await readFilesAnew()
    }

    /// How often each row is there.
    func rowCounts() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try await TableScan(table: metadata, store: store).forEachBatch(fields: fields) { batch in
            for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
                let id = batch.columns[0].value(at: Int(row), as: Int64.self)
                counts["\(id) \(batch.columns[1].string(at: Int(row)) ?? "NULL")", default: 0] += 1
            }
        }
        return counts
    }

    private func batch(of changes: [Change]) -> ChangeBatch {
        let builder = BatchBuilder(types: [.int64, .bytes], expectedRows: changes.count)
        var operations: [UInt8] = []
        func row(_ id: Int64, _ name: String?, _ operation: ChangeOperation) {
            builder.builders[0].append(id)
            if let name {
                builder.builders[1].append(utf8: name)
            } else {
                builder.builders[1].appendNull()
            }
            operations.append(operation.rawValue)
        }
        for change in changes {
            switch change {
            case .insert(let id, let name): row(id, name, .insert)
            case .update(let id, let name): row(id, name, .update)
            case .delete(let id): row(id, nil, .delete)
            case .deleteRow(let id, let name): row(id, name, .delete)
            case .move(let old, let new, let name):
                row(old, nil, .delete)
                row(new, name, .insertMoved)
            }
        }
        return ChangeBatch(
            table: SourceTableName(schema: "shop", table: "orders"),
            columns: builder.finishColumns(),
            operations: operations
        )
    }

    func liveFiles() async throws -> LiveFiles { try await metadata.liveFiles(store: store) }

    /// The live rows; fails on a key that is there twice.
    func rows() async throws -> [Int64: String?] {
        var rows: [Int64: String?] = [:]
        try await TableScan(table: metadata, store: store).forEachBatch(fields: fields) { batch in
            for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
                let id = batch.columns[0].value(at: Int(row), as: Int64.self)
                let name = batch.columns[1].string(at: Int(row))
                #expect(rows.updateValue(name, forKey: id) == nil, "key \(id) is there twice")
            }
        }
        return rows
    }

    /// Writes a position delete file as another engine might, without naming its data file.
    func foreignDeletes(
        _ name: String,
        _ rows: [(path: String, position: Int64)]
    ) async throws -> DataFile {
        let builder = BatchBuilder(types: [.bytes, .int64], expectedRows: rows.count)
        for row in rows {
            builder.builders[0].append(utf8: row.path)
            builder.builders[1].append(row.position)
        }
        var options = ParquetWriterOptions()
        options.metricsModes = [DataFile.deleteFilePathFieldID: .full]
        let writer = try await DataFileWriter(
            store: store,
            path: "mem:/lake/table/data/\(name).parquet",
            fields: [
                ParquetField(
                    fieldID: DataFile.deleteFilePathFieldID,
                    name: "file_path",
                    type: .string,
                    isRequired: true
                ),
                ParquetField(
                    fieldID: DataFile.deletePositionFieldID,
                    name: "pos",
                    type: .long,
                    isRequired: true
                ),
            ],
            options: options
        )
        try await writer.append(builder.finishColumns())
        return try await writer.finish(content: .positionDeletes)
    }

    /// Fails unless the newest snapshot's totals are what its manifests add up to.
    func expectRightTotals() async throws {
        let live = try await liveFiles()
        let files = (live.dataFiles + live.deleteFiles).map(\.file)
        let summary = try #require(metadata.currentSnapshot).summary
        let expected: [(String, Int64)] = [
            ("total-data-files", Int64(live.dataFiles.count)),
            ("total-delete-files", Int64(live.deleteFiles.count)),
            ("total-records", live.dataFiles.reduce(0) { $0 + $1.file.recordCount }),
            ("total-position-deletes", live.deleteFiles.reduce(0) { $0 + $1.file.recordCount }),
            ("total-equality-deletes", 0),
            // Several vectors share a file, of which each counts for its own part.
            (
                "total-files-size",
                files.reduce(0) { $0 + ($1.contentSizeBytes ?? $1.fileSizeBytes) }
            ),
        ]
        for (name, value) in expected {
            #expect(summary[name] == String(value), "\(name)")
        }
    }
}
