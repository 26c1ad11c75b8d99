internal import Avro
internal import Bytes
public import Diagnostics

/// Writes one manifest of format version 2 or 3 into memory.
///
/// A manifest holds files of one spec, and either data or deletes. Added entries leave out their
/// sequence numbers and row ids and inherit the snapshot's, so the manifest stays as it is when a
/// commit is tried again; all other entries carry theirs along, or old rows would become new and
/// come back from under their deletes.
///
/// Source: Iceberg specification, "Manifests", "Sequence Number Inheritance" and "First Row ID
/// Inheritance".
public struct ManifestWriter: ~Copyable {
    private let path: String
    private let content: ManifestFile.Content
    private let spec: PartitionSpec
    private let snapshotID: Int64
    private let formatVersion: Int
    private let partitionType: PartitionType
    private var writer: AvroFileWriter
    private var summaries: PartitionSummaries
    private var added = ManifestCounts()
    private var existing = ManifestCounts()
    private var deleted = ManifestCounts()
    /// The smallest explicit data sequence number of a live entry.
    private var minSequenceNumber: Int64?
    private var inheritsSequenceNumber = false
    /// Rows of live data files that have no row id yet.
    private var rowsWithoutIDs: Int64 = 0
    /// Bytes of all entries before they are compressed.
    public private(set) var encodedByteCount = 0

    /// - `partitionType`: The types of the spec's partition values.
    /// - `schema`: The table's schema, for engines that read manifests on their own.
    /// - `snapshotID`: The snapshot the manifest is written for.
    public init(
        path: String,
        content: ManifestFile.Content,
        spec: PartitionSpec,
        partitionType: PartitionType = .unpartitioned,
        schema: StoredSchema,
        snapshotID: Int64,
        formatVersion: Int = TableMetadata.defaultFormatVersion
    ) {
        self.path = path
        self.content = content
        self.spec = spec
        self.snapshotID = snapshotID
        self.formatVersion = formatVersion
        self.partitionType = partitionType
        summaries = PartitionSummaries(partitionType)
        let entryType = ManifestSchemas.manifestEntry(
            partition: partitionType.avroJSON,
            formatVersion: formatVersion
        )
        writer = AvroFileWriter(
            schema: entryType.text,
            metadata: [
                ("schema", JSONValue.object(schema.json).text),
                ("schema-id", String(schema.schemaID)),
                ("partition-spec", JSONValue.array(spec.fieldsJSON).text),
                ("partition-spec-id", String(spec.specID)),
                ("format-version", String(formatVersion)),
                ("content", content == .data ? "data" : "deletes"),
            ],
            file: path
        )
    }

    public var entryCount: Int { Int(added.files) + Int(existing.files) + Int(deleted.files) }

    /// Appends a file that the snapshot adds.
    ///
    /// - `dataSequenceNumber`: Where the file's rows are older than the snapshot, as after a
    ///   rewrite: how old; `nil` for the snapshot's own number.
    public mutating func add(
        _ file: DataFile,
        dataSequenceNumber: Int64? = nil
    ) throws(FormatError) {
        try append(
            ManifestEntry(
                status: .added,
                snapshotID: snapshotID,
                dataSequenceNumber: dataSequenceNumber,
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
        count(entry)
        if entry.status != .added,
            entry.dataSequenceNumber == nil || entry.fileSequenceNumber == nil
        {
            throw FormatError(
                file: path,
                "the entry of \(entry.file.path) has status \(entry.status) and no sequence number"
            )
        }
        if entry.isLive {
            if let number = entry.dataSequenceNumber {
                minSequenceNumber = min(number, minSequenceNumber ?? number)
            } else {
                inheritsSequenceNumber = true
            }
            if entry.status == .added || entry.file.firstRowID == nil {
                rowsWithoutIDs &+= entry.file.recordCount
            }
        }
        summaries.add(entry.file.partition)
        let byteCountBefore = writer.record.count
        do throws(PartitionMismatch) {
            try writer.record.appendManifestEntry(
                entry,
                partitionType: partitionType,
                formatVersion: formatVersion
            )
        } catch {
            throw FormatError(
                file: path,
                "the partition of \(entry.file.path) does not fit field \(error.fieldName) of spec "
                    + "\(spec.specID)"
            )
        }
        encodedByteCount += writer.record.count - byteCountBefore
        try writer.endRecord()
    }

    private mutating func count(_ entry: ManifestEntry) {
        let rows = entry.file.recordCount
        switch entry.status {
        case .added:
            added.files += 1
            added.rows &+= rows
        case .existing:
            existing.files += 1
            existing.rows &+= rows
        case .deleted:
            deleted.files += 1
            deleted.rows &+= rows
        }
    }

    /// The file, and what a manifest list is to say about it.
    public consuming func finish() throws(FormatError) -> WrittenManifest {
        let explicit = minSequenceNumber
        let inherits = inheritsSequenceNumber || explicit == nil
        let rows = rowsWithoutIDs
        let content = content
        var manifest = ManifestFile(
            path: path,
            lengthBytes: 0,
            specID: spec.specID,
            content: content,
            sequenceNumber: 0,
            minSequenceNumber: 0,
            addedSnapshotID: snapshotID,
            added: added,
            existing: existing,
            deleted: deleted,
            partitions: summaries.summaries
        )
        let bytes = try writer.finish()
        manifest.lengthBytes = Int64(bytes.count)
        return WrittenManifest(
            bytes: bytes,
            rowsWithoutIDs: content == .data ? rows : 0,
            unassigned: manifest,
            minSequenceNumber: explicit,
            inheritsSequenceNumber: inherits
        )
    }
}

/// A manifest that is written, and that no manifest list has yet given a sequence number.
public struct WrittenManifest: Sendable {
    public var bytes: [UInt8]
    /// Rows of live data files that get their ids from a manifest list.
    public var rowsWithoutIDs: Int64
    private var unassigned: ManifestFile
    private var minSequenceNumber: Int64?
    private var inheritsSequenceNumber: Bool

    init(
        bytes: [UInt8],
        rowsWithoutIDs: Int64,
        unassigned: ManifestFile,
        minSequenceNumber: Int64?,
        inheritsSequenceNumber: Bool
    ) {
        self.bytes = bytes
        self.rowsWithoutIDs = rowsWithoutIDs
        self.unassigned = unassigned
        self.minSequenceNumber = minSequenceNumber
        self.inheritsSequenceNumber = inheritsSequenceNumber
    }

    public var path: String { unassigned.path }

    /// The same without the file's bytes, which are in the store.
    func withoutBytes() -> WrittenManifest {
        var written = self
        written.bytes = []
        return written
    }

    /// What the list of a snapshot with this sequence number says about the manifest.
    public func assigned(sequenceNumber: Int64) -> ManifestFile {
        var manifest = unassigned
        manifest.sequenceNumber = sequenceNumber
        let inherited = inheritsSequenceNumber ? sequenceNumber : Int64.max
        manifest.minSequenceNumber = min(inherited, minSequenceNumber ?? Int64.max)
        return manifest
    }
}
