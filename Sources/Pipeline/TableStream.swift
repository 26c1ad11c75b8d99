import Bytes
import Catalog
import ChangeMerge
import ChangeModel
import Diagnostics
import Iceberg
import KeyIndex
import ObjectStore
import PipelineConfig
import Puffin
import SourceInterface
import TableModel
import TableScan
import TableWriter

/// One table while its changes stream in: what was folded, written and not yet committed.
///
/// Owned by the stream loop.
final class TableStream {
    private(set) var lake: LakeTable
    let parts: PipelineParts
    let properties: LakeProperties
    private(set) var fingerprinter: KeyFingerprinter
    var index: KeyIndex
    /// Writes down what the index is told; nil where it does not survive the program.
    var keeper: IndexKeeper?
    /// Whether the index knows every row; otherwise rows of earlier epochs are deleted by key.
    var coversWholeTable: Bool
    private var merge: any ChangeFolding
    private(set) var writer: EpochWriter?
    let knownFiles: KnownFiles
    private let deletedRowsCache: DeletedRowsCache
    /// What the commit that is under way changes.
    private var contributed = EpochFiles()
    /// Schema updates of this epoch, and the table as it is after them.
    private(set) var schemaUpdates: [TableUpdate] = []
    private var evolved: TableMetadata
    /// Set when the table has to be copied anew at the end of this epoch; its rows are dropped.
    private(set) var needsCopy = false
    /// Set when the table cannot be followed any further.
    private(set) var stopError: SourceError?
    private var stopIsRecorded = false
    /// What becomes of deletes by key that readers have to apply.
    var conversion = EqualityDeleteConversion.untried
    /// Files that were written anew and wait for the next epoch.
    var rewritten: RewrittenFiles?
    /// Whether files may be due to be written anew: something was committed.
    var mayRewrite = false
    /// Set when that failed: it would fail again, and cost as much again.
    var cannotRewrite = false
    /// Whether the index holds what no commit confirmed yet.
    var isIndexDirty = false
    /// The newest snapshot whose files the index and what else is known of them go by.
    private(set) var knownSnapshotID: Int64?
    /// Set when somebody else's snapshot was there as soon as a commit of ours was: the session ends, and
    /// the next one begins from what the table is now.
    private(set) var isOvertaken = false

    init(
        _ lake: LakeTable,
        kept: KeptIndex,
        deletedRowsCache: DeletedRowsCache,
        parts: PipelineParts,
        properties: LakeProperties
    ) {
        self.lake = lake
        self.parts = parts
        self.properties = properties
        coversWholeTable = kept.coversWholeTable
        keeper = kept.keeper
        self.deletedRowsCache = deletedRowsCache
        knownFiles = KnownFiles(metadata: lake.loaded.metadata, store: parts.store)
        fingerprinter = kept.fingerprinter
        index = kept.index
        evolved = lake.loaded.metadata
        knownSnapshotID = lake.loaded.metadata.currentSnapshotID
        merge = Self.merge(of: lake, fingerprinter)
    }

    /// Rows without a key are folded as a multiset.
    private static func merge(
        of lake: LakeTable,
        _ fingerprinter: KeyFingerprinter
    ) -> any ChangeFolding {
        lake.source.keyColumns.isEmpty
            ? RowMerge(fingerprinter: fingerprinter)
            : ChangeMerge(fingerprinter: fingerprinter, keyColumns: lake.source.keyColumns)
    }

    var name: SourceTableName { lake.name }
    var pendingBytes: Int { merge.memoryBytes }
    var isFollowed: Bool { stopError == nil && !needsCopy }

    var hasChanges: Bool {
        !merge.isEmpty || !(writer?.isEmpty ?? true) || !schemaUpdates.isEmpty || needsCopy
            || hasMaintenance || (stopError != nil && !stopIsRecorded)
    }

    func append(_ batch: ChangeBatch) {
        guard isFollowed else { return }
        merge.append(batch)
    }

    func truncate() {
        guard isFollowed else { return }
        merge.truncate()
    }

    /// Moves what was folded so far to files.
    ///
    /// A failure that lies in the table's data stops this table and no other.
    func spill(epoch: Int) async throws {
        guard !merge.isEmpty, isFollowed else { return }
        do {
            isIndexDirty = true
            try await openWriter(epoch: epoch).write(merge.take())
        } catch is CollidingKeys {
            keeper?.discard()
            keeper = nil
            throw CollidingKeysOfTable(name: name)
        } catch is MissingCell where mayNeedIndex {
            throw NeedsIndex(table: name)
        } catch let error as MissingCell {
            await stop(
                SourceError(
                    .unsupportedChange,
                    "could not apply an update of \(name): \(error)",
                    remedy: "ALTER TABLE … REPLICA IDENTITY FULL makes the source send every "
                        + "value"
                )
            )
        } catch let error as RowDoesNotFit {
            await stop(
                SourceError(.unsupportedChange, "could not write rows of \(name): \(error)")
            )
        } catch let error as UnfindableRow {
            await stop(
                SourceError(
                    .unsupportedChange,
                    "could not delete or update a row of \(name): \(error)",
                    remedy: "Give the table an exact primary key, or use deletes: auto"
                )
            )
        } catch let error as UnusablePartitionSpec {
            await stop(
                SourceError(
                    .unsupportedChange,
                    "could not write rows of \(name): \(error)",
                    remedy: "Give the lake table another default partition spec"
                )
            )
        }
    }

    func openWriter(epoch: Int) -> EpochWriter {
        if let writer { return writer }
        let opened = EpochWriter(
            layout: lake.layout(parts.configuration),
            keyColumns: lake.source.keyColumns,
            fileNamePrefix: "\(properties.pipeline)-\(epoch)-\(randomHex())",
            store: parts.store,
            index: index,
            coversWholeTable: coversWholeTable,
            olderFiles: olderFiles(),
            deletedRowsCache: deletedRowsCache
        )
        writer = opened
        return opened
    }

    private func olderFiles() -> EpochWriter.OlderFiles {
        let (store, knownFiles) = (parts.store, knownFiles)
        return EpochWriter.OlderFiles(
            live: { try await knownFiles.live() },
            deletedRows: { delete, file in
                try await TableScan.fetchDeletedRows(listedBy: delete, of: file, store: store)
            },
            sharedDeletedRows: { try await knownFiles.sharedDeletedRows() },
            cells: { path, positions, fields in
                try await TableScan.fetchRows(
                    filePath: path,
                    positions: positions,
                    fields: fields,
                    store: store
                )
            },
            columns: { file, fields, body in
                try await TableScan.forEachBatch(ofFile: file, fields: fields, store: store, body)
            },
            rows: { try await knownFiles.rows(of: $0) }
        )
    }

    /// Gives up what the epoch did to this table and follows it no further.
    func stop(_ error: SourceError) async {
        await writer?.abandon()
        writer = nil
        _ = merge.take()
        schemaUpdates = []
        needsCopy = false
        conversion = .ended
        await dropRewritten()
        stopError = error
    }

    /// Gives the epoch up; the index is worthless afterwards when it was touched.
    func abandon() async {
        await writer?.abandon()
        writer = nil
        await dropRewritten()
    }
}

extension TableStream {
    /// Adds the columns that the source has now.
    func addColumns(_ table: SourceTable, needsSnapshot: Bool, epoch: Int) async throws {
        guard isFollowed else { return }
        try await spill(epoch: epoch)
        guard isFollowed else { return }
        let growth: SchemaGrowth
        do {
            growth = try SchemaGrowth(of: evolved, managed: lake.fields, to: table)
        } catch let error as SourceError {
            await stop(error)
            return
        }
        evolved = try evolved.applying(
            growth.updates,
            requirements: [],
            nowMilliseconds: parts.time.microsecondsSince1970() / 1000
        )
        schemaUpdates += growth.updates
        lake.source = table
        lake.fields = growth.fields
        try await writer?.change(
            layout: lake.layout(parts.configuration),
            keyColumns: table.keyColumns
        )
        fingerprinter = lake.fingerprinter(hasher: fingerprinter.hasher)
        if fingerprinter.isOfRows {
            // What is stored is of other columns from here on.
            keeper?.discard()
            keeper = nil
        }
        merge = Self.merge(of: lake, fingerprinter)
        if needsSnapshot {
            await abandonForCopy()
        }
    }

    /// The rows of this epoch are not needed: the whole table is read again.
    private func abandonForCopy() async {
        await writer?.abandon()
        writer = nil
        await dropRewritten()
        needsCopy = true
    }
}

extension TableStream {
    /// What the commit of an epoch needs of this table.
    struct Contribution {
        var schemaUpdates: [TableUpdate]
        var files: EpochFiles
        var properties: [String: String]
        var removedProperties: [String]
    }

    /// Closes the epoch's files; `folding` lets small older ones become one.
    func contribute(
        epoch: Int,
        position: SourcePosition,
        folding: FoldingPolicy?
    ) async throws -> Contribution? {
        try await spill(epoch: epoch)
        if let stopError {
            guard !stopIsRecorded else { return nil }
            return Contribution(
                schemaUpdates: [],
                files: EpochFiles(),
                properties: [properties.stopped: stopError.description],
                removedProperties: []
            )
        }
        if !needsCopy { try await finishMaintenance(epoch: epoch) }
        let files = try await writer?.finish(folding: folding) ?? EpochFiles()
        writer = nil
        contributed = files
        guard !files.isEmpty || !schemaUpdates.isEmpty || needsCopy else { return nil }
        var values = [properties.epoch: String(epoch)]
        if !schemaUpdates.isEmpty {
            values[properties.columns] = lake.columnsProperty
        }
        if !needsCopy {
            let watermark = lake.watermark(properties) ?? position
            values[properties.position] = parts.source.advance(watermark, to: position).text
        }
        return Contribution(
            schemaUpdates: schemaUpdates,
            files: files,
            properties: values,
            removedProperties: needsCopy ? [properties.position] : []
        )
    }

    /// The commit came through, with this snapshot of the table if it made one.
    func committed(_ loaded: LoadedTable, snapshotID: Int64?) {
        lake.loaded = loaded
        knownSnapshotID = snapshotID ?? knownSnapshotID
        isOvertaken = loaded.metadata.currentSnapshotID != knownSnapshotID
        knownFiles.apply(contributed, metadata: loaded.metadata)
        contributed = EpochFiles()
        evolved = loaded.metadata
        schemaUpdates = []
        isIndexDirty = false
        keepIndex()
        mayRewrite = true
        if stopError != nil { stopIsRecorded = true }
        // Without a whole-table index the epoch's own rows are now older rows like all others.
        if !coversWholeTable { index.removeAll() }
    }
}
