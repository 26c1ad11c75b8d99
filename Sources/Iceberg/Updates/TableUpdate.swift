public import TableModel

/// One change of a table's metadata, as data; REST catalogs take the same list as JSON.
///
/// Source: Iceberg REST specification, `TableUpdate`.
public enum TableUpdate: Hashable, Sendable {
    case assignUUID(String)
    case upgradeFormatVersion(Int)
    /// Adds a schema; the id it gets is the metadata's choice. An equal one is not added twice.
    case addSchema(Schema)
    /// Makes a schema the current one; `-1` means the one added last.
    case setCurrentSchema(Int32)
    /// Removes schemas, of which none may be the current one.
    case removeSchemas([Int32])
    /// Adds a spec; its fields without an id get one. An equivalent one is not added twice.
    case addPartitionSpec(PartitionSpec)
    /// Makes a spec the default one; `-1` means the one added last.
    case setDefaultSpec(Int32)
    /// Removes specs, of which none may be the default one; no file may have one of them.
    case removePartitionSpecs([Int32])
    /// Adds a sort order; the id it gets is the metadata's choice. An equal one is not added twice.
    case addSortOrder(SortOrder)
    /// Makes a sort order the default one; `-1` means the one added last.
    case setDefaultSortOrder(Int32)
    case addSnapshot(Snapshot)
    case setSnapshotReference(name: String, SnapshotReference)
    case removeSnapshotReference(name: String)
    case removeSnapshots([Int64])
    case setProperties([String: String])
    case removeProperties([String])
    case setLocation(String)
    /// Puts a statistics file in the place of the one that its snapshot has.
    case setStatistics(StatisticsFile)
    case removeStatistics(snapshotID: Int64)
    case setPartitionStatistics(PartitionStatisticsFile)
    case removePartitionStatistics(snapshotID: Int64)
    case addEncryptionKey(EncryptionKey)
    case removeEncryptionKey(keyID: String)

    /// What stands for the schema, spec or sort order that the same list of updates added last.
    public static let lastAdded: Int32 = -1
}

/// What must be true of the table as it is when updates are applied.
///
/// Source: Iceberg REST specification, `TableRequirement`.
public enum TableRequirement: Hashable, Sendable {
    /// The table must not exist.
    case assertCreate
    case assertTableUUID(String)
    /// The branch or tag must point to the snapshot; `nil`: it must not exist.
    case assertReferenceSnapshotID(reference: String, Int64?)
    case assertLastAssignedFieldID(Int32)
    case assertCurrentSchemaID(Int32)
    case assertLastAssignedPartitionID(Int32)
    case assertDefaultSpecID(Int32)
    case assertDefaultSortOrderID(Int32)
}

/// Updates that cannot be applied.
public struct TableUpdateError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The table is not as the requirements expect: somebody else committed first.
        case conflict
        /// The updates make no sense for this table; trying again cannot help.
        case invalid
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
