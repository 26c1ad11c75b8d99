public import Bytes
internal import Codecs
public import Diagnostics

extension TableMetadata {
    /// Members that this type models; all others are kept as they are.
    static let knownMembers: Set<String> = [
        "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms",
        "last-column-id", "schema", "schemas", "current-schema-id", "partition-spec",
        "partition-specs", "default-spec-id", "last-partition-id", "sort-orders",
        "default-sort-order-id", "properties", "current-snapshot-id", "snapshots", "snapshot-log",
        "metadata-log", "refs",
    ]

    /// Reads a metadata file of format version 1 or 2.
    ///
    /// - `file`: The file's location, for messages.
    /// - Throws: ``FormatError`` for text that is no JSON, members that are missing or of a wrong
    ///   kind, ids that point nowhere, and format versions that are not supported.
    public init(parsing bytes: [UInt8], file: String) throws(FormatError) {
        let bytes = try Self.unpacking(bytes, file: file)
        let document: JSONValue
        do throws(JSONFault) {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw FormatError(file: file, error.message, offset: error.offset)
        }
        guard let object = document.objectValue else {
            throw FormatError(
                file: file,
                "table metadata is \(document.kindDescription), expected an object"
            )
        }
        try self.init(json: object, file: file)
    }

    /// The most a compressed metadata file may hold.
    static let unpackedByteCountMax = 1 << 30

    /// The text of a metadata file, which `write.metadata.compression-codec` may have packed.
    private static func unpacking(_ bytes: [UInt8], file: String) throws(FormatError) -> [UInt8] {
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        do throws(CodecError) {
            return try Inflate.decompress(
                bytes,
                format: .gzip,
                byteCountMax: unpackedByteCountMax
            )
        } catch {
            throw FormatError(file: file, "it is gzip, but \(error)")
        }
    }

    /// Reads table metadata that came inside of another document.
    public init(json: JSONObject, file: String) throws(FormatError) {
        let reader = JSONMembers(json, file: file, path: "")
        let version = try reader.int64("format-version")
        guard version == 1 || version == 2 else {
            throw reader.fault(
                "the table has format version \(version), versions 1 and 2 are supported"
            )
        }
        formatVersion = Int(version)
        // V1 tables need not have one; V2 tables must.
        tableUUID =
            version == 1
            ? try reader.optionalString("table-uuid") ?? ""
            : try reader.string("table-uuid")
        location = try reader.string("location")
        lastSequenceNumber = version == 1 ? 0 : try reader.int64("last-sequence-number")
        lastUpdatedMilliseconds = try reader.int64("last-updated-ms")
        lastColumnID = try reader.int32("last-column-id")
        (schemas, currentSchemaID) = try Self.readSchemas(reader, version: formatVersion)
        (partitionSpecs, defaultSpecID) = try Self.readSpecs(reader, version: formatVersion)
        let highestPartitionID = partitionSpecs.flatMap(\.fields).map(\.fieldID).max()
        lastPartitionID =
            version == 1
            ? try reader.optionalInt32("last-partition-id")
                ?? highestPartitionID ?? PartitionSpec.firstFieldID - 1
            : try reader.int32("last-partition-id")
        (sortOrders, defaultSortOrderID) = try Self.readSortOrders(reader, version: formatVersion)
        properties = try reader.optionalStringMap("properties") ?? [:]
        snapshots = try (reader.optionalObjects("snapshots") ?? []).map {
            object throws(FormatError) in
            try Snapshot(object)
        }
        // Java wrote -1 for "none".
        currentSnapshotID = try reader.optionalInt64("current-snapshot-id").flatMap {
            $0 == -1 ? nil : $0
        }
        snapshotLog = try Self.readSnapshotLog(reader)
        metadataLog = try Self.readMetadataLog(reader)
        refs = try Self.readReferences(reader)
        otherMembers = reader.others(than: Self.knownMembers)
        try checkReferences(reader)
    }

    private mutating func checkReferences(_ reader: JSONMembers) throws(FormatError) {
        guard storedSchema(id: currentSchemaID) != nil else {
            throw reader.fault("current-schema-id is \(currentSchemaID), no schema has that id")
        }
        guard partitionSpec(id: defaultSpecID) != nil else {
            throw reader.fault("default-spec-id is \(defaultSpecID), no partition spec has that id")
        }
        guard let current = currentSnapshotID else { return }
        guard snapshot(id: current) != nil else {
            throw reader.fault("current-snapshot-id is \(current), no snapshot has that id")
        }
        if let main = refs[SnapshotReference.main] {
            guard main.snapshotID == current else {
                throw reader.fault(
                    "current-snapshot-id is \(current), but branch main is at \(main.snapshotID)"
                )
            }
        } else {
            // Files written before there were branches.
            refs[SnapshotReference.main] = SnapshotReference(snapshotID: current, kind: .branch)
        }
    }

    private static func readSchemas(
        _ reader: JSONMembers,
        version: Int
    ) throws(FormatError) -> ([StoredSchema], Int32) {
        if version == 1, reader.value("schemas") == nil {
            guard let only = try reader.optionalObject("schema") else {
                throw reader.fault("\"schema\" is missing")
            }
            let id = try only.optionalInt32("schema-id") ?? 0
            var json = only.object
            // Schemas of V2 must have an id, and this one will be written as such.
            json["schema-id"] = .integer(Int64(id))
            return ([StoredSchema(schemaID: id, json: json)], id)
        }
        var schemas: [StoredSchema] = []
        for object in try reader.objects("schemas") {
            schemas.append(
                StoredSchema(schemaID: try object.int32("schema-id"), json: object.object)
            )
        }
        return (schemas, try reader.int32("current-schema-id"))
    }

    private static func readSpecs(
        _ reader: JSONMembers,
        version: Int
    ) throws(FormatError) -> ([PartitionSpec], Int32) {
        if version == 1, reader.value("partition-specs") == nil {
            let fields = try PartitionSpec.readFields(reader, member: "partition-spec")
            return ([PartitionSpec(specID: 0, fields: fields)], 0)
        }
        var specs: [PartitionSpec] = []
        for object in try reader.objects("partition-specs") {
            specs.append(
                PartitionSpec(
                    specID: try object.int32("spec-id"),
                    fields: try PartitionSpec.readFields(object, member: "fields")
                )
            )
        }
        return (specs, try reader.int32("default-spec-id"))
    }

    private static func readSortOrders(
        _ reader: JSONMembers,
        version: Int
    ) throws(FormatError) -> ([JSONValue], Int32) {
        if version == 1, reader.value("sort-orders") == nil { return ([unsortedOrder], 0) }
        let orders = try reader.objects("sort-orders")
        return (orders.map { .object($0.object) }, try reader.int32("default-sort-order-id"))
    }

    private static func readSnapshotLog(
        _ reader: JSONMembers
    ) throws(FormatError) -> [SnapshotLogEntry] {
        var entries: [SnapshotLogEntry] = []
        for object in try reader.optionalObjects("snapshot-log") ?? [] {
            entries.append(
                SnapshotLogEntry(
                    snapshotID: try object.int64("snapshot-id"),
                    timestampMilliseconds: try object.int64("timestamp-ms")
                )
            )
        }
        return entries
    }

    private static func readMetadataLog(
        _ reader: JSONMembers
    ) throws(FormatError) -> [MetadataLogEntry] {
        var entries: [MetadataLogEntry] = []
        for object in try reader.optionalObjects("metadata-log") ?? [] {
            entries.append(
                MetadataLogEntry(
                    metadataFile: try object.string("metadata-file"),
                    timestampMilliseconds: try object.int64("timestamp-ms")
                )
            )
        }
        return entries
    }

    private static func readReferences(
        _ reader: JSONMembers
    ) throws(FormatError) -> [String: SnapshotReference] {
        guard let object = try reader.optionalObject("refs") else { return [:] }
        var refs: [String: SnapshotReference] = [:]
        for member in object.object.members {
            guard let reference = try object.optionalObject(member.name) else { continue }
            let kindName = try reference.string("type")
            guard let kind = SnapshotReference.Kind(rawValue: kindName) else {
                throw reference.fault("\"type\" is \(kindName), expected branch or tag")
            }
            refs[member.name] = SnapshotReference(
                snapshotID: try reference.int64("snapshot-id"),
                kind: kind,
                otherMembers: reference.others(than: ["snapshot-id", "type"])
            )
        }
        return refs
    }
}

extension PartitionSpec {
    static func readFields(
        _ reader: JSONMembers,
        member: String
    ) throws(FormatError) -> [PartitionField] {
        var fields: [PartitionField] = []
        for (index, object) in try reader.objects(member).enumerated() {
            let sources: [Int32]
            if let several = try object.optionalInt32s("source-ids") {
                sources = several
            } else {
                sources = [try object.int32("source-id")]
            }
            fields.append(
                PartitionField(
                    sourceIDs: sources,
                    // Early V1 files left it out; ids then count from 1000.
                    fieldID: try object.optionalInt32("field-id")
                        ?? firstFieldID + Int32(truncatingIfNeeded: index),
                    name: try object.string("name"),
                    transform: try object.string("transform")
                )
            )
        }
        return fields
    }
}

extension Snapshot {
    private static let knownMembers: Set<String> = [
        "snapshot-id", "parent-snapshot-id", "sequence-number", "timestamp-ms", "summary",
        "manifest-list", "manifests", "schema-id",
    ]

    init(_ reader: JSONMembers) throws(FormatError) {
        var summary = try reader.optionalStringMap("summary") ?? [:]
        let operation = summary.removeValue(forKey: "operation") ?? ""
        self.init(
            snapshotID: try reader.int64("snapshot-id"),
            parentSnapshotID: try reader.optionalInt64("parent-snapshot-id"),
            sequenceNumber: try reader.optionalInt64("sequence-number") ?? 0,
            timestampMilliseconds: try reader.int64("timestamp-ms"),
            summary: SnapshotSummary(operationName: operation, properties: summary),
            manifestList: try reader.optionalString("manifest-list"),
            manifests: try reader.optionalStrings("manifests") ?? [],
            schemaID: try reader.optionalInt32("schema-id"),
            otherMembers: reader.others(than: Self.knownMembers)
        )
        guard manifestList != nil || reader.value("manifests") != nil else {
            throw reader.fault("\"manifest-list\" is missing")
        }
    }
}
