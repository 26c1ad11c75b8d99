public import Catalog
internal import Iceberg
public import ObjectStore
internal import TableModel

/// What every catalog must do, whatever stands behind it.
///
/// Each claim gets a fresh namespace, so that one catalog can serve all of them.
public enum CatalogBehaviour {
    public struct Claim: Sendable, CustomStringConvertible {
        /// The claim in one sentence.
        public var sentence: String
        var check: @Sendable (Subject) async throws -> Void

        public var description: String { sentence }

        /// Throws a ``Failure`` when the catalog does not do what the claim says.
        public func verify(_ catalog: any Catalog, store: any ObjectStore) async throws {
            let namespace = ["claims_\(UInt64.random(in: 0...UInt64.max))"]
            try await catalog.createNamespace(namespace)
            try await check(Subject(catalog: catalog, store: store, namespace: namespace))
        }
    }

    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    /// The catalog that is looked at, and where in it.
    struct Subject: Sendable {
        var catalog: any Catalog
        var store: any ObjectStore
        var namespace: [String]

        func identifier(_ name: String) -> TableIdentifier {
            TableIdentifier(namespace: namespace, name: name)
        }

        func create(_ name: String) async throws -> LoadedTable {
            try await catalog.createTable(identifier(name), schema: CatalogBehaviour.schema)
        }
    }

    static let schema = Schema(
        schemaID: 7,
        fields: [
            SchemaField(id: 40, name: "id", type: .long, isRequired: true),
            SchemaField(id: 30, name: "name", type: .string, isRequired: false, doc: "a name"),
        ],
        identifierFieldIDs: [40]
    )

    static func expect(_ condition: Bool, _ message: String) throws {
        guard condition else { throw Failure(description: message) }
    }

    static func expectEqual<Value: Equatable>(
        _ found: Value,
        _ expected: Value,
        _ what: String
    ) throws {
        try expect(found == expected, "\(what): expected \(expected), found \(found)")
    }

    static func expectError(
        _ kind: CatalogError.Kind,
        _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as CatalogError {
            try expectEqual(error.kind, kind, "kind of \"\(error)\"")
            return
        }
        throw Failure(description: "nothing was thrown, expected \(kind)")
    }

    static func change(
        _ table: LoadedTable,
        _ updates: [TableUpdate],
        requirements: [TableRequirement] = []
    ) -> TableChange {
        TableChange(
            identifier: table.identifier,
            base: table,
            requirements: requirements,
            updates: updates
        )
    }

    /// The tables of a commit that went through; a ``Failure`` for any other outcome.
    public static func committedTables(_ outcome: CommitOutcome) throws -> [LoadedTable] {
        guard case .committed(let tables) = outcome else {
            throw Failure(description: "expected a commit, found \(outcome)")
        }
        return tables
    }

    static func expectConflict(_ outcome: CommitOutcome) throws {
        guard case .conflict = outcome else {
            throw Failure(description: "expected a conflict, found \(outcome)")
        }
    }

    /// A snapshot with one data file that need not exist.
    static func snapshotChange(
        _ table: LoadedTable,
        store: any ObjectStore
    ) async throws -> TableChange {
        let produced = try await SnapshotProducer.produce(
            base: table.metadata,
            delta: RowDelta(
                dataFiles: [
                    DataFile(
                        content: .data,
                        path: "\(table.metadata.dataFolder)/\(randomUUIDText()).parquet",
                        recordCount: 3,
                        fileSizeBytes: 300
                    )
                ]
            ),
            store: store,
            fileNamePrefix: "claims",
            newSnapshotID: table.metadata.unusedSnapshotID(),
            nowMilliseconds: table.metadata.lastUpdatedMilliseconds
        )
        return change(table, produced.updates, requirements: produced.requirements)
    }
}
