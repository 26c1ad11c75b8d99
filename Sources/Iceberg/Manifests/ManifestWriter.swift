internal import Avro
internal import Bytes
public import Diagnostics

/// Writes one manifest of format version 2 into memory.
///
/// A manifest holds files of one spec, and either data or deletes. Added entries leave out their
/// sequence numbers and inherit the snapshot's; all others carry theirs along, or old rows would
/// become new and come back from under their deletes.
///
/// Source: Iceberg specification, "Manifests" and "Sequence Number Inheritance".
public struct ManifestWriter: ~Copyable {
    private let path: String
    private let content: ManifestFile.Content
    private let spec: PartitionSpec
    private let snapshotID: Int64
    private let partitionSchema: AvroSchema
    private var writer: AvroFileWriter
    private var added = ManifestCounts()
    private var existing = ManifestCounts()
    private var deleted = ManifestCounts()
    /// The smallest explicit data sequence number of a live entry.
    private var minSequenceNumber: Int64?

    /// - `schema`: The table's schema, for engines that read manifests on their own.
    /// - `snapshotID`: The snapshot the manifest is written for.
    public init(
        path: String,
        content: ManifestFile.Content,
        spec: PartitionSpec,
        partitionType: PartitionType = .unpartitioned,
        schema: StoredSchema,
        snapshotID: Int64
    ) throws(FormatError) {
        self.path = path
        self.content = content
        self.spec = spec
        self.snapshotID = snapshotID
        partitionSchema = try AvroSchema(json: partitionType.json, file: path)
        writer = AvroFileWriter(
            schema: ManifestSchemas.manifestEntry(partition: partitionType.json).text,
            metadata: [
                ("schema", JSONValue.object(schema.json).text),
                ("schema-id", String(schema.schemaID)),
                ("partition-spec", JSONValue.array(spec.fieldsJSON).text),
                ("partition-spec-id", String(spec.specID)),
                ("format-version", String(TableMetadata.defaultFormatVersion)),
                ("content", content == .data ? "data" : "deletes"),
            ],
            file: path
        )
    }

    public var entryCount: Int { Int(added.files) + Int(existing.files) + Int(deleted.files) }

    /// Appends a file that the snapshot adds.
    public mutating func add(_ file: DataFile) throws(FormatError) {
        try append(
            ManifestEntry(
                status: .added,
                snapshotID: snapshotID,
                dataSequenceNumber: nil,
                fileSequenceNumber: nil,
                file: file
            )
        )
    }

    /// Appends a live file that an older snapshot added.
    public mutating func keep(_ entry: ManifestEntry) throws(FormatError) {
        var entry = entry
        entry.status = .existing
        try append(entry)
    }

    /// Appends a file that the snapshot takes away.
    public mutating func delete(_ entry: ManifestEntry) throws(FormatError) {
        var entry = entry
        entry.status = .deleted
        entry.snapshotID = snapshotID
        try append(entry)
    }

    private mutating func append(_ entry: ManifestEntry) throws(FormatError) {
        let rows = entry.file.recordCount
        switch entry.status {
        case .added:
            added.files += 1
            added.rows += rows
        case .existing:
            existing.files += 1
            existing.rows += rows
        case .deleted:
            deleted.files += 1
            deleted.rows += rows
        }
        if entry.status != .added {
            guard let number = entry.dataSequenceNumber, entry.fileSequenceNumber != nil else {
                throw FormatError(
                    file: path,
                    "the entry of \(entry.file.path) has status \(entry.status) "
                        + "and no sequence number"
                )
            }
            if entry.isLive { minSequenceNumber = min(number, minSequenceNumber ?? number) }
        }
        do throws(AvroMismatch) {
            try writer.record.appendManifestEntry(entry, partitionSchema: partitionSchema)
        } catch {
            throw FormatError(
                file: path,
                "the partition of \(entry.file.path) does not fit spec \(spec.specID)"
            )
        }
        try writer.endRecord()
    }

    /// The file, and what the manifest list is to say about it.
    ///
    /// - `sequenceNumber`: The snapshot's.
    public consuming func finish(
        sequenceNumber: Int64
    ) throws(FormatError) -> (bytes: [UInt8], manifest: ManifestFile) {
        let inherited = added.files > 0 || minSequenceNumber == nil ? sequenceNumber : nil
        let smallest = min(inherited ?? Int64.max, minSequenceNumber ?? Int64.max)
        var manifest = ManifestFile(
            path: path,
            lengthBytes: 0,
            specID: spec.specID,
            content: content,
            sequenceNumber: sequenceNumber,
            minSequenceNumber: smallest,
            addedSnapshotID: snapshotID,
            added: added,
            existing: existing,
            deleted: deleted,
            // Summaries of partitions only help to plan; none were computed for these.
            partitions: spec.fields.isEmpty ? [] : nil
        )
        let bytes = try writer.finish()
        manifest.lengthBytes = Int64(bytes.count)
        return (bytes, manifest)
    }
}

extension ByteBuffer {
    mutating func appendManifestEntry(
        _ entry: ManifestEntry,
        partitionSchema: AvroSchema
    ) throws(AvroMismatch) {
        appendAvroInt(entry.status.rawValue)
        appendOptionalLong(entry.snapshotID)
        appendOptionalLong(entry.dataSequenceNumber)
        appendOptionalLong(entry.fileSequenceNumber)
        let file = entry.file
        appendAvroInt(file.content.rawValue)
        appendAvroString(file.path)
        appendAvroString(file.format)
        try appendAvroValue(.record(file.partition.fields.map(\.value)), partitionSchema)
        appendAvroLong(file.recordCount)
        appendAvroLong(file.fileSizeBytes)
        appendOptionalMap(file.columnSizes) { $0.appendAvroLong($1) }
        appendOptionalMap(file.valueCounts) { $0.appendAvroLong($1) }
        appendOptionalMap(file.nullValueCounts) { $0.appendAvroLong($1) }
        appendOptionalMap(file.nanValueCounts) { $0.appendAvroLong($1) }
        appendOptionalMap(file.lowerBounds) { $0.appendAvroBytes($1) }
        appendOptionalMap(file.upperBounds) { $0.appendAvroBytes($1) }
        appendOptionalBytes(file.keyMetadata)
        appendOptionalItems(file.splitOffsets) { $0.appendAvroLong($1) }
        appendOptionalItems(file.equalityIDs) { $0.appendAvroInt($1) }
        appendOptionalLong(file.sortOrderID.map { Int64($0) })
        appendAvroPresence(file.referencedDataFile != nil)
        if let path = file.referencedDataFile { appendAvroString(path) }
    }

    mutating func appendOptionalLong(_ value: Int64?) {
        appendAvroPresence(value != nil)
        if let value { appendAvroLong(value) }
    }

    mutating func appendOptionalBytes(_ bytes: [UInt8]?) {
        appendAvroPresence(bytes != nil)
        if let bytes { appendAvroBytes(bytes) }
    }

    /// Appends an array; an empty one as null.
    mutating func appendOptionalItems<Item>(
        _ items: [Item],
        _ appendItem: (inout ByteBuffer, Item) -> Void
    ) {
        appendAvroPresence(!items.isEmpty)
        guard !items.isEmpty else { return }
        appendAvroLong(Int64(items.count))
        for item in items { appendItem(&self, item) }
        appendAvroLong(0)
    }

    /// Appends a map by ascending keys, so that equal maps give equal bytes.
    ///
    /// An empty one is not null: pyiceberg's `inspect` fails on absent maps.
    mutating func appendOptionalMap<Value>(
        _ map: [Int32: Value],
        _ appendValue: (inout ByteBuffer, Value) -> Void
    ) {
        appendAvroPresence(true)
        if !map.isEmpty { appendAvroLong(Int64(map.count)) }
        for entry in map.sorted(by: { $0.key < $1.key }) {
            appendAvroInt(entry.key)
            appendValue(&self, entry.value)
        }
        appendAvroLong(0)
    }
}
