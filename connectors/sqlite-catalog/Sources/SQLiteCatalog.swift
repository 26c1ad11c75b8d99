public import Catalog
internal import Glibc
public import Iceberg
public import ObjectStore
public import TableModel

/// The catalog in one SQLite file that pyiceberg's `SqlCatalog` and Java's `JdbcCatalog` share.
///
/// A commit of several tables is one SQL transaction: readers see all of it or nothing. Calls into
/// the library block, but each is short, and the actor lets one run at a time.
public actor SQLiteCatalog: Catalog {
    public static let defaultName = "frazil"

    let rows: CatalogRows
    let store: any ObjectStore
    private let warehouse: String

    var path: String { rows.connection.path }

    /// Opens the catalog; its file, tables and folder are created when missing.
    ///
    /// - Parameters:
    ///   - path: The SQLite file.
    ///   - name: What other tools call this catalog; rows of other names are not seen.
    ///   - warehouse: The location under which tables without one of their own go.
    ///   - store: Where the metadata files are.
    /// - Throws: ``CatalogError`` naming the path, for a file that is no database, is locked, or
    ///   cannot be created.
    public init(
        path: String,
        name: String = SQLiteCatalog.defaultName,
        warehouse: String,
        store: any ObjectStore
    ) throws(CatalogError) {
        try Self.createFolder(of: path)
        let rows = CatalogRows(
            connection: try SQLiteConnection(path: path),
            catalogName: name
        )
        do throws(SQLiteFailure) {
            try rows.prepare()
        } catch {
            throw CatalogError(error, tried: "open", path: path)
        }
        self.rows = rows
        self.store = store
        var warehouse = warehouse
        while warehouse.count > 1, warehouse.hasSuffix("/") { warehouse.removeLast() }
        self.warehouse = warehouse
    }

    private static func createFolder(of path: String) throws(CatalogError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        var status = stat()
        guard stat(folder, &status) != 0 else { return }
        try createFolder(of: folder)
        guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
            throw CatalogError(
                .permission,
                "could not open the catalog \(path): the folder \(folder) cannot be created "
                    + "(\(String(cString: strerror(errno))))",
                remedy: "Create the folder, or let this user write to the one above it"
            )
        }
    }

    public nonisolated var commitsTablesTogether: Bool { true }

    public func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? {
        guard
            let location = try reading({ rows throws(SQLiteFailure) in
                try rows.location(of: identifier)
            })
        else { return nil }
        return LoadedTable(
            identifier: identifier,
            metadata: try await MetadataFiles.read(location, store: store),
            metadataLocation: location
        )
    }

    public func createNamespace(_ namespace: [String]) async throws {
        guard !namespace.isEmpty, !namespace.contains("") else {
            throw CatalogError(
                .configuration,
                "could not create the namespace \"\(CatalogRows.text(namespace))\" in the catalog "
                    + "\(path): a level of its name is empty"
            )
        }
        let exists = try reading { rows throws(SQLiteFailure) in
            try rows.namespaceExists(namespace)
        }
        guard !exists else { return }
        try writing { rows throws(SQLiteFailure) in try rows.createNamespace(namespace) }
    }

    public func listNamespaces() async throws -> [[String]] {
        try reading { rows throws(SQLiteFailure) in try rows.namespaces() }.map { name in
            name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        }
    }

    public func listTables(in namespace: [String]) async throws -> [TableIdentifier] {
        try reading { rows throws(SQLiteFailure) in try rows.tableNames(in: namespace) }.map {
            TableIdentifier(namespace: namespace, name: $0)
        }
    }

    public func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable {
        try requireNamespace(of: identifier, for: "create")
        let metadata: TableMetadata
        do throws(TableUpdateError) {
            metadata = try TableMetadata(
                creating: schema,
                partitionSpec: partitionSpec,
                properties: properties,
                location: location ?? defaultLocation(of: identifier),
                nowMilliseconds: currentTimeMilliseconds()
            )
        } catch {
            throw CatalogError(.configuration, "could not create the table \(identifier): \(error)")
        }
        let staged = MetadataFiles.stageCreation(metadata)
        try checkLength(of: staged.location, identifier)
        try await MetadataFiles.write([staged], store: store)
        let isNew: Bool
        do {
            isNew = try insert(identifier, staged.location)
        } catch {
            // The row may be there nevertheless, if the failure came after it was written.
            if let found = try? rows.location(of: identifier), found != staged.location {
                await MetadataFiles.remove([staged.location], store: store)
            }
            throw error
        }
        guard isNew else {
            await MetadataFiles.remove([staged.location], store: store)
            throw CatalogError(
                .alreadyExists,
                "could not create the table \(identifier) in the catalog \(path): "
                    + "the name is taken"
            )
        }
        return LoadedTable(
            identifier: identifier,
            metadata: metadata,
            metadataLocation: staged.location
        )
    }

    private func insert(
        _ identifier: TableIdentifier,
        _ location: String
    ) throws(CatalogError) -> Bool {
        try writing { rows throws(SQLiteFailure) in
            try rows.insert(identifier, location: location)
        }
    }

    public func dropTable(_ identifier: TableIdentifier) async throws {
        let count = try writing { rows throws(SQLiteFailure) in try rows.delete(identifier) }
        guard count == 1 else { throw missing(identifier, for: "drop") }
    }

    public func renameTable(
        _ identifier: TableIdentifier,
        to newIdentifier: TableIdentifier
    ) async throws {
        try requireNamespace(of: newIdentifier, for: "rename \(identifier) to")
        let count = try writing { rows throws(SQLiteFailure) in
            try rows.rename(identifier, to: newIdentifier)
        }
        guard let count else {
            throw CatalogError(
                .alreadyExists,
                "could not rename the table \(identifier) to \(newIdentifier) in the catalog "
                    + "\(path): the name is taken"
            )
        }
        guard count == 1 else { throw missing(identifier, for: "rename") }
    }

    // MARK: - Shared steps

    func reading<Value>(
        _ body: (CatalogRows) throws(SQLiteFailure) -> Value
    ) throws(CatalogError) -> Value {
        do throws(SQLiteFailure) {
            return try body(rows)
        } catch {
            throw CatalogError(error, tried: "read", path: path)
        }
    }

    func writing<Value>(
        _ body: (CatalogRows) throws(SQLiteFailure) -> Value
    ) throws(CatalogError) -> Value {
        do throws(SQLiteFailure) {
            return try body(rows)
        } catch {
            throw CatalogError(error, tried: "write to", path: path)
        }
    }

    func checkLength(
        of location: String,
        _ identifier: TableIdentifier
    ) throws(CatalogError) {
        guard location.count <= CatalogRows.locationLengthMax else {
            throw CatalogError(
                .configuration,
                "the metadata location of \(identifier) has \(location.count) characters, SQL "
                    + "catalogs hold \(CatalogRows.locationLengthMax)",
                remedy: "Choose a shorter warehouse location"
            )
        }
    }

    private func requireNamespace(
        of identifier: TableIdentifier,
        for verb: String
    ) throws(CatalogError) {
        let exists = try reading { rows throws(SQLiteFailure) in
            try rows.namespaceExists(identifier.namespace)
        }
        guard exists else {
            throw CatalogError(
                .notFound,
                "could not \(verb) the table \(identifier) in the catalog \(path): the namespace "
                    + "\"\(CatalogRows.text(identifier.namespace))\" does not exist"
            )
        }
    }

    private func missing(_ identifier: TableIdentifier, for verb: String) -> CatalogError {
        CatalogError(
            .notFound,
            "could not \(verb) the table \(identifier): the catalog \(path) has none of that name"
        )
    }

    private func defaultLocation(of identifier: TableIdentifier) -> String {
        let parts = identifier.namespace + [identifier.name]
        return ([warehouse] + parts.map(TableLocation.folderName)).joined(separator: "/")
    }
}

/// Milliseconds since 1970 by the machine's clock.
func currentTimeMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
