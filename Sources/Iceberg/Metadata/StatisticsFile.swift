public import Bytes

/// A Puffin file with statistics of one snapshot; informative.
///
/// Source: Iceberg specification, "Table Statistics".
public struct StatisticsFile: Hashable, Sendable {
    /// One statistic of the file.
    public struct Blob: Hashable, Sendable {
        /// As the Puffin specification names it, such as `apache-datasketches-theta-v1`.
        public var type: String
        /// The snapshot it was computed from.
        public var snapshotID: Int64
        public var sequenceNumber: Int64
        public var fieldIDs: [Int32]
        public var properties: [String: String]
        /// Members that this program does not know; written back as they were.
        public var otherMembers: JSONObject

        public init(
            type: String,
            snapshotID: Int64,
            sequenceNumber: Int64,
            fieldIDs: [Int32],
            properties: [String: String] = [:],
            otherMembers: JSONObject = JSONObject()
        ) {
            self.type = type
            self.snapshotID = snapshotID
            self.sequenceNumber = sequenceNumber
            self.fieldIDs = fieldIDs
            self.properties = properties
            self.otherMembers = otherMembers
        }
    }

    /// The snapshot that the file belongs to; it has no other.
    public var snapshotID: Int64
    public var path: String
    public var fileSizeBytes: Int64
    public var footerSizeBytes: Int64
    /// Base64.
    public var keyMetadata: String?
    public var blobs: [Blob]
    /// Members that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        snapshotID: Int64,
        path: String,
        fileSizeBytes: Int64,
        footerSizeBytes: Int64,
        keyMetadata: String? = nil,
        blobs: [Blob],
        otherMembers: JSONObject = JSONObject()
    ) {
        self.snapshotID = snapshotID
        self.path = path
        self.fileSizeBytes = fileSizeBytes
        self.footerSizeBytes = footerSizeBytes
        self.keyMetadata = keyMetadata
        self.blobs = blobs
        self.otherMembers = otherMembers
    }
}

/// A file with statistics of each partition of one snapshot; informative.
///
/// Source: Iceberg specification, "Partition Statistics".
public struct PartitionStatisticsFile: Hashable, Sendable {
    public var snapshotID: Int64
    public var path: String
    public var fileSizeBytes: Int64
    /// Members that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        snapshotID: Int64,
        path: String,
        fileSizeBytes: Int64,
        otherMembers: JSONObject = JSONObject()
    ) {
        self.snapshotID = snapshotID
        self.path = path
        self.fileSizeBytes = fileSizeBytes
        self.otherMembers = otherMembers
    }
}

/// A key of a table that is encrypted; kept for engines that can use it.
///
/// Source: Iceberg specification, "Encryption Keys".
public struct EncryptionKey: Hashable, Sendable {
    public var keyID: String
    /// Base64.
    public var encryptedKeyMetadata: String
    public var encryptedByID: String?
    public var properties: [String: String]
    /// Members that this program does not know; written back as they were.
    public var otherMembers: JSONObject

    public init(
        keyID: String,
        encryptedKeyMetadata: String,
        encryptedByID: String? = nil,
        properties: [String: String] = [:],
        otherMembers: JSONObject = JSONObject()
    ) {
        self.keyID = keyID
        self.encryptedKeyMetadata = encryptedKeyMetadata
        self.encryptedByID = encryptedByID
        self.properties = properties
        self.otherMembers = otherMembers
    }
}
