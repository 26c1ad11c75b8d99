public import Iceberg
public import TableModel

/// A table as the catalog knew it when it was asked.
public struct LoadedTable: Sendable {
    public var identifier: TableIdentifier
    public var metadata: TableMetadata
    public var metadataLocation: String

    public init(
        identifier: TableIdentifier,
        metadata: TableMetadata,
        metadataLocation: String
    ) {
        self.identifier = identifier
        self.metadata = metadata
        self.metadataLocation = metadataLocation
    }
}

/// What one commit does to one table.
public struct TableChange: Sendable {
    public var identifier: TableIdentifier
    /// The table as the updates were made for; the catalog checks the requirements anew.
    public var base: LoadedTable
    public var requirements: [TableRequirement]
    public var updates: [TableUpdate]

    public init(
        identifier: TableIdentifier,
        base: LoadedTable,
        requirements: [TableRequirement],
        updates: [TableUpdate]
    ) {
        self.identifier = identifier
        self.base = base
        self.requirements = requirements
        self.updates = updates
    }
}

/// How a commit ended.
public enum CommitOutcome: Sendable {
    /// Every table changed; in the order of the changes.
    case committed([LoadedTable])
    /// No table changed, because one is no longer as required: load again, and decide anew.
    case conflict(String)
    /// Nobody knows yet: load the tables and look for the snapshots. Delete no file.
    case unknown(String)
}

/// Names tables and moves them from one metadata file to the next, atomically.
public protocol Catalog: Sendable {
    /// Whether ``commit(_:)`` changes several tables in one step that readers see whole.
    var commitsTablesTogether: Bool { get }

    /// The table as it is now; `nil` when there is none.
    func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable?

    /// Makes sure that a namespace exists; one that is there already is no error.
    func createNamespace(_ namespace: [String]) async throws

    func listNamespaces() async throws -> [[String]]

    func listTables(in namespace: [String]) async throws -> [TableIdentifier]

    /// Creates an empty table.
    ///
    /// Field ids of `schema` are numbered anew; the returned metadata's ids are the truth.
    ///
    /// - `partitionSpec`: Its source ids are those of `schema`; unpartitioned when `nil`.
    /// - `location`: Where the table's files go; the catalog chooses when `nil`.
    /// - Throws: ``CatalogError`` `.alreadyExists` or, for a missing namespace, `.notFound`.
    func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable

    /// Forgets a table; its files stay.
    ///
    /// - Throws: ``CatalogError`` `.notFound`.
    func dropTable(_ identifier: TableIdentifier) async throws

    /// Gives a table another name; its files stay where they are.
    ///
    /// - Throws: ``CatalogError`` `.notFound` or `.alreadyExists`.
    func renameTable(_ identifier: TableIdentifier, to newIdentifier: TableIdentifier) async throws

    /// Applies all changes or none.
    ///
    /// - Throws: ``CatalogError`` when nothing was changed for a reason other than a conflict.
    func commit(_ changes: [TableChange]) async throws -> CommitOutcome
}

extension Catalog {
    /// Creates an empty, unpartitioned table where the catalog likes.
    public func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        properties: [String: String] = [:]
    ) async throws -> LoadedTable {
        try await createTable(
            identifier,
            schema: schema,
            partitionSpec: nil,
            properties: properties,
            location: nil
        )
    }
}
