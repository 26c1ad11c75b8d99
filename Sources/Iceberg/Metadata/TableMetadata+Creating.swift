internal import Bytes
public import TableModel

extension TableMetadata {
    /// The metadata of a new, empty table.
    ///
    /// Field ids count from 1 in the order of the columns, as other engines number them on create,
    /// whatever `schema` says; partition fields count from 1000.
    ///
    /// - Throws: ``TableUpdateError`` `.invalid` for names that occur twice, identifier fields
    ///   that cannot be ones, partition fields without a column, and other format versions.
    public init(
        creating schema: Schema,
        partitionSpec: PartitionSpec? = nil,
        properties: [String: String] = [:],
        location: String,
        tableUUID: String = randomUUIDText(),
        nowMilliseconds: Int64
    ) throws(TableUpdateError) {
        var properties = properties
        formatVersion = try Self.takeFormatVersion(from: &properties)
        try schema.checkUsable(formatVersion: formatVersion)
        let (fresh, newIDs) = schema.renumbered()
        let spec = try Self.renumbering(partitionSpec ?? .unpartitioned, newIDs: newIDs)
        try spec.check(for: fresh)
        self.tableUUID = tableUUID
        self.location = location
        lastSequenceNumber = 0
        lastUpdatedMilliseconds = nowMilliseconds
        lastColumnID = fresh.highestFieldID
        schemas = [StoredSchema(fresh)]
        currentSchemaID = fresh.schemaID
        partitionSpecs = [spec]
        defaultSpecID = spec.specID
        lastPartitionID = PartitionSpec.firstFieldID - 1 + Int32(spec.fields.count)
        sortOrders = [.unsorted]
        defaultSortOrderID = 0
        self.properties = properties
        currentSnapshotID = nil
        snapshots = []
        snapshotLog = []
        metadataLog = []
        refs = [:]
        statistics = []
        partitionStatistics = []
        nextRowID = 0
        encryptionKeys = []
        otherMembers = [:]
    }

    /// The format version that a property asks for, which is none of the table's properties.
    private static func takeFormatVersion(
        from properties: inout [String: String]
    ) throws(TableUpdateError) -> Int {
        guard let wanted = properties.removeValue(forKey: "format-version") else {
            return defaultFormatVersion
        }
        guard let version = Int(wanted), writtenFormatVersions.contains(version) else {
            throw TableUpdateError(
                .invalid,
                "format version \(wanted) was asked for, versions "
                    + "\(writtenFormatVersions.lowerBound) and \(writtenFormatVersions.upperBound) "
                    + "can be written"
            )
        }
        return version
    }

    private static func renumbering(
        _ spec: PartitionSpec,
        newIDs: [Int32: Int32]
    ) throws(TableUpdateError) -> PartitionSpec {
        var fresh = PartitionSpec(specID: 0, fields: spec.fields)
        for index in fresh.fields.indices {
            fresh.fields[index].fieldID = PartitionSpec.firstFieldID + Int32(index)
            fresh.fields[index].sourceIDs = []
            for source in spec.fields[index].sourceIDs {
                guard let newID = newIDs[source] else {
                    throw TableUpdateError(
                        .invalid,
                        "partition field \(spec.fields[index].name) reads column \(source), "
                            + "which is not in the schema"
                    )
                }
                fresh.fields[index].sourceIDs.append(newID)
            }
        }
        return fresh
    }
}
