package import Catalog
import Iceberg
package import ObjectStore
import Parquet
import TableModel
import TableScan
import TableWriter

/// Writes all live rows of a table into one file and takes everything else away, as a foreign
/// engine's compaction does.
///
/// - Returns: Whether the commit came through.
@discardableResult
package func rewriteAllFiles(
    of table: LoadedTable,
    catalog: any Catalog,
    store: any ObjectStore,
    fileName: String,
    nowMilliseconds: Int64
) async throws -> Bool {
    let metadata = table.metadata
    let fields = try metadata.currentSchema().fields
    let live = try await metadata.liveFiles(store: store)
    let writer = try await DataFileWriter(
        store: store,
        path: "\(metadata.location)/data/\(fileName).parquet",
        fields: fields.map(ParquetField.init),
        options: ParquetWriterOptions()
    )
    try await TableScan(table: metadata, store: store).forEachBatch(fields: fields) { batch in
        try await writer.append(batch.columns, selection: batch.liveRows)
    }
    let file = writer.rowCount > 0 ? try await writer.finish() : nil
    if file == nil { await writer.abandon() }
    var delta = RowDelta(dataFiles: file.map { [$0] } ?? [], operation: .replace)
    for live in live.dataFiles + live.deleteFiles { delta.remove(live) }
    let produced = try await SnapshotProducer.produce(
        base: metadata,
        delta: delta,
        store: store,
        fileNamePrefix: fileName,
        newSnapshotID: metadata.unusedSnapshotID(),
        nowMilliseconds: nowMilliseconds
    )
    let outcome = try await catalog.commit([
        TableChange(
            identifier: table.identifier,
            base: table,
            requirements: produced.requirements,
            updates: produced.updates
        )
    ])
    if case .committed = outcome { return true }
    return false
}
