/// The files that one snapshot adds to a table and takes away from it.
public struct RowDelta: Sendable {
    /// Data files to add; their sequence number is the new snapshot's.
    public var dataFiles: [DataFile]
    /// Position and equality delete files to add.
    public var deleteFiles: [DataFile]
    /// Whether every file that is live in the base goes: a TRUNCATE, or a new initial load.
    public var replacesAllFiles: Bool
    /// Paths of live data and delete files that go; producing fails when one is not live.
    public var removedPaths: Set<String>
    /// Further entries of the snapshot's summary.
    public var summaryProperties: [String: String]
    /// The schema the files were written with; the table's current one when `nil`.
    public var schemaID: Int32?
    /// The operation to record instead of the one that follows from the files: `replace`, for a
    /// rewrite that changes no rows.
    public var operation: SnapshotSummary.Operation?

    public init(
        dataFiles: [DataFile] = [],
        deleteFiles: [DataFile] = [],
        replacesAllFiles: Bool = false,
        removedPaths: Set<String> = [],
        summaryProperties: [String: String] = [:],
        schemaID: Int32? = nil,
        operation: SnapshotSummary.Operation? = nil
    ) {
        self.dataFiles = dataFiles
        self.deleteFiles = deleteFiles
        self.replacesAllFiles = replacesAllFiles
        self.removedPaths = removedPaths
        self.summaryProperties = summaryProperties
        self.schemaID = schemaID
        self.operation = operation
    }
}

/// A snapshot whose manifests are in the store and that waits for its commit.
public struct ProducedSnapshot: Sendable {
    public var snapshot: Snapshot
    /// Add the snapshot, then point `main` at it.
    public var updates: [TableUpdate]
    /// The table is the base's, and `main` is where it was.
    public var requirements: [TableRequirement]
    /// Manifests and the manifest list; delete them when the commit definitely failed.
    public var writtenFiles: [String]

    public init(
        snapshot: Snapshot,
        updates: [TableUpdate],
        requirements: [TableRequirement],
        writtenFiles: [String]
    ) {
        self.snapshot = snapshot
        self.updates = updates
        self.requirements = requirements
        self.writtenFiles = writtenFiles
    }
}
