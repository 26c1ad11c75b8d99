public import Bytes
public import Diagnostics
internal import TableModel

/// Updates and requirements as REST catalogs take them.
///
/// Source: Iceberg REST specification, `TableUpdate` and `TableRequirement`.
extension TableUpdate {
    public var json: JSONObject {
        switch self {
        case .assignUUID(let uuid): ["action": "assign-uuid", "uuid": .string(uuid)]
        case .upgradeFormatVersion(let version):
            ["action": "upgrade-format-version", "format-version": .integer(Int64(version))]
        case .addSchema(let schema):
            ["action": "add-schema", "schema": .object(StoredSchema(schema).json)]
        case .setCurrentSchema(let id):
            ["action": "set-current-schema", "schema-id": .integer(Int64(id))]
        case .addPartitionSpec(let spec): ["action": "add-spec", "spec": .object(spec.json)]
        case .setDefaultSpec(let id):
            ["action": "set-default-spec", "spec-id": .integer(Int64(id))]
        case .addSnapshot(let snapshot):
            ["action": "add-snapshot", "snapshot": .object(snapshot.json)]
        case .setSnapshotReference(let name, let reference):
            JSONObject(
                [
                    .init("action", "set-snapshot-ref"), .init("ref-name", .string(name)),
                ] + reference.json.members
            )
        case .removeSnapshotReference(let name):
            ["action": "remove-snapshot-ref", "ref-name": .string(name)]
        case .removeSnapshots(let ids):
            ["action": "remove-snapshots", "snapshot-ids": .array(ids.map { .integer($0) })]
        case .setProperties(let changes):
            ["action": "set-properties", "updates": .object(Self.json(changes))]
        case .removeProperties(let names):
            ["action": "remove-properties", "removals": .array(names.map { .string($0) })]
        case .setLocation(let location):
            ["action": "set-location", "location": .string(location)]
        case .removeSchemas(let ids):
            ["action": "remove-schemas", "schema-ids": Self.json(ids)]
        case .removePartitionSpecs(let ids):
            ["action": "remove-partition-specs", "spec-ids": Self.json(ids)]
        case .addSortOrder(let order):
            ["action": "add-sort-order", "sort-order": .object(order.json)]
        case .setDefaultSortOrder(let id):
            ["action": "set-default-sort-order", "sort-order-id": .integer(Int64(id))]
        case .setStatistics(let file):
            // The id stands twice for servers of before it moved into the file.
            [
                "action": "set-statistics", "snapshot-id": .integer(file.snapshotID),
                "statistics": .object(file.json),
            ]
        case .removeStatistics(let id):
            ["action": "remove-statistics", "snapshot-id": .integer(id)]
        case .setPartitionStatistics(let file):
            ["action": "set-partition-statistics", "partition-statistics": .object(file.json)]
        case .removePartitionStatistics(let id):
            ["action": "remove-partition-statistics", "snapshot-id": .integer(id)]
        case .addEncryptionKey(let key):
            ["action": "add-encryption-key", "encryption-key": .object(key.json)]
        case .removeEncryptionKey(let id):
            ["action": "remove-encryption-key", "key-id": .string(id)]
        }
    }

    private static func json(_ ids: [Int32]) -> JSONValue {
        .array(ids.map { .integer(Int64($0)) })
    }

    private static func json(_ properties: [String: String]) -> JSONObject {
        JSONObject(properties.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
    }
}

extension TableRequirement {
    public var json: JSONObject {
        switch self {
        case .assertCreate: ["type": "assert-create"]
        case .assertTableUUID(let uuid): ["type": "assert-table-uuid", "uuid": .string(uuid)]
        case .assertReferenceSnapshotID(let name, let id):
            [
                "type": "assert-ref-snapshot-id", "ref": .string(name),
                "snapshot-id": id.map { .integer($0) } ?? .null,
            ]
        case .assertLastAssignedFieldID(let id):
            Self.json("assert-last-assigned-field-id", "last-assigned-field-id", id)
        case .assertCurrentSchemaID(let id):
            Self.json("assert-current-schema-id", "current-schema-id", id)
        case .assertLastAssignedPartitionID(let id):
            Self.json("assert-last-assigned-partition-id", "last-assigned-partition-id", id)
        case .assertDefaultSpecID(let id):
            Self.json("assert-default-spec-id", "default-spec-id", id)
        case .assertDefaultSortOrderID(let id):
            Self.json("assert-default-sort-order-id", "default-sort-order-id", id)
        }
    }

    private static func json(_ type: String, _ member: String, _ id: Int32) -> JSONObject {
        JSONObject([.init("type", .string(type)), .init(member, .integer(Int64(id)))])
    }
}

extension TableUpdate {
    /// Reads one update; `nil` for an action that this program does not know.
    ///
    /// - Throws: ``FormatError`` naming `file`, which says where the update came from.
    public init?(json: JSONObject, file: String) throws(FormatError) {
        let reader = JSONMembers(json, file: file, path: "update")
        switch try reader.string("action") {
        case "assign-uuid": self = .assignUUID(try reader.string("uuid"))
        case "upgrade-format-version":
            self = .upgradeFormatVersion(Int(try reader.int32("format-version")))
        case "add-schema":
            let schema = try reader.requiredObject("schema")
            let stored = StoredSchema(
                schemaID: try schema.optionalInt32("schema-id") ?? 0,
                json: schema.object
            )
            self = .addSchema(try stored.schema(file: file))
        case "set-current-schema": self = .setCurrentSchema(try reader.int32("schema-id"))
        case "add-spec":
            self = .addPartitionSpec(try PartitionSpec(unbound: reader.requiredObject("spec")))
        case "set-default-spec": self = .setDefaultSpec(try reader.int32("spec-id"))
        case "add-snapshot": self = .addSnapshot(try Snapshot(reader.requiredObject("snapshot")))
        case "set-snapshot-ref":
            self = .setSnapshotReference(
                name: try reader.string("ref-name"),
                try SnapshotReference(reader, known: ["action", "ref-name"])
            )
        case "remove-snapshot-ref":
            self = .removeSnapshotReference(name: try reader.string("ref-name"))
        case "remove-snapshots":
            self = .removeSnapshots(try reader.optionalInt64s("snapshot-ids") ?? [])
        case "set-properties":
            self = .setProperties(try reader.optionalStringMap("updates") ?? [:])
        case "remove-properties":
            self = .removeProperties(try reader.optionalStrings("removals") ?? [])
        case "set-location": self = .setLocation(try reader.string("location"))
        case "remove-schemas": self = .removeSchemas(try reader.int32s("schema-ids"))
        case "remove-partition-specs":
            self = .removePartitionSpecs(try reader.int32s("spec-ids"))
        case "add-sort-order":
            self = .addSortOrder(try SortOrder(reader.requiredObject("sort-order")))
        case "set-default-sort-order":
            self = .setDefaultSortOrder(try reader.int32("sort-order-id"))
        case "set-statistics":
            self = .setStatistics(try StatisticsFile(reader.requiredObject("statistics")))
        case "remove-statistics":
            self = .removeStatistics(snapshotID: try reader.int64("snapshot-id"))
        case "set-partition-statistics":
            self = .setPartitionStatistics(
                try PartitionStatisticsFile(reader.requiredObject("partition-statistics"))
            )
        case "remove-partition-statistics":
            self = .removePartitionStatistics(snapshotID: try reader.int64("snapshot-id"))
        case "add-encryption-key":
            self = .addEncryptionKey(try EncryptionKey(reader.requiredObject("encryption-key")))
        case "remove-encryption-key":
            self = .removeEncryptionKey(keyID: try reader.string("key-id"))
        default: return nil
        }
    }
}

extension TableRequirement {
    /// Reads one requirement; `nil` for a type that this program does not know.
    ///
    /// - Throws: ``FormatError`` naming `file`, which says where the requirement came from.
    public init?(json: JSONObject, file: String) throws(FormatError) {
        let reader = JSONMembers(json, file: file, path: "requirement")
        switch try reader.string("type") {
        case "assert-create": self = .assertCreate
        case "assert-table-uuid": self = .assertTableUUID(try reader.string("uuid"))
        case "assert-ref-snapshot-id":
            self = .assertReferenceSnapshotID(
                reference: try reader.string("ref"),
                try reader.optionalInt64("snapshot-id")
            )
        case "assert-last-assigned-field-id":
            self = .assertLastAssignedFieldID(try reader.int32("last-assigned-field-id"))
        case "assert-current-schema-id":
            self = .assertCurrentSchemaID(try reader.int32("current-schema-id"))
        case "assert-last-assigned-partition-id":
            self = .assertLastAssignedPartitionID(
                try reader.int32("last-assigned-partition-id")
            )
        case "assert-default-spec-id":
            self = .assertDefaultSpecID(try reader.int32("default-spec-id"))
        case "assert-default-sort-order-id":
            self = .assertDefaultSortOrderID(try reader.int32("default-sort-order-id"))
        default: return nil
        }
    }
}
