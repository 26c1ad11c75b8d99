internal import CSQLite
internal import Catalog
internal import TableModel

/// The two tables that pyiceberg's `SqlCatalog`, Java's `JdbcCatalog` and this one share.
///
/// Each function is one statement or one transaction. All see only rows of `catalogName`.
///
/// Source: Iceberg's `JdbcUtil`, schema versions V0 (without `iceberg_type`) and V1.
struct CatalogRows {
    let connection: SQLiteConnection
    let catalogName: String

    /// A metadata location may have so many characters: other databases hold it in VARCHAR(1000).
    static let locationLengthMax = 1000

    private static let createTables = [
        """
        CREATE TABLE IF NOT EXISTS iceberg_tables (
            catalog_name VARCHAR(255) NOT NULL,
            table_namespace VARCHAR(255) NOT NULL,
            table_name VARCHAR(255) NOT NULL,
            metadata_location VARCHAR(1000),
            previous_metadata_location VARCHAR(1000),
            iceberg_type VARCHAR(5),
            PRIMARY KEY (catalog_name, table_namespace, table_name)
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
            catalog_name VARCHAR(255) NOT NULL,
            namespace VARCHAR(255) NOT NULL,
            property_key VARCHAR(255) NOT NULL,
            property_value VARCHAR(1000) NOT NULL,
            PRIMARY KEY (catalog_name, namespace, property_key)
        )
        """,
    ]

    /// Whether the database is a catalog.
    func isPresent() throws(SQLiteFailure) -> Bool {
        try !connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'iceberg_tables'").isEmpty
    }

    /// The tables of all catalogs of the database, whatever this one's name is.
    func allTables() throws(SQLiteFailure) -> [[String?]] {
        let filter = try tableFilter()
        return try connection.rows(
            """
            SELECT catalog_name, table_namespace, table_name, metadata_location FROM iceberg_tables
            WHERE metadata_location IS NOT NULL\(filter) ORDER BY 1, 2, 3
            """
        )
    }

    /// Makes sure that both tables exist; a catalog that has them is only read.
    func prepare() throws(SQLiteFailure) {
        let present = try connection.rows(
            """
            SELECT name FROM sqlite_master WHERE type IN ('table', 'view')
            AND name IN ('iceberg_tables', 'iceberg_namespace_properties')
            """
        )
        guard present.count < 2 else { return }
        for statement in Self.createTables { try connection.run(statement) }
    }

    /// Whether rows tell tables from views; asked anew each time, as other tools may add it.
    private func hasTypeColumn() throws(SQLiteFailure) -> Bool {
        let columns = try connection.rows(
            "SELECT 1 FROM pragma_table_info('iceberg_tables') WHERE name = 'iceberg_type'"
        )
        return !columns.isEmpty
    }

    /// Restricts a statement to tables, where views may be.
    private func tableFilter() throws(SQLiteFailure) -> String {
        try hasTypeColumn() ? " AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)" : ""
    }

    /// Namespaces are kept as their levels with dots between.
    static func text(_ namespace: [String]) -> String { namespace.joined(separator: ".") }

    private func key(_ identifier: TableIdentifier) -> [String?] {
        [catalogName, Self.text(identifier.namespace), identifier.name]
    }

    func location(of identifier: TableIdentifier) throws(SQLiteFailure) -> String? {
        let filter = try tableFilter()
        let rows = try connection.rows(
            """
            SELECT metadata_location FROM iceberg_tables
            WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?\(filter)
            """,
            key(identifier)
        )
        return rows.first?.first ?? nil
    }

    func namespaceExists(_ namespace: [String]) throws(SQLiteFailure) -> Bool {
        let name = Self.text(namespace)
        let rows = try connection.rows(
            """
            SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = ?1 AND namespace = ?2
            UNION ALL
            SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2
            LIMIT 1
            """,
            [catalogName, name]
        )
        return !rows.isEmpty
    }

    func createNamespace(_ namespace: [String]) throws(SQLiteFailure) {
        try connection.run(
            """
            INSERT OR IGNORE INTO iceberg_namespace_properties
            (catalog_name, namespace, property_key, property_value) VALUES (?, ?, 'exists', 'true')
            """,
            [catalogName, Self.text(namespace)]
        )
    }

    func namespaces() throws(SQLiteFailure) -> [String] {
        try connection.rows(
            """
            SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1
            UNION
            SELECT table_namespace FROM iceberg_tables WHERE catalog_name = ?1
            ORDER BY 1
            """,
            [catalogName]
        ).compactMap { $0.first ?? nil }
    }

    func tableNames(in namespace: [String]) throws(SQLiteFailure) -> [String] {
        let filter = try tableFilter()
        return try connection.rows(
            """
            SELECT table_name FROM iceberg_tables
            WHERE catalog_name = ? AND table_namespace = ?\(filter) ORDER BY table_name
            """,
            [catalogName, Self.text(namespace)]
        ).compactMap { $0.first ?? nil }
    }

    /// - Returns: Whether the name was free.
    func insert(
        _ identifier: TableIdentifier,
        location: String
    ) throws(SQLiteFailure) -> Bool {
        let hasType = try hasTypeColumn()
        let sql = """
            INSERT INTO iceberg_tables
            (catalog_name, table_namespace, table_name, metadata_location\(hasType ? ", iceberg_type" : ""))
            VALUES (?, ?, ?, ?\(hasType ? ", 'TABLE'" : ""))
            """
        return try unlessTaken { () throws(SQLiteFailure) in
            try connection.run(sql, key(identifier) + [location])
        } != nil
    }

    /// - Returns: How many rows changed, or `nil` when the new name is taken.
    func rename(
        _ identifier: TableIdentifier,
        to new: TableIdentifier
    ) throws(SQLiteFailure) -> Int? {
        let filter = try tableFilter()
        return try unlessTaken { () throws(SQLiteFailure) in
            try connection.run(
                """
                UPDATE iceberg_tables SET table_namespace = ?, table_name = ?
                WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?\(filter)
                """,
                [Self.text(new.namespace), new.name] + key(identifier)
            )
        }
    }

    private func unlessTaken(
        _ body: () throws(SQLiteFailure) -> Int
    ) throws(SQLiteFailure) -> Int? {
        do throws(SQLiteFailure) {
            return try body()
        } catch {
            guard error.primaryCode == SQLITE_CONSTRAINT else { throw error }
            return nil
        }
    }

    func delete(_ identifier: TableIdentifier) throws(SQLiteFailure) -> Int {
        let filter = try tableFilter()
        return try connection.run(
            """
            DELETE FROM iceberg_tables
            WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?\(filter)
            """,
            key(identifier)
        )
    }

    /// Moves a table from one metadata file to the next, if it still has the old one.
    ///
    /// - Returns: How many rows changed: 1, or 0 when somebody else was first.
    func swap(
        _ identifier: TableIdentifier,
        from old: String,
        to new: String
    ) throws(SQLiteFailure) -> Int {
        let filter = try tableFilter()
        return try connection.run(
            """
            UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ?
            WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?
            AND metadata_location = ?\(filter)
            """,
            [new, old] + key(identifier) + [old]
        )
    }
}
