internal import Avro
internal import Bytes
internal import Diagnostics

/// The entries of one manifest, with everything they inherit from the manifest list filled in.
public struct ManifestContents: Sendable {
    public var entries: [ManifestEntry]
    public var partitionType: PartitionType
}

/// Reads manifests of format versions 1 to 3, whoever wrote them.
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
        let plan = try EntryPlan(record, file: manifest.path)
        var entries: [ManifestEntry] = []
        var nextRowID = manifest.firstRowID
        try file.forEachRecord { reader in
            var entry = try plan.read(&reader, specID: manifest.specID)
            try inherit(&entry, from: manifest)
            try inheritRowID(&entry, from: manifest, &nextRowID)
            entries.append(entry)
        }
        return ManifestContents(
            entries: entries,
            partitionType: plan.partitionType.named(bySpecIn: file)
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

    /// Numbers the rows of a data file that has no row id of its own.
    ///
    /// Without one of the manifest there is none: it is a delete manifest, or its snapshot is
    /// older than the table's upgrade to version 3.
    private static func inheritRowID(
        _ entry: inout ManifestEntry,
        from manifest: ManifestFile,
        _ nextRowID: inout Int64?
    ) throws(FormatError) {
        guard let next = nextRowID, manifest.content == .data else {
            entry.file.firstRowID = nil
            return
        }
        guard entry.isLive, entry.file.firstRowID == nil else { return }
        entry.file.firstRowID = next
        let (following, overflows) = next.addingReportingOverflow(entry.file.recordCount)
        guard !overflows else {
            throw FormatError(file: manifest.path, "its row ids run beyond 64 bits")
        }
        nextRowID = following
    }
}

extension PartitionType {
    /// The same with the names that the spec in the file's header has: those of Avro's fields are
    /// spelled out where Avro does not allow them.
    fileprivate func named(bySpecIn file: AvroFile) -> PartitionType {
        guard let bytes = file.metadata["partition-spec"],
            let spec = try? JSONValue(parsing: bytes).arrayValue
        else { return self }
        var named = self
        for field in spec {
            guard let id = field.objectValue?["field-id"]?.integerValue,
                let name = field.objectValue?["name"]?.stringValue,
                let index = fields.firstIndex(where: { Int64($0.fieldID) == id })
            else { continue }
            named.fields[index].name = name
        }
        return named
    }
}

/// Which of a record's fields mean what, decided once per manifest.
private struct EntryPlan {
    private let fields: [(id: Int32?, schema: AvroSchema)]
    private let file: DataFilePlan

    init(_ record: AvroSchema.Record, file path: String) throws(FormatError) {
        fields = record.fields.map { ($0.fieldID ?? Self.ids[$0.name], $0.schema) }
        var file: DataFilePlan?
        for field in fields where field.id == 2 {
            if case .record(let dataFile) = field.schema.base {
                file = try DataFilePlan(dataFile, file: path)
            }
        }
        guard let file else { throw FormatError(file: path, "its entries hold no files") }
        self.file = file
    }

    var partitionType: PartitionType { file.partitionType }

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
