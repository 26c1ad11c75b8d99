public import Bytes
internal import Codecs
public import Diagnostics

extension TableMetadata {
    /// The metadata file's bytes, not compressed.
    public func serialized() -> [UInt8] { JSONValue.object(json).serialized() }

    /// How the names of the table's metadata files end.
    ///
    /// Source: Iceberg's `write.metadata.compression-codec`.
    public var metadataFileSuffix: String {
        properties["write.metadata.compression-codec"]?.lowercased() == "gzip"
            ? Self.packedFileSuffix : ".metadata.json"
    }

    private static let packedFileSuffix = ".gz.metadata.json"

    /// The bytes of a metadata file, packed with gzip where its name says so.
    public func serialized(forFile location: String) throws(FormatError) -> [UInt8] {
        guard location.hasSuffix(Self.packedFileSuffix) else { return serialized() }
        do throws(CodecError) {
            return try Deflate.compress(serialized(), format: .gzip)
        } catch {
            throw FormatError(file: location, "packing it failed: \(error)")
        }
    }

    /// The metadata as a JSON object, in the layout of its format version.
    ///
    /// Source: Iceberg specification, "Table Metadata Fields".
    public var json: JSONObject {
        var object: JSONObject = [
            "format-version": .integer(Int64(formatVersion)),
            "table-uuid": .string(tableUUID),
            "location": .string(location),
        ]
        if formatVersion >= 2 {
            object.append("last-sequence-number", .integer(lastSequenceNumber))
        }
        object.append("last-updated-ms", .integer(lastUpdatedMilliseconds))
        object.append("last-column-id", .integer(Int64(lastColumnID)))
        if formatVersion == 1 { appendVersionOneMembers(to: &object) }
        object.append("current-schema-id", .integer(Int64(currentSchemaID)))
        object.append("schemas", .array(schemas.map { .object($0.json) }))
        object.append("default-spec-id", .integer(Int64(defaultSpecID)))
        object.append("partition-specs", .array(partitionSpecs.map { .object($0.json) }))
        object.append("last-partition-id", .integer(Int64(lastPartitionID)))
        object.append("default-sort-order-id", .integer(Int64(defaultSortOrderID)))
        object.append("sort-orders", .array(sortOrders.map { .object($0.json) }))
        object.append("properties", .object(JSONObject(sorting: properties)))
        if let currentSnapshotID {
            object.append("current-snapshot-id", .integer(currentSnapshotID))
        }
        if formatVersion >= 3 { object.append("next-row-id", .integer(nextRowID)) }
        if !encryptionKeys.isEmpty {
            object.append("encryption-keys", .array(encryptionKeys.map { .object($0.json) }))
        }
        appendHistory(to: &object)
        object.members.append(contentsOf: otherMembers.members)
        return object
    }

    private func appendHistory(to object: inout JSONObject) {
        object.append("refs", .object(referencesJSON))
        object.append("snapshots", .array(snapshots.map { .object($0.json) }))
        if !statistics.isEmpty {
            object.append("statistics", .array(statistics.map { .object($0.json) }))
        }
        if !partitionStatistics.isEmpty {
            object.append(
                "partition-statistics",
                .array(partitionStatistics.map { .object($0.json) })
            )
        }
        object.append("snapshot-log", .array(snapshotLog.map { .object($0.json) }))
        object.append("metadata-log", .array(metadataLog.map { .object($0.json) }))
    }

    /// What readers of version 1 go by: the current schema and spec once more.
    private func appendVersionOneMembers(to object: inout JSONObject) {
        if let schema = storedSchema(id: currentSchemaID) {
            object.append("schema", .object(schema.json))
        }
        object.append("partition-spec", .array(defaultPartitionSpec?.fieldsJSON ?? []))
    }

    private var referencesJSON: JSONObject {
        var object = JSONObject()
        for (name, reference) in refs.sorted(by: { $0.key < $1.key }) {
            object.append(name, .object(reference.json))
        }
        return object
    }
}
