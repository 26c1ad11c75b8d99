import Bytes
import Catalog
import Iceberg
import KeyIndex
import ObjectStore
import SourceInterface
import TableModel
import TableScan

/// A key index and the snapshot of the table that it belongs to.
struct KeptIndex {
    var index: KeyIndex
    var fingerprinter: KeyFingerprinter
    var tableUUID: String
    var snapshotID: Int64?
    /// Writes down what the index is told, where it is to survive the program.
    var keeper: IndexKeeper?
    /// Whether it knows every live row; otherwise it is empty, and only for the rows of an epoch.
    var coversWholeTable: Bool
    /// Live rows whose key another live row has, as far as that was seen.
    var duplicateKeys = 0

    /// No index of the table: rows of earlier epochs are deleted by key.
    static func ofEpochs(_ table: LakeTable, hasher: SipHash128) -> KeptIndex {
        let fingerprinter = table.fingerprinter(hasher: hasher)
        return KeptIndex(
            index: KeyIndex(fingerprinter: fingerprinter),
            fingerprinter: fingerprinter,
            tableUUID: table.loaded.metadata.tableUUID,
            snapshotID: table.loaded.metadata.currentSnapshotID,
            coversWholeTable: false
        )
    }
}

/// What belongs to one task at a time and is handed from one to another.
struct HandedOver<Value>: @unchecked Sendable {
    var value: Value
}

/// All it takes to make a table's index for one snapshot, from wherever it can be had.
struct IndexRecipe: Sendable {
    let table: LakeTable
    let store: any ObjectStore
    let folder: IndexStateFolder?

    var metadata: TableMetadata { table.loaded.metadata }
    private var scan: TableScan { TableScan(table: metadata, store: store) }

    private var keyFields: [SchemaField] {
        table.source.keyColumns.isEmpty
            ? table.fields : table.source.keyColumns.map { table.fields[$0] }
    }

    private static let background: IndexKeeper.Background = { startThread("index", $0) }

    /// Live rows, as the snapshot's totals tell; no more than a guess.
    var rowCount: Int {
        let summary = metadata.currentSnapshot?.summary
        let rows = summary?.count("total-records") ?? 0
        let deleted = summary?.count("total-position-deletes") ?? 0
        return Int(clamping: max(0, rows - min(rows, deleted)))
    }

    /// What an index of these rows takes in memory, in bytes.
    var memoryBytes: Int {
        let perKey = table.fingerprinter(hasher: .withRandomKey()).isExact64 ? 18 : 26
        return rowCount.multipliedReportingOverflow(by: perKey).overflow ? .max : rowCount * perKey
    }

    /// The index as the state folder has it, for whichever snapshot.
    ///
    /// - Throws: ``IndexStateReason`` why there is none.
    func find() async throws -> HandedOver<KeptIndex> {
        guard let folder else { throw IndexStateReason.absent }
        let (uuid, keyFields, table) = (metadata.tableUUID, keyFields, table)
        return try await onBlockingThread("index") {
            let found = try IndexKeeper.find(
                tableUUID: uuid,
                keyFields: keyFields,
                in: folder,
                background: Self.background,
                fingerprinter: { table.fingerprinter(hasher: $0) }
            )
            return HandedOver(
                value: KeptIndex(
                    index: found.index,
                    fingerprinter: found.index.fingerprinter,
                    tableUUID: uuid,
                    snapshotID: found.snapshotID,
                    keeper: found.keeper,
                    coversWholeTable: true
                )
            )
        }
    }

    /// The index as the key columns of the table's files say.
    ///
    /// An index that cannot be kept is as good, until the program ends: `complain` is told why.
    func read(
        hasher: SipHash128,
        complain: @Sendable (any Error) -> Void
    ) async throws -> HandedOver<KeptIndex> {
        var kept = KeptIndex.ofEpochs(table, hasher: hasher)
        kept.coversWholeTable = true
        if metadata.currentSnapshotID != nil {
            let rebuilt = try await scan.rebuildIndex(
                keyFields: keyFields,
                fingerprinter: kept.fingerprinter
            )
            kept.index = rebuilt.index
            kept.duplicateKeys = rebuilt.duplicateKeys
        }
        guard let folder else { return HandedOver(value: kept) }
        let (uuid, keyFields, handed) = (metadata.tableUUID, keyFields, HandedOver(value: kept))
        do {
            return try await onBlockingThread("index") {
                var kept = handed.value
                kept.keeper = try IndexKeeper.begin(
                    kept.index,
                    snapshotID: kept.snapshotID,
                    tableUUID: uuid,
                    keyFields: keyFields,
                    in: folder,
                    background: Self.background
                )
                return HandedOver(value: kept)
            }
        } catch {
            complain(error)
            return handed
        }
    }

    /// Brings an index to the table's current snapshot.
    ///
    /// - Returns: Nil when it has to be read anew; what was handed over is of no use then.
    func advance(
        _ handed: HandedOver<KeptIndex>,
        complain: @Sendable (any Error) -> Void
    ) async throws -> HandedOver<KeptIndex>? {
        var kept = handed.value
        guard kept.snapshotID != metadata.currentSnapshotID else { return handed }
        let advance: IndexAdvance?
        do {
            advance = try await scan.advance(
                kept.index,
                from: kept.snapshotID,
                keyFields: keyFields,
                fingerprinter: kept.fingerprinter
            )
        } catch is CollidingKeys {
            kept.keeper?.discard()
            return nil
        } catch {
            // What is stored is still good for the snapshot that it names.
            kept.keeper?.abandon()
            throw error
        }
        guard let advance else {
            kept.keeper?.discard()
            return nil
        }
        kept.duplicateKeys += advance.duplicateKeys
        kept.snapshotID = metadata.currentSnapshotID
        do { try kept.keeper?.commit(snapshotID: kept.snapshotID) } catch {
            complain(error)
            kept.keeper?.abandon()
            kept.keeper = nil
        }
        return HandedOver(value: kept)
    }
}
