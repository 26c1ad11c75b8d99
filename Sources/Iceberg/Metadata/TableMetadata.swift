public import Bytes
public import Diagnostics
public import TableModel

/// Everything a catalog knows about a table, as its current metadata file says it.
///
/// Schemas stay JSON until somebody asks: a foreign table may hold columns of types that this
/// program does not know, and must not lose them by being committed to.
///
/// Source: Iceberg specification, "Table Metadata Fields".
public struct TableMetadata: Hashable, Sendable {
    public var formatVersion: Int
    public var tableUUID: String
    public var location: String
    public var lastSequenceNumber: Int64
    public var lastUpdatedMilliseconds: Int64
    public var lastColumnID: Int32
    public var schemas: [StoredSchema]
    public var currentSchemaID: Int32
    public var partitionSpecs: [PartitionSpec]
    public var defaultSpecID: Int32
    public var lastPartitionID: Int32
    public var sortOrders: [SortOrder]
    public var defaultSortOrderID: Int32
    public var properties: [String: String]
    public var currentSnapshotID: Int64?
    public var snapshots: [Snapshot]
    public var snapshotLog: [SnapshotLogEntry]
    public var metadataLog: [MetadataLogEntry]
    public var refs: [String: SnapshotReference]
    public var statistics: [StatisticsFile]
    public var partitionStatistics: [PartitionStatisticsFile]
    /// Above every row id given out so far; 0 before format version 3.
    public var nextRowID: Int64
    public var encryptionKeys: [EncryptionKey]
    /// Members of the JSON object that this program does not know.
    public var otherMembers: JSONObject

    /// The format versions that this program reads.
    public static let readFormatVersions = 1...3
    /// The format versions that this program writes; tables of others are to be upgraded first.
    public static let writtenFormatVersions = 2...3
    /// The format version of new tables that ask for none.
    public static let defaultFormatVersion = 2

    /// Whether rows have ids, and deletes by position are vectors.
    public var hasRowLineage: Bool { formatVersion >= 3 }

    public var currentSnapshot: Snapshot? {
        currentSnapshotID.flatMap { snapshot(id: $0) }
    }

    public func snapshot(id: Int64) -> Snapshot? {
        // The one asked for is nearly always among the newest.
        snapshots.last { $0.snapshotID == id }
    }

    public func partitionSpec(id: Int32) -> PartitionSpec? {
        partitionSpecs.first { $0.specID == id }
    }

    public var defaultPartitionSpec: PartitionSpec? { partitionSpec(id: defaultSpecID) }

    /// The sort order with this id; every table has the unsorted one.
    public func sortOrder(id: Int32) -> SortOrder? {
        sortOrders.first { $0.orderID == id } ?? (id == 0 ? .unsorted : nil)
    }

    public func storedSchema(id: Int32) -> StoredSchema? { schemas.first { $0.schemaID == id } }

    /// The table's columns as they are now.
    ///
    /// - Throws: ``FormatError`` naming the column when its type is unknown.
    public func currentSchema() throws(FormatError) -> Schema {
        try schema(id: currentSchemaID)
    }

    /// The table's columns as a schema id names them.
    ///
    /// - Throws: ``FormatError`` when there is no such schema, or naming the column when its type
    ///   is unknown.
    public func schema(id: Int32) throws(FormatError) -> Schema {
        guard let stored = storedSchema(id: id) else {
            throw FormatError(
                file: "metadata of \(location)",
                "no schema has the id \(id), the table has \(schemas.count) schemas"
            )
        }
        return try stored.schema(file: "metadata of \(location)")
    }

    /// The ids of a snapshot and its ancestors that are still known, newest first.
    ///
    /// - `snapshotID`: The current snapshot when `nil`.
    public func ancestorSnapshotIDs(of snapshotID: Int64? = nil) -> [Int64] {
        let parents = Dictionary(
            snapshots.map { ($0.snapshotID, $0.parentSnapshotID) },
            uniquingKeysWith: { first, _ in first }
        )
        var ids: [Int64] = []
        var next = snapshotID ?? currentSnapshotID
        // A cycle can only come from a corrupt file; the count bounds the walk.
        while let id = next, let parent = parents[id], ids.count < snapshots.count {
            ids.append(id)
            next = parent
        }
        return ids
    }
}
