import ChangeModel
import SourceInterface
import TableModel

/// Decides which chosen tables can be replicated, and why the others cannot.
struct TableInventory {
    let reader: CatalogReader

    /// The relations with their tables, and the refused ones, in name order.
    func read(
        _ isChosen: (SourceTableName) -> Bool
    ) throws -> (inventory: SourceInventory, relationIDs: [SourceTableName: UInt32]) {
        let relations = try reader.relations(isChosen)
        let identifiers = relations.map(\.relationID)
        let columns = try reader.columns(of: identifiers)
        let indexes = try reader.indexes(of: identifiers)
        try reader.types.load(
            columns.values.flatMap { $0.map(\.type) },
            over: reader.connection
        )
        var inventory = SourceInventory(tables: [], refused: [])
        var relationIDs: [SourceTableName: UInt32] = [:]
        for relation in relations {
            do throws(SourceError) {
                try refuseUnsuitable(relation)
                let table = try table(
                    relation,
                    columns: columns[relation.relationID] ?? [],
                    indexes: indexes[relation.relationID] ?? []
                )
                inventory.tables.append(table)
                relationIDs[relation.name] = relation.relationID
            } catch {
                inventory.refused.append(RefusedTable(name: relation.name, error: error))
            }
        }
        return (inventory, relationIDs)
    }

    private func refuseUnsuitable(_ relation: CatalogRelation) throws(SourceError) {
        let name = relation.name
        if relation.kind == "p" {
            throw SourceError(
                .configuration,
                "could not choose \(name): partitioned tables are not supported yet",
                remedy: "Choose its partitions, which are replicated as tables of their own, "
                    + "and exclude it with \"!\(name)\""
            )
        }
        if relation.kind == "f" {
            throw SourceError(
                .configuration,
                "could not choose \(name): a foreign table's rows are not in this server's log",
                remedy: "Exclude it with \"!\(name)\""
            )
        }
        if relation.persistence == "u" {
            throw SourceError(
                .configuration,
                "could not choose \(name): an unlogged table's changes are not in the log",
                remedy: "ALTER TABLE \(SQLText.table(name)) SET LOGGED, "
                    + "or exclude it with \"!\(name)\""
            )
        }
        if !relation.isReadable {
            throw SourceError(
                .permission,
                "could not read \(name): the role lacks SELECT on it or USAGE on its schema",
                remedy: "GRANT USAGE ON SCHEMA \(SQLText.identifier(name.schema)), "
                    + "and GRANT SELECT ON \(SQLText.table(name)), to the role"
            )
        }
        if relation.hasRowSecurity {
            throw SourceError(
                .permission,
                "could not read \(name) whole: row-level security hides rows from the role",
                remedy: "Give the role the BYPASSRLS attribute"
            )
        }
    }

    private func table(
        _ relation: CatalogRelation,
        columns: [CatalogReader.CatalogColumn],
        indexes: [CatalogReader.CatalogIndex]
    ) throws(SourceError) -> SourceTable {
        // The stream does not carry generated columns, so the snapshot leaves them out as well.
        let stored = columns.filter { !$0.isGenerated }
        let sourceColumns = try stored.map { column throws(SourceError) in
            try self.column(column, of: relation.name)
        }
        var keyColumns: [Int] = []
        if let key = try keyIndex(relation, indexes) {
            keyColumns = key.columnNumbers.compactMap { number in
                stored.firstIndex { $0.number == number }
            }
            guard keyColumns.count == key.columnNumbers.count, !keyColumns.isEmpty else {
                throw SourceError(
                    .configuration,
                    "could not choose \(relation.name): its key holds a generated column",
                    remedy: "Set REPLICA IDENTITY USING INDEX to one without generated columns"
                )
            }
        }
        return SourceTable(
            name: relation.name,
            columns: sourceColumns,
            keyColumns: keyColumns,
            comment: relation.comment,
            estimatedRows: relation.estimatedRows,
            incarnation: String(relation.relationID)
        )
    }

    private func column(
        _ column: CatalogReader.CatalogColumn,
        of table: SourceTableName
    ) throws(SourceError) -> SourceColumn {
        switch reader.types.mapping(of: column.type, modifier: column.modifier) {
        case .mapped(let type):
            return SourceColumn(
                name: column.name,
                declaredType: column.declaredType,
                type: type,
                isNullable: !column.isNotNull,
                comment: column.comment,
                hasDefault: column.hasDefault
            )
        case .refused(let reason):
            throw SourceError(
                .configuration,
                "could not choose \(table): column \(column.name) is a "
                    + "\(column.declaredType), and \(reason)",
                remedy: "Exclude the table with \"!\(table)\""
            )
        }
    }

    /// The index whose columns identify a row in the stream; nil where whole rows do.
    private func keyIndex(
        _ relation: CatalogRelation,
        _ indexes: [CatalogReader.CatalogIndex]
    ) throws(SourceError) -> CatalogReader.CatalogIndex? {
        let name = relation.name
        let remedy =
            "Add a primary key, or ALTER TABLE \(SQLText.table(name)) REPLICA IDENTITY FULL"
        if relation.replicaIdentity == "n" {
            throw SourceError(
                .configuration,
                "could not choose \(name): REPLICA IDENTITY NOTHING, so the log does not say "
                    + "which rows change",
                remedy: "ALTER TABLE \(SQLText.table(name)) REPLICA IDENTITY DEFAULT"
            )
        }
        let usesIndex = relation.replicaIdentity == "i"
        let index = indexes.first { usesIndex ? $0.isReplicaIdentity : $0.isPrimary }
        if relation.replicaIdentity == "f", !(index?.isUsable ?? false) { return nil }
        guard let index else {
            throw SourceError(
                .configuration,
                "could not choose \(name): it has no primary key and no replica identity index",
                remedy: remedy
            )
        }
        guard index.isUsable else {
            throw SourceError(
                .configuration,
                "could not choose \(name): its key is deferrable or not valid, so it does not "
                    + "identify a row at every moment",
                remedy: remedy
            )
        }
        return index
    }
}
