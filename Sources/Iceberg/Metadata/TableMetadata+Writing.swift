public import Bytes

extension TableMetadata {
    /// The sort order that every table must have: none.
    static let unsortedOrder: JSONValue = ["order-id": 0, "fields": []]

    /// The metadata file's bytes, in the layout of format version 2.
    public func serialized() -> [UInt8] { JSONValue.object(json).serialized() }

    /// The metadata as a JSON object, in the layout of format version 2.
    public var json: JSONObject {
        var object: JSONObject = [
            "format-version": .integer(Int64(formatVersion)),
            "table-uuid": .string(tableUUID),
            "location": .string(location),
            "last-sequence-number": .integer(lastSequenceNumber),
            "last-updated-ms": .integer(lastUpdatedMilliseconds),
            "last-column-id": .integer(Int64(lastColumnID)),
            "current-schema-id": .integer(Int64(currentSchemaID)),
            "schemas": .array(schemas.map { .object($0.json) }),
            "default-spec-id": .integer(Int64(defaultSpecID)),
            "partition-specs": .array(partitionSpecs.map { .object($0.json) }),
            "last-partition-id": .integer(Int64(lastPartitionID)),
            "default-sort-order-id": .integer(Int64(defaultSortOrderID)),
            "sort-orders": .array(sortOrders),
            "properties": .object(JSONObject(sorting: properties)),
        ]
        if let currentSnapshotID {
            object.append("current-snapshot-id", .integer(currentSnapshotID))
        }
        object.append("refs", .object(referencesJSON))
        object.append("snapshots", .array(snapshots.map { .object($0.json) }))
        object.append(
            "snapshot-log",
            .array(
                snapshotLog.map { entry in
                    [
                        "timestamp-ms": .integer(entry.timestampMilliseconds),
                        "snapshot-id": .integer(entry.snapshotID),
                    ]
                }
            )
        )
        object.append(
            "metadata-log",
            .array(
                metadataLog.map { entry in
                    [
                        "timestamp-ms": .integer(entry.timestampMilliseconds),
                        "metadata-file": .string(entry.metadataFile),
                    ]
                }
            )
        )
        object.members.append(contentsOf: otherMembers.members)
        return object
    }

    private var referencesJSON: JSONObject {
        var object = JSONObject()
        for (name, reference) in refs.sorted(by: { $0.key < $1.key }) {
            object.append(name, .object(reference.json))
        }
        return object
    }
}

extension JSONObject {
    /// An object of strings, in the order of their names, so that equal maps give equal bytes.
    init(sorting map: [String: String]) {
        self.init(map.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
    }
}

extension SnapshotReference {
    var json: JSONObject {
        var object: JSONObject = [
            "snapshot-id": .integer(snapshotID),
            "type": .string(kind.rawValue),
        ]
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension PartitionSpec {
    var json: JSONObject {
        ["spec-id": .integer(Int64(specID)), "fields": .array(fieldsJSON)]
    }

    /// The fields only, as manifests carry them.
    var fieldsJSON: [JSONValue] {
        fields.map { field in
            var object = JSONObject()
            if field.sourceIDs.count == 1, let source = field.sourceIDs.first {
                object.append("source-id", .integer(Int64(source)))
            } else {
                object.append("source-ids", .array(field.sourceIDs.map { .integer(Int64($0)) }))
            }
            object.append("field-id", .integer(Int64(field.fieldID)))
            object.append("name", .string(field.name))
            object.append("transform", .string(field.transform))
            return .object(object)
        }
    }
}

extension Snapshot {
    /// The snapshot as table metadata and REST requests carry it.
    public var json: JSONObject {
        var object: JSONObject = ["snapshot-id": .integer(snapshotID)]
        if let parentSnapshotID {
            object.append("parent-snapshot-id", .integer(parentSnapshotID))
        }
        object.append("sequence-number", .integer(sequenceNumber))
        object.append("timestamp-ms", .integer(timestampMilliseconds))
        var summaryJSON = JSONObject(sorting: summary.properties)
        summaryJSON.members.insert(.init("operation", .string(summary.operationName)), at: 0)
        object.append("summary", .object(summaryJSON))
        if let manifestList {
            object.append("manifest-list", .string(manifestList))
        } else {
            object.append("manifests", .array(manifests.map { .string($0) }))
        }
        if let schemaID { object.append("schema-id", .integer(Int64(schemaID))) }
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}
