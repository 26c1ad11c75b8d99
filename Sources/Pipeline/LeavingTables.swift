import Bytes
import Catalog
import ChangeModel
import Iceberg
import Logging
import TableModel

extension PipelineRunner {
    /// Notes on a table of this pipeline that it is not followed from here on.
    ///
    /// The ledger moves on without it, so its own position would promise rows that nobody applied.
    /// Without a position it is copied anew, should it come back.
    func leave(_ identifier: TableIdentifier) async throws {
        guard let loaded = try await parts.catalog.loadTable(identifier) else { return }
        let values = loaded.metadata.properties
        guard values[properties.source] != nil, values[properties.stopped] == nil,
            let position = values[properties.position]
        else { return }
        let outcome = try await parts.catalog.commit([
            TableChange(
                identifier: identifier,
                base: loaded,
                requirements: [.assertTableUUID(loaded.metadata.tableUUID)],
                updates: [
                    .setProperties([properties.left: position]),
                    .removeProperties([properties.position]),
                ]
            )
        ])
        guard case .committed = outcome else {
            throw PipelineError(.conflict, "\(identifier) changed while the pipeline started")
        }
        parts.log.warning(
            "table is not followed any longer; it is copied anew when it comes back",
            metadata: ["table": "\(identifier)", "position": "\(position)"]
        )
    }

    /// Leaves every table of this pipeline that is not among `names`: excluded in the pipeline file,
    /// or gone from the source.
    ///
    /// Looking through the catalog costs a read a table, so it is done only when the set changed.
    func leaveOthers(than names: [SourceTableName], ledger: Ledger) async throws {
        guard let before = ledger.tables, before != tableSetHash(names) else { return }
        let followed = Set(names.map { lakeIdentifier(of: $0) })
        for namespace in try await parts.catalog.listNamespaces() {
            for identifier in try await parts.catalog.listTables(in: namespace)
            where !followed.contains(identifier) && identifier != ledger.loaded.identifier {
                try await leave(identifier)
            }
        }
    }
}

/// A short text that is the same for the same set of tables.
func tableSetHash(_ names: [SourceTableName]) -> String {
    let hasher = SipHash128(key0: 0, key1: 0)
    // A zero byte is in no name, so no two sets make the same bytes.
    let bytes = names.map(\.description).sorted().joined(separator: "\0").utf8.map { $0 }
    let (low, high) = bytes.withUnsafeBytes { hasher.hash($0) }
    return String(high, radix: 16) + "-" + String(low, radix: 16)
}
