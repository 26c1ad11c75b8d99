/// A file of a manifest and what happened to it.
///
/// Source: Iceberg specification, "Manifests", `manifest_entry`, and "Sequence Number Inheritance".
public struct ManifestEntry: Hashable, Sendable {
    public enum Status: Int32, Sendable {
        case existing = 0
        case added = 1
        case deleted = 2
    }

    public var status: Status
    /// The snapshot that added the file, or that deleted it.
    public var snapshotID: Int64?
    /// Orders the file's rows against deletes; `nil` only before it is inherited from the list.
    public var dataSequenceNumber: Int64?
    /// When the file was added; informative.
    public var fileSequenceNumber: Int64?
    public var file: DataFile

    public init(
        status: Status,
        snapshotID: Int64?,
        dataSequenceNumber: Int64?,
        fileSequenceNumber: Int64?,
        file: DataFile
    ) {
        self.status = status
        self.snapshotID = snapshotID
        self.dataSequenceNumber = dataSequenceNumber
        self.fileSequenceNumber = fileSequenceNumber
        self.file = file
    }

    /// Whether the file belongs to the snapshot.
    public var isLive: Bool { status != .deleted }
}
