public import Catalog
public import Iceberg
public import ObjectStore
public import TableModel

/// The catalog in one SQLite file that pyiceberg's `SqlCatalog` and Java's `JdbcCatalog` share.
public actor SQLiteCatalog: Catalog {
    public static let defaultName = "frazil"

    /// - Parameters:
    ///   - path: The SQLite file; it and its folder are created when missing.
    ///   - name: What other tools call this catalog; rows of other names are not seen.
    ///   - warehouse: The location under which tables without one of their own go.
    public init(
        path: String,
        name: String = SQLiteCatalog.defaultName,
        warehouse: String,
        store: any ObjectStore
    ) throws(CatalogError) {}

    public nonisolated var commitsTablesTogether: Bool { true }
    public func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? { fatalError("soon") }
    public func createNamespace(_ namespace: [String]) async throws { fatalError("soon") }
    public func listNamespaces() async throws -> [[String]] { fatalError("soon") }
    public func listTables(in namespace: [String]) async throws -> [TableIdentifier] { fatalError("soon") }
    public func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable { fatalError("soon") }
    public func dropTable(_ identifier: TableIdentifier) async throws { fatalError("soon") }
    public func renameTable(_ identifier: TableIdentifier, to newIdentifier: TableIdentifier) async throws { fatalError("soon") }
    public func commit(_ changes: [TableChange]) async throws -> CommitOutcome { fatalError("soon") }
}
