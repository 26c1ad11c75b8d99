import Bytes
import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import KeyIndex
import Logging
import PipelineConfig
import SourceInterface
import TableModel
import TableScan
import TableWriter

extension PipelineRunner {
    /// Gets every table ready to stream: its key index is kept from the last session or rebuilt.
    func openStreams(_ tables: [LakeTable]) async throws -> [TableStream] {
        let coversWholeTable = parts.configuration.deletes != .equality
        let deletedRowsCache = DeletedRowsCache(bytesMax: Limits.deletedRowsCacheBytes)
        var streams: [TableStream] = []
        for table in tables {
            let kept =
                coversWholeTable
                ? try await index(of: table) : emptyIndex(of: table)
            streams.append(
                TableStream(
                    table,
                    kept: kept,
                    coversWholeTable: coversWholeTable,
                    deletedRowsCache: deletedRowsCache,
                    parts: parts,
                    properties: properties
                )
            )
        }
        keptIndexes = [:]
        return streams
    }

    private func keyFields(of table: LakeTable) -> [SchemaField] {
        table.source.keyColumns.isEmpty
            ? table.fields : table.source.keyColumns.map { table.fields[$0] }
    }

    private func emptyIndex(of table: LakeTable) -> KeptIndex {
        let fingerprinter = table.fingerprinter(hasher: .withRandomKey())
        return KeptIndex(
            index: KeyIndex(fingerprinter: fingerprinter),
            fingerprinter: fingerprinter,
            tableUUID: table.loaded.metadata.tableUUID,
            snapshotID: table.loaded.metadata.currentSnapshotID
        )
    }

    private func index(of table: LakeTable) async throws -> KeptIndex {
        let metadata = table.loaded.metadata
        if let kept = keptIndexes[table.name], kept.tableUUID == metadata.tableUUID,
            kept.snapshotID == metadata.currentSnapshotID
        {
            var kept = kept
            kept.fingerprinter = table.fingerprinter(hasher: kept.fingerprinter.hasher)
            return kept
        }
        var fresh = emptyIndex(of: table)
        guard metadata.currentSnapshotID != nil else { return fresh }
        let began = parts.time.now()
        let rebuilt = try await TableScan(table: metadata, store: parts.store).rebuildIndex(
            keyFields: keyFields(of: table),
            fingerprinter: fresh.fingerprinter
        )
        fresh.index = rebuilt.index
        if rebuilt.duplicateKeys > 0 {
            parts.log.warning(
                "the lake holds rows with the same key; run frazil verify",
                metadata: ["table": "\(table.name)", "rows": "\(rebuilt.duplicateKeys)"]
            )
        }
        parts.log.debug(
            "key index rebuilt",
            metadata: [
                "table": "\(table.name)", "rows": "\(fresh.index.count)",
                "seconds": "\(parts.time.now() - began)",
            ]
        )
        return fresh
    }
}
