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
        let wanted = properties.removeValue(forKey: "format-version")
        guard wanted == nil || wanted == String(Self.writtenFormatVersion) else {
            throw TableUpdateError(
                .invalid,
                "format version \(wanted ?? "") was asked for, "
                    + "version \(Self.writtenFormatVersion) is what can be written"
            )
        }
        let (fresh, newIDs) = try Self.renumbering(schema)
        try fresh.checkUsable()
        let spec = try Self.renumbering(partitionSpec ?? .unpartitioned, newIDs: newIDs)
        formatVersion = Self.writtenFormatVersion
        self.tableUUID = tableUUID
        self.location = location
        lastSequenceNumber = 0
        lastUpdatedMilliseconds = nowMilliseconds
        lastColumnID = Int32(fresh.fields.count)
        schemas = [StoredSchema(fresh)]
        currentSchemaID = fresh.schemaID
        partitionSpecs = [spec]
        defaultSpecID = spec.specID
        lastPartitionID = PartitionSpec.firstFieldID - 1 + Int32(spec.fields.count)
        sortOrders = [Self.unsortedOrder]
        defaultSortOrderID = 0
        self.properties = properties
        currentSnapshotID = nil
        snapshots = []
        snapshotLog = []
        metadataLog = []
        refs = [:]
        otherMembers = [:]
    }

    private static func renumbering(
        _ schema: Schema
    ) throws(TableUpdateError) -> (Schema, newIDs: [Int32: Int32]) {
        var fresh = schema
        var newIDs: [Int32: Int32] = [:]
        fresh.schemaID = 0
        for index in fresh.fields.indices {
            let id = Int32(index + 1)
            guard newIDs.updateValue(id, forKey: fresh.fields[index].id) == nil else {
                throw TableUpdateError(
                    .invalid,
                    "two columns have the field id \(fresh.fields[index].id)"
                )
            }
            fresh.fields[index].id = id
        }
        fresh.identifierFieldIDs = []
        for id in schema.identifierFieldIDs {
            guard let newID = newIDs[id] else {
                throw TableUpdateError(.invalid, "identifier field \(id) is no column")
            }
            fresh.identifierFieldIDs.append(newID)
        }
        return (fresh, newIDs)
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

extension Schema {
    /// Ids above this one are reserved for metadata columns.
    static let fieldIDMax: Int32 = 2_147_483_447

    /// Checks what every reader relies on.
    func checkUsable() throws(TableUpdateError) {
        var names: Set<String> = []
        var ids: Set<Int32> = []
        for field in fields {
            guard names.insert(field.name).inserted else {
                throw TableUpdateError(.invalid, "two columns have the name \(field.name)")
            }
            guard ids.insert(field.id).inserted else {
                throw TableUpdateError(.invalid, "two columns have the field id \(field.id)")
            }
            guard field.id >= 1, field.id <= Self.fieldIDMax else {
                throw TableUpdateError(
                    .invalid,
                    "column \(field.name) has the field id \(field.id), "
                        + "expected 1 to \(Self.fieldIDMax)"
                )
            }
        }
        for id in identifierFieldIDs {
            guard let field = field(id: id) else {
                throw TableUpdateError(.invalid, "identifier field \(id) is no column")
            }
            guard field.isRequired, field.type.isIdentifierType else {
                throw TableUpdateError(
                    .invalid,
                    "column \(field.name) (\(field.type)) cannot be an identifier field: "
                        + "it must be required, and neither float nor double"
                )
            }
        }
    }
}
