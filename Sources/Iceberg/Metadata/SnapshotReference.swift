public import Bytes

/// A branch or a tag, and how long it and its snapshots are kept.
///
/// Source: Iceberg specification, "Snapshot References" and "Snapshot Retention Policy".
public struct SnapshotReference: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case branch
        case tag
    }

    public static let main = "main"

    public var snapshotID: Int64
    public var kind: Kind
    /// Of branches only; the table's property where absent.
    public var minSnapshotsToKeep: Int32?
    /// Of branches only; the table's property where absent.
    public var maxSnapshotAgeMilliseconds: Int64?
    /// Not of `main`, which is kept for ever; the table's property where absent.
    public var maxReferenceAgeMilliseconds: Int64?
    /// Members unknown to this program; written back as they were.
    public var otherMembers: JSONObject

    public init(
        snapshotID: Int64,
        kind: Kind,
        minSnapshotsToKeep: Int32? = nil,
        maxSnapshotAgeMilliseconds: Int64? = nil,
        maxReferenceAgeMilliseconds: Int64? = nil,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.snapshotID = snapshotID
        self.kind = kind
        self.minSnapshotsToKeep = minSnapshotsToKeep
        self.maxSnapshotAgeMilliseconds = maxSnapshotAgeMilliseconds
        self.maxReferenceAgeMilliseconds = maxReferenceAgeMilliseconds
        self.otherMembers = otherMembers
    }

    /// The same branch or tag at another snapshot, with its retention settings.
    public func moved(to snapshotID: Int64) -> SnapshotReference {
        var moved = self
        moved.snapshotID = snapshotID
        return moved
    }
}

/// When a snapshot became the current one.
public struct SnapshotLogEntry: Hashable, Sendable {
    public var snapshotID: Int64
    public var timestampMilliseconds: Int64
    public var otherMembers: JSONObject

    public init(
        snapshotID: Int64,
        timestampMilliseconds: Int64,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.snapshotID = snapshotID
        self.timestampMilliseconds = timestampMilliseconds
        self.otherMembers = otherMembers
    }
}

/// A metadata file that was once the current one.
public struct MetadataLogEntry: Hashable, Sendable {
    public var metadataFile: String
    public var timestampMilliseconds: Int64
    public var otherMembers: JSONObject

    public init(
        metadataFile: String,
        timestampMilliseconds: Int64,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.metadataFile = metadataFile
        self.timestampMilliseconds = timestampMilliseconds
        self.otherMembers = otherMembers
    }
}
