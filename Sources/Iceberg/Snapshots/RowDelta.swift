/// The files that one snapshot adds to a table and takes away from it.
public struct RowDelta: Sendable {
    /// Data files to add.
    public var dataFiles: [DataFile]
    /// Position and equality delete files and deletion vectors to add; their sequence number is
    /// the new snapshot's.
    public var deleteFiles: [DataFile]
    /// How old the rows of `dataFiles` are, after a rewrite: older deletes no longer apply to them,
    /// later ones do.
    ///
    /// `nil` where they are as new as the snapshot.
    public var dataSequenceNumber: Int64?
    /// Whether every file that is live in the base goes: a TRUNCATE, or a new initial load.
    public var replacesAllFiles: Bool
    /// Partitions of which every file that is live in the base goes; files and deletes that others
    /// added there since the basis are a conflict.
    public var replacedPartitions: Set<Partition>
    /// Paths of live data and delete files that go; producing fails when one is not live.
    public var removedPaths: Set<String>
    /// Paths of live delete files that go, as ``removedPaths``; data files are not searched for them.
    public var removedDeletePaths: Set<String> = []
    /// Live deletion vectors that go; producing fails when one is not live.
    ///
    /// A vector replaces the one that its data file had, which must be among these.
    public var removedVectors: Set<FileKey>
    /// Manifests that what goes was last seen in, see ``LiveFile/manifestPath``: they are searched
    /// first, the others only for what is not found.
    public var likelyManifests: Set<String>
    /// Further entries of the snapshot's summary.
    public var summaryProperties: [String: String]
    /// The schema the files were written with; the table's current one when `nil`.
    public var schemaID: Int32?
    /// The operation to record instead of the one that follows from the files: `replace`, for a
    /// rewrite that changes no rows.
    public var operation: SnapshotSummary.Operation?
    /// The branch that the snapshot is added to.
    public var branch: String
    /// The state of the branch that the delta was computed from.
    public var basis: Basis

    /// What is known of the table that a delta was made for.
    public enum Basis: Hashable, Sendable {
        /// Nothing: a deletion vector is only added after all delete manifests were read.
        case unknown
        /// The branch's snapshot; `nil` while it had none. Snapshots of others since then are
        /// looked through for conflicts.
        case snapshot(Int64?)
    }

    public init(
        dataFiles: [DataFile] = [],
        deleteFiles: [DataFile] = [],
        dataSequenceNumber: Int64? = nil,
        replacesAllFiles: Bool = false,
        replacedPartitions: Set<Partition> = [],
        removedPaths: Set<String> = [],
        removedVectors: Set<FileKey> = [],
        likelyManifests: Set<String> = [],
        summaryProperties: [String: String] = [:],
        schemaID: Int32? = nil,
        operation: SnapshotSummary.Operation? = nil,
        branch: String = SnapshotReference.main,
        basis: Basis = .unknown
    ) {
        self.dataFiles = dataFiles
        self.deleteFiles = deleteFiles
        self.dataSequenceNumber = dataSequenceNumber
        self.replacesAllFiles = replacesAllFiles
        self.replacedPartitions = replacedPartitions
        self.removedPaths = removedPaths
        self.removedVectors = removedVectors
        self.likelyManifests = likelyManifests
        self.summaryProperties = summaryProperties
        self.schemaID = schemaID
        self.operation = operation
        self.branch = branch
        self.basis = basis
    }

    /// Whether a snapshot of the delta would differ from its parent.
    public var changesFiles: Bool {
        !dataFiles.isEmpty || !deleteFiles.isEmpty || removesFiles
    }

    /// Whether files go.
    public var removesFiles: Bool {
        replacesAllFiles || !replacedPartitions.isEmpty || !removedPaths.isEmpty
            || !removedDeletePaths.isEmpty || !removedVectors.isEmpty
    }

    /// Files that are named to go.
    var removedFileCount: Int {
        removedPaths.count + removedDeletePaths.count + removedVectors.count
    }
}

/// A snapshot whose manifests are in the store and that waits for its commit.
public struct ProducedSnapshot: Sendable {
    public var snapshot: Snapshot
    /// Add the snapshot, then point the branch at it.
    public var updates: [TableUpdate]
    /// The table is the base's, and the branch is where it was.
    public var requirements: [TableRequirement]
    /// Manifests and manifest lists, of earlier attempts too; delete them when the commit
    /// definitely failed and is not tried again.
    public var writtenFiles: [String]
    /// Those of ``writtenFiles`` that are of no use once this snapshot is committed.
    public var unusedFiles: [String]

    public init(
        snapshot: Snapshot,
        updates: [TableUpdate],
        requirements: [TableRequirement],
        writtenFiles: [String],
        unusedFiles: [String] = []
    ) {
        self.snapshot = snapshot
        self.updates = updates
        self.requirements = requirements
        self.writtenFiles = writtenFiles
        self.unusedFiles = unusedFiles
    }
}
