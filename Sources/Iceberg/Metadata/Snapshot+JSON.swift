public import Bytes
internal import Diagnostics

/// Source: Iceberg specification, "Snapshots" and appendix C, "Table Metadata and Snapshots".
extension Snapshot {
    private static let knownMembers: Set<String> = [
        "snapshot-id", "parent-snapshot-id", "sequence-number", "timestamp-ms", "summary",
        "manifest-list", "manifests", "schema-id", "first-row-id", "added-rows", "key-id",
    ]

    init(_ reader: JSONMembers) throws(FormatError) {
        var summary = try reader.optionalStringMap("summary") ?? [:]
        let operation = summary.removeValue(forKey: "operation") ?? ""
        self.init(
            snapshotID: try reader.int64("snapshot-id"),
            // Some writers give a first snapshot the parent -1.
            parentSnapshotID: try reader.optionalInt64("parent-snapshot-id").flatMap {
                $0 == -1 ? nil : $0
            },
            sequenceNumber: try reader.optionalInt64("sequence-number") ?? 0,
            timestampMilliseconds: try reader.int64("timestamp-ms"),
            summary: SnapshotSummary(operationName: operation, properties: summary),
            manifestList: try reader.optionalString("manifest-list"),
            manifests: try reader.optionalStrings("manifests") ?? [],
            schemaID: try reader.optionalInt32("schema-id"),
            firstRowID: try reader.optionalInt64("first-row-id"),
            addedRows: try reader.optionalInt64("added-rows"),
            keyID: try reader.optionalString("key-id"),
            otherMembers: reader.others(than: Self.knownMembers)
        )
        guard manifestList != nil || reader.value("manifests") != nil else {
            throw reader.fault("\"manifest-list\" is missing")
        }
        guard firstRowID ?? 0 >= 0, addedRows ?? 0 >= 0 else {
            throw reader.fault("\"first-row-id\" or \"added-rows\" is negative")
        }
    }

    /// The snapshot as table metadata and REST requests carry it.
    public var json: JSONObject {
        var object: JSONObject = ["snapshot-id": .integer(snapshotID)]
        if let parentSnapshotID {
            object.append("parent-snapshot-id", .integer(parentSnapshotID))
        }
        object.append("sequence-number", .integer(sequenceNumber))
        object.append("timestamp-ms", .integer(timestampMilliseconds))
        object.append("summary", .object(summary.json))
        if let manifestList {
            object.append("manifest-list", .string(manifestList))
        } else {
            object.append("manifests", .array(manifests.map { .string($0) }))
        }
        if let schemaID { object.append("schema-id", .integer(Int64(schemaID))) }
        if let firstRowID { object.append("first-row-id", .integer(firstRowID)) }
        if let addedRows { object.append("added-rows", .integer(addedRows)) }
        if let keyID { object.append("key-id", .string(keyID)) }
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension SnapshotSummary {
    /// An operation that a V1 snapshot does not name stays unnamed.
    var json: JSONObject {
        var object = JSONObject(sorting: properties)
        if !operationName.isEmpty {
            object.members.insert(.init("operation", .string(operationName)), at: 0)
        }
        return object
    }
}

extension SnapshotReference {
    static let knownMembers: Set<String> = [
        "snapshot-id", "type", "min-snapshots-to-keep", "max-snapshot-age-ms", "max-ref-age-ms",
    ]

    /// - `known`: Members that are read elsewhere, where an update carries them with others.
    init(_ reader: JSONMembers, known: Set<String> = []) throws(FormatError) {
        let kindName = try reader.string("type")
        guard let kind = Kind(rawValue: kindName.lowercased()) else {
            throw reader.fault("\"type\" is \(kindName), expected branch or tag")
        }
        self.init(
            snapshotID: try reader.int64("snapshot-id"),
            kind: kind,
            minSnapshotsToKeep: try reader.optionalInt32("min-snapshots-to-keep"),
            maxSnapshotAgeMilliseconds: try reader.optionalInt64("max-snapshot-age-ms"),
            maxReferenceAgeMilliseconds: try reader.optionalInt64("max-ref-age-ms"),
            otherMembers: reader.others(than: Self.knownMembers.union(known))
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "snapshot-id": .integer(snapshotID),
            "type": .string(kind.rawValue),
        ]
        if let minSnapshotsToKeep {
            object.append("min-snapshots-to-keep", .integer(Int64(minSnapshotsToKeep)))
        }
        if let maxSnapshotAgeMilliseconds {
            object.append("max-snapshot-age-ms", .integer(maxSnapshotAgeMilliseconds))
        }
        if let maxReferenceAgeMilliseconds {
            object.append("max-ref-age-ms", .integer(maxReferenceAgeMilliseconds))
        }
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension SnapshotLogEntry {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            snapshotID: try reader.int64("snapshot-id"),
            timestampMilliseconds: try reader.int64("timestamp-ms"),
            otherMembers: reader.others(than: ["snapshot-id", "timestamp-ms"])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "timestamp-ms": .integer(timestampMilliseconds), "snapshot-id": .integer(snapshotID),
        ]
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension MetadataLogEntry {
    init(_ reader: JSONMembers) throws(FormatError) {
        self.init(
            metadataFile: try reader.string("metadata-file"),
            timestampMilliseconds: try reader.int64("timestamp-ms"),
            otherMembers: reader.others(than: ["metadata-file", "timestamp-ms"])
        )
    }

    var json: JSONObject {
        var object: JSONObject = [
            "timestamp-ms": .integer(timestampMilliseconds),
            "metadata-file": .string(metadataFile),
        ]
        object.members.append(contentsOf: otherMembers.members)
        return object
    }
}

extension JSONObject {
    /// An object of strings, in the order of their names, so that equal maps give equal bytes.
    init(sorting map: [String: String]) {
        self.init(map.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
    }
}
