import Catalog
import ChangeModel
import Columns
import Iceberg
import ObjectStore
import PipelineTestKit
import Synchronization
import TableModel
import TableScan

/// Compares every table with the source, and its newest snapshots with what the source held then.
///
/// A snapshot of the pipeline holds exactly what the source held at the furthest position that it
/// or one before it names; what others committed in between changes no row.
///
/// - Returns: How many snapshots were compared.
/// - Throws: ``WorldError`` with the keys that differ.
func compare(
    catalog: MemoryCatalog,
    store: any ObjectStore,
    source: ScriptedSource,
    names: [SourceTableName]
) async throws -> Int {
    let history = source.state.withLock { $0.history }
    var compared = 0
    for name in names {
        let identifier = TableIdentifier(namespace: [name.schema], name: name.table)
        guard let loaded = try await catalog.loadTable(identifier) else {
            throw WorldError("\(name) is not in the lake")
        }
        let now = try await rows(of: loaded.metadata, store: store)
        try expectEqual(now, history[history.count - 1][name] ?? [:], "\(name)")
        // Where the beginning was expired, nobody can say any more how far the rest had come.
        guard loaded.metadata.snapshots.first?.parentSnapshotID == nil else { continue }
        var position = 0
        for (number, snapshot) in loaded.metadata.snapshots.enumerated() {
            if let text = snapshot.summary.properties["frazil.epoch-end"], let end = Int(text) {
                position = max(position, end)
            }
            guard number + snapshotsComparedMax >= loaded.metadata.snapshots.count else { continue }
            var then = loaded.metadata
            then.currentSnapshotID = snapshot.snapshotID
            try expectEqual(
                try await rows(of: then, store: store),
                history[position][name] ?? [:],
                "\(name) at snapshot \(number), position \(position)"
            )
            compared += 1
        }
    }
    return compared
}

private let snapshotsComparedMax = 3

private func expectEqual(
    _ lake: [Int64: ScriptedRow],
    _ source: [Int64: ScriptedRow],
    _ what: String
) throws {
    let wrong = Set(lake.keys).union(source.keys).filter { lake[$0] != source[$0] }.sorted()
    guard wrong.isEmpty else {
        let shown = wrong.prefix(5).map { key in
            "\(key): lake \(text(lake[key])), source \(text(source[key]))"
        }
        throw WorldError("\(what) differs: \(shown.joined(separator: "; "))")
    }
}

private func text(_ row: ScriptedRow?) -> String {
    guard let row else { return "none" }
    return "(\(row.name ?? "NULL"), \(row.amount.map(String.init) ?? "NULL"))"
}

private func rows(
    of metadata: TableMetadata,
    store: any ObjectStore
) async throws -> [Int64: ScriptedRow] {
    let fields = Array(try metadata.currentSchema().fields.prefix(3))
    var rows: [Int64: ScriptedRow] = [:]
    try await TableScan(table: metadata, store: store).forEachBatch(fields: fields) { batch in
        for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
            let row = Int(row)
            let id = batch.columns[0].value(at: row, as: Int64.self)
            let amount = batch.columns[2]
            let value = ScriptedRow(
                name: batch.columns[1].string(at: row),
                amount: amount.isNull(row) ? nil : amount.value(at: row, as: Int64.self)
            )
            guard rows.updateValue(value, forKey: id) == nil else {
                throw WorldError("key \(id) is there twice")
            }
        }
    }
    return rows
}
