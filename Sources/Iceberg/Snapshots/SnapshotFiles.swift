internal import Diagnostics
internal import ObjectStore

/// Names and writes the files of one snapshot, and remembers them over all attempts to commit it.
struct SnapshotFiles {
    let store: any ObjectStore
    let snapshotID: Int64
    private let fileNamePrefix: String
    /// One snapshot's files never collide with another's.
    private let uniqueName = randomUUIDText()
    private(set) var written: [String] = []
    private var attempts = 0
    /// The table that manifests are written for at this attempt.
    private(set) var base: TableMetadata
    private(set) var schema: StoredSchema
    /// Row ids that the data files of a manifest of ours are still to get, by its path.
    private(set) var rowsWithoutIDs: [String: Int64] = [:]
    /// What was written at earlier attempts from the same manifests.
    var filtered: [FilteredManifest.Source: FilteredManifest] = [:]
    var merged: [[String]: WrittenManifest] = [:]
    var added: [WrittenManifest]?

    init(
        store: any ObjectStore,
        fileNamePrefix: String,
        snapshotID: Int64,
        base: TableMetadata,
        schema: StoredSchema
    ) {
        self.store = store
        self.fileNamePrefix = fileNamePrefix
        self.snapshotID = snapshotID
        self.base = base
        self.schema = schema
    }

    /// Starts an attempt on a table as it is now.
    ///
    /// Manifests of earlier attempts are used again, unless they would say something else.
    mutating func begin(on base: TableMetadata, schema: StoredSchema) {
        if base.formatVersion != self.base.formatVersion || schema != self.schema
            || base.partitionSpecs != self.base.partitionSpecs
        {
            filtered = [:]
            merged = [:]
            added = nil
        }
        self.base = base
        self.schema = schema
        attempts += 1
    }

    var sequenceNumber: Int64 { base.lastSequenceNumber + 1 }

    private var pathPrefix: String { "\(base.metadataFolder)/\(fileNamePrefix)-" }

    /// Starts a manifest of files that lie in one spec.
    ///
    /// - `inherited`: The types of partition values in manifests that it takes the place of; used
    ///   where the table no longer tells them.
    func startManifest(
        content: ManifestFile.Content,
        specID: Int32,
        inherited: PartitionType? = nil
    ) throws -> ManifestWriter {
        guard let spec = base.partitionSpec(id: specID) else {
            throw FormatError(
                file: "metadata of \(base.location)",
                "a manifest has partition spec \(specID), which the table does not have"
            )
        }
        guard let partitionType = base.partitionType(of: spec) ?? inherited else {
            throw FormatError(
                file: "metadata of \(base.location)",
                "the partition values of spec \(specID) have types that are not known"
            )
        }
        return ManifestWriter(
            path: "\(pathPrefix)\(uniqueName)-m\(written.count).avro",
            content: content,
            spec: spec,
            partitionType: partitionType,
            schema: schema,
            snapshotID: snapshotID,
            formatVersion: base.formatVersion
        )
    }

    mutating func finishManifest(
        _ writer: consuming ManifestWriter
    ) async throws -> WrittenManifest {
        let manifest = try writer.finish()
        written.append(manifest.path)
        rowsWithoutIDs[manifest.path] = manifest.rowsWithoutIDs
        try await store.put(manifest.path, manifest.bytes)
        return manifest.withoutBytes()
    }

    /// Writes new files of one kind and one spec, into more than one manifest where they are many.
    mutating func writeManifests(
        adding files: [DataFile],
        content: ManifestFile.Content,
        specID: Int32,
        dataSequenceNumber: Int64?
    ) async throws -> [WrittenManifest] {
        var manifests: [WrittenManifest] = []
        var next = 0
        while next < files.count {
            var writer = try startManifest(content: content, specID: specID)
            while next < files.count,
                writer.encodedByteCount < SnapshotProducer.manifestEncodedBytesMax
            {
                try writer.add(files[next], dataSequenceNumber: dataSequenceNumber)
                next += 1
            }
            manifests.append(try await finishManifest(writer))
        }
        return manifests
    }

    mutating func writeList(
        _ manifests: [ManifestFile],
        parentSnapshotID: Int64?
    ) async throws -> String {
        let path = "\(pathPrefix)snap-\(snapshotID)-\(attempts)-\(uniqueName).avro"
        let bytes = try ManifestList.write(
            manifests,
            snapshotID: snapshotID,
            parentSnapshotID: parentSnapshotID,
            sequenceNumber: sequenceNumber,
            formatVersion: base.formatVersion,
            firstRowID: base.hasRowLineage ? base.nextRowID : nil,
            file: path
        )
        written.append(path)
        try await store.put(path, bytes)
        return path
    }

    /// Takes back what failed attempts wrote; what cannot be deleted is an orphan.
    func deleteWrittenFiles() async {
        for path in written { try? await store.delete(path) }
    }
}

extension TableMetadata {
    /// The folder of metadata files, without a slash at its end.
    public var metadataFolder: String {
        if let folder = properties["write.metadata.path"] { return folder.droppingSlashes }
        return "\(location.droppingSlashes)/metadata"
    }

    /// The folder of data and delete files, without a slash at its end.
    public var dataFolder: String {
        if let folder = properties["write.data.path"] { return folder.droppingSlashes }
        return "\(location.droppingSlashes)/data"
    }
}

extension String {
    fileprivate var droppingSlashes: String {
        var text = self
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
