internal import Avro
public import Bytes
internal import Diagnostics

/// The Avro type of a manifest's partition tuples, needed to write them again.
public struct PartitionType: Hashable, Sendable {
    public var json: JSONValue

    public init(json: JSONValue) { self.json = json }

    public static let unpartitioned = PartitionType(json: ManifestSchemas.emptyPartition)
}

/// The entries of one manifest, with everything they inherit from the manifest list filled in.
public struct ManifestContents: Sendable {
    public var entries: [ManifestEntry]
    public var partitionType: PartitionType
}

/// Reads manifests of format versions 1 and 2, whoever wrote them.
///
/// Fields are found by id, or by name in files without ids; unknown ones are stepped over.
///
/// Source: Iceberg specification, "Manifests".
public enum ManifestReader {
    /// - `manifest`: What the manifest list says about it; the source of inheritance.
    /// - Throws: `FormatError`.
    public static func read(
        _ bytes: [UInt8],
        manifest: ManifestFile
    ) throws -> ManifestContents {
        let file = try AvroFile(bytes, file: manifest.path)
        guard case .record(let record) = file.schema else {
            throw FormatError(file: manifest.path, "its entries are no records")
        }
        let plan = EntryPlan(record)
        var entries: [ManifestEntry] = []
        try file.forEachRecord { reader in
            var entry = try plan.read(&reader, specID: manifest.specID)
            try inherit(&entry, from: manifest)
            entries.append(entry)
        }
        return ManifestContents(
            entries: entries,
            partitionType: partitionType(in: file.schemaJSON) ?? .unpartitioned
        )
    }

    /// The partition spec a manifest says its files have; 0 where it says nothing.
    static func specID(_ bytes: [UInt8], file path: String) throws(FormatError) -> Int32 {
        try AvroFile(bytes, file: path).text("partition-spec-id").flatMap { Int32($0) } ?? 0
    }

    /// Fills in what an entry leaves to the manifest list.
    ///
    /// Only added entries inherit sequence numbers: others must have carried them along, except
    /// that every number in a manifest of V1 is 0.
    private static func inherit(
        _ entry: inout ManifestEntry,
        from manifest: ManifestFile
    ) throws(FormatError) {
        entry.snapshotID = entry.snapshotID ?? manifest.addedSnapshotID
        if entry.status == .added || manifest.sequenceNumber == 0 {
            entry.dataSequenceNumber = entry.dataSequenceNumber ?? manifest.sequenceNumber
            entry.fileSequenceNumber = entry.fileSequenceNumber ?? manifest.sequenceNumber
        }
        guard let dataNumber = entry.dataSequenceNumber else {
            throw FormatError(
                file: manifest.path,
                "the entry of \(entry.file.path) has status \(entry.status) and no sequence number"
            )
        }
        entry.fileSequenceNumber = entry.fileSequenceNumber ?? dataNumber
    }

    private static func partitionType(in schema: JSONValue) -> PartitionType? {
        func field(_ name: String, of json: JSONValue?) -> JSONValue? {
            json?.objectValue?["fields"]?.arrayValue?.first {
                $0.objectValue?["name"]?.stringValue == name
            }?.objectValue?["type"]
        }
        return field("partition", of: field("data_file", of: schema)).map {
            PartitionType(json: $0)
        }
    }
}

/// Which of a record's fields mean what, decided once per manifest.
private struct EntryPlan {
    private let fields: [(id: Int32?, schema: AvroSchema)]
    private let file: DataFilePlan

    init(_ record: AvroSchema.Record) {
        fields = record.fields.map { ($0.fieldID ?? Self.ids[$0.name], $0.schema) }
        var file = DataFilePlan(AvroSchema.Record(name: "", fields: []))
        for field in fields where field.id == 2 {
            if case .record(let dataFile) = field.schema { file = DataFilePlan(dataFile) }
        }
        self.file = file
    }

    private static let ids: [String: Int32] = [
        "status": 0, "snapshot_id": 1, "data_file": 2, "sequence_number": 3,
        "file_sequence_number": 4,
    ]

    func read(
        _ reader: inout ByteReader,
        specID: Int32
    ) throws(WireFault) -> ManifestEntry {
        var status: ManifestEntry.Status?
        var snapshotID: Int64?
        var dataSequenceNumber: Int64?
        var fileSequenceNumber: Int64?
        var dataFile: DataFile?
        for field in fields {
            switch field.id {
            case 0: status = .init(rawValue: try reader.int(field.schema))
            case 1: snapshotID = try reader.optionalLong(field.schema)
            case 3: dataSequenceNumber = try reader.optionalLong(field.schema)
            case 4: fileSequenceNumber = try reader.optionalLong(field.schema)
            case 2: dataFile = try file.read(&reader, specID: specID)
            default: try reader.skipAvro(field.schema)
            }
        }
        guard let status, let dataFile else {
            throw WireFault(
                .malformedValue,
                offset: reader.offset,
                wanted: status == nil ? 0 : 2,
                available: reader.remaining
            )
        }
        return ManifestEntry(
            status: status,
            snapshotID: snapshotID,
            dataSequenceNumber: dataSequenceNumber,
            fileSequenceNumber: fileSequenceNumber,
            file: dataFile
        )
    }
}

/// The same for the `data_file` record inside.
private struct DataFilePlan {
    private let fields: [(id: Int32?, schema: AvroSchema)]

    init(_ record: AvroSchema.Record) {
        fields = record.fields.map { ($0.fieldID ?? Self.ids[$0.name], $0.schema) }
    }

    private static let ids: [String: Int32] = [
        "content": 134, "file_path": 100, "file_format": 101, "partition": 102,
        "record_count": 103, "file_size_in_bytes": 104, "column_sizes": 108, "value_counts": 109,
        "null_value_counts": 110, "nan_value_counts": 137, "lower_bounds": 125,
        "upper_bounds": 128, "key_metadata": 131, "split_offsets": 132, "equality_ids": 135,
        "sort_order_id": 140, "referenced_data_file": 143,
    ]

    func read(_ reader: inout ByteReader, specID: Int32) throws(WireFault) -> DataFile {
        var file = DataFile(
            content: .data,
            path: "",
            format: "",
            specID: specID,
            recordCount: -1,
            fileSizeBytes: -1
        )
        for field in fields { try read(field.id, field.schema, &reader, into: &file) }
        guard !file.path.isEmpty, file.recordCount >= 0, file.fileSizeBytes >= 0 else {
            throw WireFault(
                .malformedValue,
                offset: reader.offset,
                wanted: 100,
                available: reader.remaining
            )
        }
        return file
    }

    private func read(
        _ id: Int32?,
        _ schema: AvroSchema,
        _ reader: inout ByteReader,
        into file: inout DataFile
    ) throws(WireFault) {
        switch id {
        case 134:
            let tag = try reader.int(schema)
            guard let content = DataFile.Content(rawValue: tag) else {
                throw WireFault(
                    .unknownTag,
                    offset: reader.offset,
                    wanted: Int(tag),
                    available: reader.remaining
                )
            }
            file.content = content
        case 100: file.path = try reader.string(schema)
        case 101: file.format = try reader.string(schema)
        case 102: file.partition = try Self.partition(schema, &reader)
        case 103: file.recordCount = try reader.long(schema)
        case 104: file.fileSizeBytes = try reader.long(schema)
        case 108: file.columnSizes = try Self.longMap(schema, &reader)
        case 109: file.valueCounts = try Self.longMap(schema, &reader)
        case 110: file.nullValueCounts = try Self.longMap(schema, &reader)
        case 137: file.nanValueCounts = try Self.longMap(schema, &reader)
        case 125: file.lowerBounds = try Self.bytesMap(schema, &reader)
        case 128: file.upperBounds = try Self.bytesMap(schema, &reader)
        case 131: file.keyMetadata = try reader.optionalBytes(schema)
        case 132:
            file.splitOffsets =
                try reader.optionalItems(schema) { reader, item throws(WireFault) in
                    try reader.long(item)
                } ?? []
        case 135:
            file.equalityIDs =
                try reader.optionalItems(schema) { reader, item throws(WireFault) in
                    try reader.int(item)
                } ?? []
        case 140: file.sortOrderID = try reader.optionalInt(schema)
        case 143: file.referencedDataFile = try reader.optionalString(schema)
        default: try reader.skipAvro(schema)
        }
    }

    private static func longMap(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> [Int32: Int64] {
        try reader.intMap(schema) { reader, value throws(WireFault) in
            try reader.optionalLong(value)
        }
    }

    private static func bytesMap(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> [Int32: [UInt8]] {
        try reader.intMap(schema) { reader, value throws(WireFault) in
            try reader.optionalBytes(value)
        }
    }

    private static func partition(
        _ schema: AvroSchema,
        _ reader: inout ByteReader
    ) throws(WireFault) -> PartitionTuple {
        guard case .record(let record) = schema else {
            try reader.skipAvro(schema)
            return .unpartitioned
        }
        var tuple = PartitionTuple()
        for field in record.fields {
            tuple.fields.append(
                PartitionTuple.Field(
                    fieldID: field.fieldID,
                    name: field.name,
                    value: try reader.readAvroValue(field.schema)
                )
            )
        }
        return tuple
    }
}
