public import Bytes

/// What a snapshot did, and the table's totals after it; all values are text.
///
/// Source: Iceberg specification, "Snapshots" and appendix F, "Snapshot Summary".
public struct SnapshotSummary: Hashable, Sendable {
    public enum Operation: String, Sendable {
        case append
        case delete
        case overwrite
        case replace
    }

    /// The operation's name; a foreign engine's may be none of ours.
    public var operationName: String
    /// Everything but the operation.
    public var properties: [String: String]

    public init(operation: Operation, properties: [String: String] = [:]) {
        self.operationName = operation.rawValue
        self.properties = properties
    }

    public init(operationName: String, properties: [String: String]) {
        self.operationName = operationName
        self.properties = properties
    }

    public var operation: Operation? { Operation(rawValue: operationName) }

    public subscript(name: String) -> String? {
        get { properties[name] }
        set { properties[name] = newValue }
    }
}

/// The state of a table at one time: the list of its manifests.
public struct Snapshot: Hashable, Sendable {
    public var snapshotID: Int64
    public var parentSnapshotID: Int64?
    public var sequenceNumber: Int64
    public var timestampMilliseconds: Int64
    public var summary: SnapshotSummary
    /// The location of the manifest list; absent only in V1 tables that list `manifests` inline.
    public var manifestList: String?
    /// Manifest locations of a V1 snapshot without a list.
    public var manifests: [String]
    public var schemaID: Int32?
    /// The first row id that the snapshot gave out; absent before format version 3.
    public var firstRowID: Int64?
    /// Row ids the snapshot set aside from ``firstRowID`` on; absent before format version 3.
    public var addedRows: Int64?
    /// The key that encrypts the manifest list's key.
    public var keyID: String?
    /// Members of the JSON object that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        snapshotID: Int64,
        parentSnapshotID: Int64?,
        sequenceNumber: Int64,
        timestampMilliseconds: Int64,
        summary: SnapshotSummary,
        manifestList: String?,
        manifests: [String] = [],
        schemaID: Int32?,
        firstRowID: Int64? = nil,
        addedRows: Int64? = nil,
        keyID: String? = nil,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.snapshotID = snapshotID
        self.parentSnapshotID = parentSnapshotID
        self.sequenceNumber = sequenceNumber
        self.timestampMilliseconds = timestampMilliseconds
        self.summary = summary
        self.manifestList = manifestList
        self.manifests = manifests
        self.schemaID = schemaID
        self.firstRowID = firstRowID
        self.addedRows = addedRows
        self.keyID = keyID
        self.otherMembers = otherMembers
    }
}
