import CSQLite
import Catalog
import CatalogTestKit
import Glibc
import Iceberg
import ObjectStore
import TableModel
import TestKit
import Testing

@testable import SQLiteCatalog

@Suite("SQLiteCatalog")
struct SQLiteCatalogTests {
    let folder = TemporaryFolder()
    var database: String { "\(folder.path)/lake/catalog.db" }

    let schema = Schema(
        schemaID: 0,
        fields: [SchemaField(id: 1, name: "id", type: .long, isRequired: true)],
        identifierFieldIDs: [1]
    )
    let orders = TableIdentifier(namespace: ["shop"], name: "orders")

    func open(_ store: any ObjectStore = MemoryObjectStore()) throws -> SQLiteCatalog {
        try SQLiteCatalog(path: database, warehouse: "file:///lake/", store: store)
    }

    /// Runs SQL as another program would; returns what went wrong.
    func sqlFailure(_ statements: String) -> String? {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open(database, &handle) == SQLITE_OK else { return "cannot open" }
        let status = sqlite3_exec(handle, statements, nil, nil, nil)
        return status == SQLITE_OK ? nil : String(cString: sqlite3_errmsg(handle))
    }

    func sql(_ statements: String) throws {
        let failure = sqlFailure(statements)
        try #require(failure == nil, "\(failure ?? "")")
    }

    @Test("does what every catalog does", arguments: CatalogBehaviour.claims)
    func behaviour(_ claim: CatalogBehaviour.Claim) async throws {
        let store = MemoryObjectStore()
        try await claim.verify(try open(store), store: store)
    }

    @Test("keeps tables under their namespace's folders, with five digits of version")
    func locations() async throws {
        let store = MemoryObjectStore()
        let catalog = try open(store)
        try await catalog.createNamespace(["shop", "eu/west"])
        let identifier = TableIdentifier(namespace: ["shop", "eu/west"], name: "..")
        let table = try await catalog.createTable(identifier, schema: schema)
        #expect(table.metadata.location == "file:///lake/shop/eu_x2Fwest/_x2E.")
        #expect(table.metadataLocation.hasPrefix("\(table.metadata.location)/metadata/00000-"))
        let outcome = try await catalog.commit([
            TableChange(
                identifier: identifier,
                base: table,
                requirements: [],
                updates: [.setProperties(["a": "b"])]
            )
        ])
        let next = try CatalogBehaviour.committedTables(outcome)
        #expect(next[0].metadataLocation.hasPrefix("\(table.metadata.location)/metadata/00001-"))
        #expect(
            next[0].metadata.metadataLog == [
                MetadataLogEntry(
                    metadataFile: table.metadataLocation,
                    timestampMilliseconds: table.metadata.lastUpdatedMilliseconds
                )
            ]
        )
    }

    @Test("a file's tables are listed over all its catalogs, and nothing is created")
    func catalogFile() async throws {
        let store = MemoryObjectStore()
        for name in ["b", "a"] {
            let catalog = try SQLiteCatalog(
                path: database,
                name: name,
                warehouse: "file:///lake/",
                store: store
            )
            try await catalog.createNamespace(["shop", "eu"])
            _ = try await catalog.createTable(
                TableIdentifier(namespace: ["shop", "eu"], name: "orders"),
                schema: schema
            )
        }
        try sql("UPDATE iceberg_tables SET metadata_location = 'at ' || catalog_name")
        try sql("INSERT INTO iceberg_tables VALUES ('a', 'shop', 'v', 'x', NULL, 'VIEW')")
        let identifier = TableIdentifier(namespace: ["shop", "eu"], name: "orders")
        #expect(
            try CatalogFile.tables(path: database) == [
                .init(catalogName: "a", identifier: identifier, metadataLocation: "at a"),
                .init(catalogName: "b", identifier: identifier, metadataLocation: "at b"),
            ]
        )
        let empty = "\(folder.path)/none.db"
        let absent = #expect(throws: CatalogError.self) { try CatalogFile.tables(path: empty) }
        #expect(absent?.kind == .permission)
        #expect(access(empty, F_OK) != 0)
        try sql("DROP TABLE iceberg_tables")
        let other = #expect(throws: CatalogError.self) { try CatalogFile.tables(path: database) }
        #expect(other?.kind == .notFound)
        #expect(
            other?.message.hasSuffix("is no Iceberg catalog: it has no table iceberg_tables")
                == true
        )
    }

    @Test("a second catalog name on the same file sees nothing of the first")
    func names() async throws {
        let store = MemoryObjectStore()
        let first = try open(store)
        try await first.createNamespace(["shop"])
        _ = try await first.createTable(orders, schema: schema)
        let second = try SQLiteCatalog(
            path: database,
            name: "other",
            warehouse: "file:///lake",
            store: store
        )
        #expect(try await second.loadTable(orders) == nil)
        #expect(try await second.listNamespaces() == [])
    }

    @Test("a catalog of schema version V0 works, and is not changed")
    func oldSchema() async throws {
        mkdir("\(folder.path)/lake", 0o755)
        try sql(
            """
            CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL,
                table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
                metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),
                PRIMARY KEY (catalog_name, table_namespace, table_name));
            CREATE TABLE iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL,
                namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255),
                property_value VARCHAR(1000),
                PRIMARY KEY (catalog_name, namespace, property_key));
            """
        )
        for claim in CatalogBehaviour.claims {
            let store = MemoryObjectStore()
            try await claim.verify(try open(store), store: store)
        }
        let failure = sqlFailure("SELECT iceberg_type FROM iceberg_tables")
        #expect(failure == "no such column: iceberg_type")
    }

    @Test("a view is no table, but its name is taken")
    func views() async throws {
        let catalog = try open()
        try await catalog.createNamespace(["shop"])
        try sql(
            """
            INSERT INTO iceberg_tables VALUES
            ('frazil', 'shop', 'orders', 'file:///v.json', NULL, 'VIEW')
            """
        )
        #expect(try await catalog.loadTable(orders) == nil)
        #expect(try await catalog.listTables(in: ["shop"]) == [])
        let error = await #expect(throws: CatalogError.self) {
            try await catalog.createTable(orders, schema: schema)
        }
        #expect(error?.kind == .alreadyExists)
    }

    @Test("a commit that loses the race deletes its metadata file, and only that")
    func loserCleansUp() async throws {
        let store = MemoryObjectStore()
        let catalog = try open(store)
        try await catalog.createNamespace(["shop"])
        let table = try await catalog.createTable(orders, schema: schema)
        let before = store.paths
        // A requirement that fails is found before anything is written.
        let outcome = try await catalog.commit([
            TableChange(
                identifier: orders,
                base: table,
                requirements: [.assertCurrentSchemaID(5)],
                updates: [.setProperties(["a": "b"])]
            )
        ])
        guard case .conflict(let message) = outcome else {
            Issue.record("expected a conflict, found \(outcome)")
            return
        }
        #expect(
            message
                == "could not commit to shop.orders: current schema id: expected 5, found 0"
        )
        #expect(store.paths == before)
    }

    /// Makes two tables; a property of each is to be set.
    private func changesOfTwoTables(_ catalog: SQLiteCatalog) async throws -> [TableChange] {
        try await catalog.createNamespace(["shop"])
        var changes: [TableChange] = []
        for name in ["a", "b"] {
            let identifier = TableIdentifier(namespace: ["shop"], name: name)
            let table = try await catalog.createTable(identifier, schema: schema)
            changes.append(
                TableChange(
                    identifier: identifier,
                    base: table,
                    requirements: [],
                    updates: [.setProperties(["a": "b"])]
                )
            )
        }
        return changes
    }

    @Test("when another program moves the row between check and swap, nothing changes")
    func lostSwap() async throws {
        let store = InterferingStore()
        let catalog = try open(store)
        let changes = try await changesOfTwoTables(catalog)
        let before = store.files.paths
        let old = changes[1].base.metadataLocation
        store.onCreate = {
            try sql(
                """
                UPDATE iceberg_tables SET previous_metadata_location = metadata_location,
                metadata_location = '\(changes[0].base.metadataLocation)' WHERE table_name = 'b'
                """
            )
        }
        guard case .conflict(let message) = try await catalog.commit(changes) else {
            Issue.record("expected a conflict")
            return
        }
        #expect(message == "shop.b was changed by another commit")
        #expect(store.files.paths == before)
        let first = try await catalog.loadTable(changes[0].identifier)
        #expect(first?.metadataLocation == changes[0].base.metadataLocation)
        #expect(old != changes[0].base.metadataLocation)
    }

    /// T071: the commit itself fails, as when another program reads and does not end.
    @Test("a commit that cannot be written changes nothing, and may be tried again")
    func failedCommit() async throws {
        let store = MemoryObjectStore()
        let catalog = try open(store)
        let changes = try await changesOfTwoTables(catalog)
        let before = store.paths
        try await catalog.waitBriefly()
        let reader = try SQLiteConnection(path: database)
        try reader.run("BEGIN")
        _ = try reader.rows("SELECT * FROM iceberg_tables")
        let error = await #expect(throws: CatalogError.self) { try await catalog.commit(changes) }
        #expect(error?.kind == .unavailable(retryable: true))
        #expect(await !catalog.isInTransaction)
        #expect(store.paths == before)
        for change in changes {
            let now = try await catalog.loadTable(change.identifier)
            #expect(now?.metadataLocation == change.base.metadataLocation)
        }
        try reader.run("ROLLBACK")
        let done = try CatalogBehaviour.committedTables(try await catalog.commit(changes))
        #expect(done.map(\.metadata.properties["a"]) == ["b", "b"])
    }

    @Test("old metadata files go after a commit when the table says so")
    func deletesOldMetadata() async throws {
        let store = MemoryObjectStore()
        let catalog = try open(store)
        try await catalog.createNamespace(["shop"])
        var table = try await catalog.createTable(
            orders,
            schema: schema,
            properties: [
                "write.metadata.previous-versions-max": "2",
                "write.metadata.delete-after-commit.enabled": "true",
            ]
        )
        for number in 1...5 {
            let outcome = try await catalog.commit([
                TableChange(
                    identifier: orders,
                    base: table,
                    requirements: [],
                    updates: [.setProperties(["n": String(number)])]
                )
            ])
            table = try CatalogBehaviour.committedTables(outcome)[0]
        }
        let names = store.paths.map { $0.split(separator: "/").last?.prefix(5) ?? "" }
        #expect(names == ["00003", "00004", "00005"])
        #expect(table.metadata.metadataLog.count == 2)
    }

    @Test("a file that is no database is refused in one sentence")
    func noDatabase() throws {
        mkdir("\(folder.path)/lake", 0o755)
        let file = fopen(database, "w")
        fputs(String(repeating: "this is text ", count: 100), file)
        fclose(file)
        let error = #expect(throws: CatalogError.self) { try open() }
        #expect(error?.kind == .corrupt)
        #expect(
            error?.message
                == "could not open the catalog \(database): the file is no SQLite database"
        )
    }

    @Test("a folder that is a file is refused with its path")
    func noFolder() throws {
        let file = fopen("\(folder.path)/lake", "w")
        fclose(file)
        let error = #expect(throws: CatalogError.self) { try open() }
        #expect(error?.kind == .permission)
        #expect(error?.message.hasPrefix("could not open the catalog \(database): ") == true)
    }

    @Test("a row whose metadata file is gone says which")
    func missingMetadata() async throws {
        let store = MemoryObjectStore()
        let catalog = try open(store)
        try await catalog.createNamespace(["shop"])
        let table = try await catalog.createTable(orders, schema: schema)
        try await store.delete(table.metadataLocation)
        let error = await #expect(throws: CatalogError.self) {
            try await catalog.loadTable(orders)
        }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains(table.metadataLocation) == true)
    }
}

extension SQLiteCatalog {
    /// Gives other programs' locks little time.
    fileprivate func waitBriefly() throws {
        try rows.connection.run("PRAGMA busy_timeout = 20")
    }

    fileprivate var isInTransaction: Bool { rows.connection.isInTransaction }
}

/// A store that lets something happen just before a file is written.
final class InterferingStore: WrappingObjectStore, @unchecked Sendable {
    let files = MemoryObjectStore()
    /// Set before, called once by one task.
    var onCreate: (() throws -> Void)?

    func create(_ path: String) async throws -> any ObjectUpload {
        let action = onCreate
        onCreate = nil
        try action?()
        return try await files.create(path)
    }

    var wrapped: any ObjectStore { files }
}
