internal import Diagnostics
internal import ObjectStore

/// Names and writes the files of one snapshot, and remembers them.
struct SnapshotFiles {
    let base: TableMetadata
    let schema: StoredSchema
    let store: any ObjectStore
    let snapshotID: Int64
    let sequenceNumber: Int64
    private(set) var written: [String] = []
    private let namePrefix: String
    /// One attempt's files never collide with another's.
    private let attempt = randomUUIDText()

    init(
        base: TableMetadata,
        schema: StoredSchema,
        store: any ObjectStore,
        fileNamePrefix: String,
        snapshotID: Int64
    ) {
        self.base = base
        self.schema = schema
        self.store = store
        self.snapshotID = snapshotID
        sequenceNumber = base.lastSequenceNumber + 1
        namePrefix = "\(base.metadataFolder)/\(fileNamePrefix)-"
    }

    /// Starts a manifest of files that lie in one spec.
    func startManifest(
        content: ManifestFile.Content,
        specID: Int32,
        partitionType: PartitionType
    ) throws -> ManifestWriter {
        guard let spec = base.partitionSpec(id: specID) else {
            throw FormatError(
                file: "metadata of \(base.location)",
                "a manifest has partition spec \(specID), which the table does not have"
            )
        }
        return try ManifestWriter(
            path: "\(namePrefix)\(attempt)-m\(written.count).avro",
            content: content,
            spec: spec,
            partitionType: partitionType,
            schema: schema,
            snapshotID: snapshotID
        )
    }

    mutating func finishManifest(
        _ writer: consuming ManifestWriter
    ) async throws -> ManifestFile {
        let (bytes, manifest) = try writer.finish(sequenceNumber: sequenceNumber)
        written.append(manifest.path)
        try await store.put(manifest.path, bytes)
        return manifest
    }

    /// Writes new files of one kind and one spec.
    mutating func writeManifest(adding files: [DataFile]) async throws -> ManifestFile {
        var writer = try startManifest(
            content: files.first?.content == .data ? .data : .deletes,
            specID: files.first?.specID ?? base.defaultSpecID,
            partitionType: .unpartitioned
        )
        for file in files { try writer.add(file) }
        return try await finishManifest(writer)
    }

    mutating func writeList(_ manifests: [ManifestFile]) async throws -> String {
        let path = "\(namePrefix)snap-\(snapshotID)-\(attempt).avro"
        let bytes = try ManifestList.write(
            manifests,
            snapshotID: snapshotID,
            parentSnapshotID: base.currentSnapshotID,
            sequenceNumber: sequenceNumber,
            file: path
        )
        written.append(path)
        try await store.put(path, bytes)
        return path
    }

    /// Takes back what a failed attempt wrote; what cannot be deleted is an orphan.
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
