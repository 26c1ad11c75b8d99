import ChangeModel
import SourceInterface

/// Answers questions about layouts from the server's catalog.
final class CatalogLookup: SchemaLookup {
    private let connection: PostgresConnection
    private let types = TypeCatalog()

    init(_ connection: PostgresConnection) { self.connection = connection }

    func types(of columns: [RelationMessage.Column]) throws -> TypeCatalog {
        let unknown = columns.filter {
            BuiltInType.mapping(of: $0.type, modifier: $0.modifier) == nil
        }
        try types.load(unknown.map(\.type), over: connection)
        return types
    }

    func describe(
        _ columns: [RelationMessage.Column],
        of relationID: UInt32,
        types: TypeCatalog
    ) throws -> (columns: [SourceColumn], readsOldRows: Bool) {
        let known =
            try CatalogReader(connection: connection, types: types)
            .columns(of: [relationID])[relationID] ?? []
        var described: [SourceColumn] = []
        var readsOldRows = false
        for column in columns {
            guard case .mapped(let type) = types.mapping(of: column.type, modifier: column.modifier)
            else { continue }
            let now = known.first { $0.name == column.name }
            // Gone or changed since: nobody can tell any more what the old rows read.
            readsOldRows = readsOldRows || now.map { $0.hasDefault || $0.isNotNull } ?? true
            described.append(
                SourceColumn(
                    name: column.name,
                    declaredType: now?.declaredType ?? "type \(column.type)",
                    type: type,
                    isNullable: !(now?.isNotNull ?? false),
                    comment: now?.comment,
                    hasDefault: now?.hasDefault ?? false
                )
            )
        }
        return (described, readsOldRows)
    }
}

/// Notices what the stream does not tell: changes of tables that nobody writes to.
///
/// What is seen counts only when the stream has come to where it was seen.
final class CatalogWatch {
    /// The catalog's figures of a table that change with its identity or its columns.
    private struct Mark: Equatable {
        var name: SourceTableName
        var attributeCount: Int
    }

    struct Observation {
        /// The stream must have come here.
        var seenAt: LogSequenceNumber
        var table: StreamedTable
        /// What it is called now; nil when it is gone.
        var name: SourceTableName?
        var columns: [CatalogReader.CatalogColumn]
    }

    private let connection: PostgresConnection
    private let tables: [StreamedTable]
    private var marks: [UInt32: Mark] = [:]
    private var observations: [Observation] = []

    init(_ connection: PostgresConnection, tables: [StreamedTable]) {
        self.connection = connection
        self.tables = tables
    }

    /// Gives tables without one the object id that they have now.
    func resolveRelations() throws {
        let rows = try connection.query(
            """
            SELECT c.oid, n.nspname, c.relname
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%'
            """,
            doing: "read the list of tables"
        )
        var identifiers: [SourceTableName: UInt32] = [:]
        for row in rows where row.count == 3 {
            guard let relationID = row[0].flatMap({ UInt32($0) }), let schema = row[1],
                let table = row[2]
            else { continue }
            identifiers[SourceTableName(schema: schema, table: table)] = relationID
        }
        for table in tables where table.relationID == nil {
            table.relationID = identifiers[table.name]
        }
    }

    /// Looks at the catalog and remembers what differs from the last look.
    func look() throws {
        let watched = tables.filter { !$0.isStopped && $0.relationID != nil }
        guard !watched.isEmpty else { return }
        let rows = try connection.query(
            """
            SELECT c.oid, n.nspname, c.relname, c.relnatts
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ANY ($1::oid[])
            """,
            [SQLText.array(watched.compactMap(\.relationID))],
            doing: "look for changed tables"
        )
        var current: [UInt32: Mark] = [:]
        for row in rows where row.count == 4 {
            guard let relationID = row[0].flatMap({ UInt32($0) }), let schema = row[1],
                let table = row[2], let count = row[3].flatMap({ Int($0) })
            else { continue }
            current[relationID] = Mark(
                name: SourceTableName(schema: schema, table: table),
                attributeCount: count
            )
        }
        let changed = watched.filter { table in
            guard let relationID = table.relationID else { return false }
            guard let mark = current[relationID] else { return true }
            return marks[relationID] != mark
        }
        marks = current
        if !changed.isEmpty { try observe(changed, current) }
    }

    private func observe(_ changed: [StreamedTable], _ marks: [UInt32: Mark]) throws {
        let identifiers = changed.compactMap(\.relationID)
        let columns = try CatalogReader(connection: connection, types: TypeCatalog())
            .columns(of: identifiers)
        let seenAt = try ServerPosition.head(connection)
        for table in changed {
            guard let relationID = table.relationID else { continue }
            observations.removeAll { $0.table === table }
            observations.append(
                Observation(
                    seenAt: seenAt,
                    table: table,
                    name: marks[relationID]?.name,
                    columns: columns[relationID]?.filter { !$0.isGenerated } ?? []
                )
            )
        }
    }

    func hasObservations(upTo position: LogSequenceNumber) -> Bool {
        observations.contains { $0.seenAt <= position }
    }

    /// Takes out what was seen up to a place that the stream has come to.
    func takeObservations(upTo position: LogSequenceNumber) -> [Observation] {
        guard hasObservations(upTo: position) else { return [] }
        let due = observations.filter { $0.seenAt <= position }
        observations.removeAll { $0.seenAt <= position }
        return due
    }
}

extension ChangeDecoder {
    /// Follows what the catalog showed of a table that had no row events since.
    ///
    /// The stream may have told more in the meantime, so a column that the observation lacks means
    /// nothing; only what it has beyond ours counts.
    func apply(_ observation: CatalogWatch.Observation) throws {
        let table = observation.table
        guard !table.isStopped else { return }
        guard let name = observation.name else {
            try stop(table, layoutError(table, "it was dropped"))
            return
        }
        guard name == table.name else {
            try stop(table, layoutError(table, "it was renamed to \(name)"))
            return
        }
        guard let relationID = table.relationID else { return }
        let known = Set(table.table.columns.map(\.name))
        let seen = Set(observation.columns.map(\.name))
        // A new name beside a missing one may be a rename; the next row's layout decides.
        guard known.isSubset(of: seen) else { return }
        let added = observation.columns.filter { !known.contains($0.name) }.map {
            RelationMessage.Column(
                isKey: false,
                name: $0.name,
                type: $0.type,
                modifier: $0.modifier
            )
        }
        guard !added.isEmpty else { return }
        let types = try schema.types(of: added)
        for column in added {
            if case .refused(let reason) = types.mapping(of: column.type, modifier: column.modifier)
            {
                let text = "column \(column.name) was added, and \(reason)"
                try stop(table, layoutError(table, text))
                return
            }
        }
        let described = try schema.describe(added, of: relationID, types: types)
        try add(described.columns, to: table, needsSnapshot: described.readsOldRows)
    }
}
