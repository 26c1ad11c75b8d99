import ChangeModel
import SourceInterface

/// What the server says of a publication.
struct Publication {
    var name: String
    var missingOperations: [String]
    var publishesViaRoot: Bool
    var tables: Set<SourceTableName>
    /// Tables of which only some rows or columns are published.
    var partialTables: Set<SourceTableName>

    static func read(_ name: String, _ connection: PostgresConnection) throws -> Publication? {
        let doing = "read publication \(name)"
        let row = try connection.query(
            """
            SELECT pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot
            FROM pg_catalog.pg_publication WHERE pubname = $1
            """,
            [name],
            doing: doing
        ).first
        guard let row, row.count == 5 else { return nil }
        let operations = ["insert", "update", "delete", "truncate"]
        var publication = Publication(
            name: name,
            missingOperations: zip(operations, row).filter { $0.1 != "t" }.map(\.0),
            publishesViaRoot: row[4] == "t",
            tables: [],
            partialTables: []
        )
        // Row filters and column lists came with 15.
        let isPartial =
            connection.serverVersion >= 150_000
            ? """
            p.rowfilter IS NOT NULL OR EXISTS (
              SELECT FROM pg_catalog.pg_attribute a
              JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = p.schemaname AND c.relname = p.tablename AND a.attnum > 0
                AND NOT a.attisdropped AND a.attgenerated = ''
                AND a.attname <> ALL (p.attnames))
            """ : "false"
        let tables = try connection.query(
            """
            SELECT p.schemaname, p.tablename, \(isPartial)
            FROM pg_catalog.pg_publication_tables p WHERE p.pubname = $1
            """,
            [name],
            doing: doing
        )
        for row in tables where row.count == 3 {
            guard let schema = row[0], let table = row[1] else { continue }
            let tableName = SourceTableName(schema: schema, table: table)
            publication.tables.insert(tableName)
            if row[2] == "t" { publication.partialTables.insert(tableName) }
        }
        return publication
    }

    /// Why the publication will not do for these tables, apart from tables that it lacks.
    func problem(for wanted: [SourceTableName]) -> SourceError? {
        let quoted = SQLText.identifier(name)
        if !missingOperations.isEmpty {
            return SourceError(
                .configuration,
                "could not use publication \(name): it leaves out "
                    + missingOperations.joined(separator: ", "),
                remedy: "ALTER PUBLICATION \(quoted) SET "
                    + "(publish = 'insert, update, delete, truncate')"
            )
        }
        if publishesViaRoot {
            return SourceError(
                .configuration,
                "could not use publication \(name): it publishes partitions as their root",
                remedy: "ALTER PUBLICATION \(quoted) SET (publish_via_partition_root = false)"
            )
        }
        let partial = wanted.filter { partialTables.contains($0) }
        if !partial.isEmpty {
            return SourceError(
                .configuration,
                "could not use publication \(name): it has a row filter or a column list for "
                    + Self.list(partial),
                remedy: "Publish whole tables: drop them from the publication and add them without"
            )
        }
        return nil
    }

    static func list(_ names: [SourceTableName]) -> String {
        let shown = names.prefix(Limits.namesPerMessageMax).map(\.description)
            .joined(separator: ", ")
        let rest = names.count - Limits.namesPerMessageMax
        return rest > 0 ? "\(shown) and \(rest) more" : shown
    }
}
