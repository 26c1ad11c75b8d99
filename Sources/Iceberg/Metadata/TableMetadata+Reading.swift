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
        "metadata-log", "refs", "statistics", "partition-statistics", "next-row-id",
        "encryption-keys",
    ]

    /// Reads a metadata file of format version 1, 2 or 3, which may be packed with gzip.
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
    ///
    /// - Throws: ``FormatError`` as ``init(parsing:file:)``.
    public init(json: JSONObject, file: String) throws(FormatError) {
        let reader = JSONMembers(json, file: file, path: "")
        let version = try reader.int64("format-version")
        guard let version = Int(exactly: version), Self.readFormatVersions.contains(version) else {
            throw reader.fault(
                "the table has format version \(version), versions 1 to 3 are supported"
            )
        }
        formatVersion = version
        // V1 tables need not have one; later ones must.
        tableUUID =
            version == 1
            ? try reader.optionalString("table-uuid") ?? ""
            : try reader.string("table-uuid")
        location = try reader.string("location")
        lastSequenceNumber = version == 1 ? 0 : try reader.int64("last-sequence-number")
        lastUpdatedMilliseconds = try reader.int64("last-updated-ms")
        lastColumnID = try reader.int32("last-column-id")
        (schemas, currentSchemaID) = try Self.readSchemas(reader, version: version)
        (partitionSpecs, defaultSpecID) = try Self.readSpecs(reader, version: version)
        let highestPartitionID = partitionSpecs.flatMap(\.fields).map(\.fieldID).max()
        lastPartitionID =
            version == 1
            ? try reader.optionalInt32("last-partition-id")
                ?? highestPartitionID ?? PartitionSpec.firstFieldID - 1
            : try reader.int32("last-partition-id")
        (sortOrders, defaultSortOrderID) = try Self.readSortOrders(reader, version: version)
        properties = try reader.optionalStringMap("properties") ?? [:]
        snapshots = try reader.elements("snapshots", Snapshot.init)
        // Java wrote -1 for "none".
        currentSnapshotID = try reader.optionalInt64("current-snapshot-id").flatMap {
            $0 == -1 ? nil : $0
        }
        snapshotLog = try reader.elements("snapshot-log", SnapshotLogEntry.init)
        metadataLog = try reader.elements("metadata-log", MetadataLogEntry.init)
        refs = try Self.readReferences(reader)
        statistics = try reader.elements("statistics", StatisticsFile.init)
        partitionStatistics = try reader.elements(
            "partition-statistics",
            PartitionStatisticsFile.init
        )
        nextRowID = version < 3 ? 0 : try reader.int64("next-row-id")
        encryptionKeys = try reader.elements("encryption-keys", EncryptionKey.init)
        otherMembers = reader.others(than: Self.knownMembers)
        try checkIDs(reader)
        try checkReferences(reader)
    }

    private func checkIDs(_ reader: JSONMembers) throws(FormatError) {
        guard partitionSpec(id: defaultSpecID) != nil else {
            throw reader.fault("default-spec-id is \(defaultSpecID), no partition spec has that id")
        }
        guard sortOrder(id: defaultSortOrderID) != nil else {
            throw reader.fault(
                "default-sort-order-id is \(defaultSortOrderID), no sort order has that id"
            )
        }
        guard nextRowID >= 0 else { throw reader.fault("next-row-id is \(nextRowID)") }
    }

    /// Checks that branches and tags point somewhere, and that `main` is the current snapshot.
    private mutating func checkReferences(_ reader: JSONMembers) throws(FormatError) {
        for (name, reference) in refs.sorted(by: { $0.key < $1.key })
        where snapshot(id: reference.snapshotID) == nil {
            throw reader.fault(
                "\(reference.kind) \(name) is at \(reference.snapshotID), no snapshot has that id"
            )
        }
        let main = refs[SnapshotReference.main]
        guard let current = currentSnapshotID else {
            guard let main else { return }
            throw reader.fault(
                "current-snapshot-id is not set, but branch main is at \(main.snapshotID)"
            )
        }
        guard snapshot(id: current) != nil else {
            throw reader.fault("current-snapshot-id is \(current), no snapshot has that id")
        }
        guard main?.snapshotID ?? current == current else {
            throw reader.fault(
                "current-snapshot-id is \(current), but branch main is at "
                    + "\(main?.snapshotID ?? 0)"
            )
        }
        // Files written before there were branches have none.
        refs[SnapshotReference.main] = main ?? SnapshotReference(snapshotID: current, kind: .branch)
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
            var schema = try StoredSchema(only, schemaID: id)
            // Schemas of V2 must have an id, and this one will be written as such.
            schema.json["schema-id"] = .integer(Int64(id))
            return ([schema], id)
        }
        let schemas = try reader.requiredElements("schemas") { object throws(FormatError) in
            try StoredSchema(object, schemaID: try object.int32("schema-id"))
        }
        let current = try reader.int32("current-schema-id")
        guard schemas.contains(where: { $0.schemaID == current }) else {
            throw reader.fault("current-schema-id is \(current), no schema has that id")
        }
        return (schemas, current)
    }

    private static func readSpecs(
        _ reader: JSONMembers,
        version: Int
    ) throws(FormatError) -> ([PartitionSpec], Int32) {
        if version == 1, reader.value("partition-specs") == nil {
            let fields = try PartitionSpec.readFields(
                reader,
                member: "partition-spec",
                countsFrom: PartitionSpec.firstFieldID
            )
            return ([PartitionSpec(specID: 0, fields: fields)], 0)
        }
        let specs = try reader.requiredElements("partition-specs") { object throws(FormatError) in
            var spec = try PartitionSpec(object)
            // Early V1 files left the ids out; they then count from 1000.
            spec.fields = try PartitionSpec.readFields(
                object,
                member: "fields",
                countsFrom: PartitionSpec.firstFieldID
            )
            return spec
        }
        return (specs, try reader.int32("default-spec-id"))
    }

    private static func readSortOrders(
        _ reader: JSONMembers,
        version: Int
    ) throws(FormatError) -> ([SortOrder], Int32) {
        if version == 1, reader.value("sort-orders") == nil { return ([.unsorted], 0) }
        let orders = try reader.requiredElements("sort-orders", SortOrder.init)
        return (orders, try reader.int32("default-sort-order-id"))
    }

    private static func readReferences(
        _ reader: JSONMembers
    ) throws(FormatError) -> [String: SnapshotReference] {
        guard let object = try reader.optionalObject("refs") else { return [:] }
        var refs: [String: SnapshotReference] = [:]
        for member in object.object.members {
            guard let reference = try object.optionalObject(member.name) else { continue }
            refs[member.name] = try SnapshotReference(reference)
        }
        return refs
    }
}

extension StoredSchema {
    /// Keeps a schema's JSON, if that is what it is; types are looked at when it is asked for.
    init(_ reader: JSONMembers, schemaID: Int32) throws(FormatError) {
        guard try reader.string("type") == "struct" else {
            throw reader.fault("\"type\" is not struct")
        }
        _ = try reader.objects("fields")
        self.init(schemaID: schemaID, json: reader.object)
    }
}
