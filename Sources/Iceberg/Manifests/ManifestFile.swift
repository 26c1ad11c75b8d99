/// Bounds of one partition field over the files of a manifest.
public struct PartitionFieldSummary: Hashable, Sendable {
    public var containsNull: Bool
    public var containsNaN: Bool?
    public var lowerBound: [UInt8]?
    public var upperBound: [UInt8]?

    public init(
        containsNull: Bool,
        containsNaN: Bool?,
        lowerBound: [UInt8]?,
        upperBound: [UInt8]?
    ) {
        self.containsNull = containsNull
        self.containsNaN = containsNaN
        self.lowerBound = lowerBound
        self.upperBound = upperBound
    }
}

/// Files and rows of one status in a manifest.
public struct ManifestCounts: Hashable, Sendable {
    public var files: Int32
    public var rows: Int64

    public init(files: Int32 = 0, rows: Int64 = 0) {
        self.files = files
        self.rows = rows
    }
}

/// A manifest as a manifest list describes it.
///
/// Source: Iceberg specification, "Manifest Lists", `manifest_file`.
public struct ManifestFile: Hashable, Sendable {
    public enum Content: Int32, Sendable {
        case data = 0
        case deletes = 1
    }

    public var path: String
    public var lengthBytes: Int64
    public var specID: Int32
    public var content: Content
    /// What entries without a number of their own inherit.
    public var sequenceNumber: Int64
    /// The smallest data sequence number of a live entry.
    public var minSequenceNumber: Int64
    public var addedSnapshotID: Int64
    /// Counts by status; `nil` where a V1 list left them out.
    public var added: ManifestCounts?
    public var existing: ManifestCounts?
    public var deleted: ManifestCounts?
    /// One summary per partition field, or `nil` where nobody computed them.
    public var partitions: [PartitionFieldSummary]?
    public var keyMetadata: [UInt8]?
    /// The first row id of data files without one; `nil` for deletes, and until one is assigned.
    public var firstRowID: Int64?

    public init(
        path: String,
        lengthBytes: Int64,
        specID: Int32,
        content: Content,
        sequenceNumber: Int64,
        minSequenceNumber: Int64,
        addedSnapshotID: Int64,
        added: ManifestCounts?,
        existing: ManifestCounts?,
        deleted: ManifestCounts?,
        partitions: [PartitionFieldSummary]?,
        keyMetadata: [UInt8]? = nil,
        firstRowID: Int64? = nil
    ) {
        self.path = path
        self.lengthBytes = lengthBytes
        self.specID = specID
        self.content = content
        self.sequenceNumber = sequenceNumber
        self.minSequenceNumber = minSequenceNumber
        self.addedSnapshotID = addedSnapshotID
        self.added = added
        self.existing = existing
        self.deleted = deleted
        self.partitions = partitions
        self.keyMetadata = keyMetadata
        self.firstRowID = firstRowID
    }

    /// Whether a live file may be in it; unknown counts mean yes.
    public var mayHoldLiveFiles: Bool {
        guard let added, let existing else { return true }
        return added.files > 0 || existing.files > 0
    }
}
