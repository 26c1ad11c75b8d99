internal import Diagnostics
public import ObjectStore

/// A live file and the numbers that order it against deletes.
public struct LiveFile: Hashable, Sendable {
    public var file: DataFile
    public var dataSequenceNumber: Int64
    public var fileSequenceNumber: Int64
    /// The snapshot that added the file.
    public var snapshotID: Int64
    /// The manifest it was read from, where known.
    public var manifestPath: String?

    public init(
        file: DataFile,
        dataSequenceNumber: Int64,
        fileSequenceNumber: Int64,
        snapshotID: Int64,
        manifestPath: String? = nil
    ) {
        self.file = file
        self.dataSequenceNumber = dataSequenceNumber
        self.fileSequenceNumber = fileSequenceNumber
        self.snapshotID = snapshotID
        self.manifestPath = manifestPath
    }
}

/// The files that make up one snapshot.
public struct LiveFiles: Sendable {
    public var dataFiles: [LiveFile]
    public var deleteFiles: [LiveFile]

    public init(dataFiles: [LiveFile] = [], deleteFiles: [LiveFile] = []) {
        self.dataFiles = dataFiles
        self.deleteFiles = deleteFiles
    }
}

extension TableMetadata {
    /// Reads the manifests of a snapshot.
    ///
    /// - `snapshot`: The current one when `nil`; no files for a table without snapshots.
    /// - Throws: ``FormatError`` or ``StoreError``.
    public func liveFiles(
        of snapshot: Snapshot? = nil,
        store: any ObjectStore
    ) async throws -> LiveFiles {
        var live = LiveFiles()
        for manifest in try await manifests(of: snapshot ?? currentSnapshot, store: store)
        where manifest.mayHoldLiveFiles {
            let contents = try await ManifestReader.read(manifest, store: store)
            for entry in contents.entries where entry.isLive {
                guard let file = LiveFile(entry, manifestPath: manifest.path) else { continue }
                if file.file.content == .data {
                    live.dataFiles.append(file)
                } else {
                    live.deleteFiles.append(file)
                }
            }
        }
        return live
    }

    /// The manifests of a snapshot, in the order of its list.
    ///
    /// - Throws: ``FormatError`` or ``StoreError``.
    public func manifests(
        of snapshot: Snapshot?,
        store: any ObjectStore
    ) async throws -> [ManifestFile] {
        guard let snapshot else { return [] }
        if let list = snapshot.manifestList {
            return try ManifestList.read(try await store.read(list, range: nil), file: list)
        }
        // A snapshot of V1 may name its manifests directly, and then says nothing about them.
        var manifests: [ManifestFile] = []
        for path in snapshot.manifests {
            let bytes = try await store.read(path, range: nil)
            manifests.append(
                ManifestFile(
                    path: path,
                    lengthBytes: Int64(bytes.count),
                    specID: try ManifestReader.specID(bytes, file: path),
                    content: .data,
                    sequenceNumber: 0,
                    minSequenceNumber: 0,
                    addedSnapshotID: snapshot.snapshotID,
                    added: nil,
                    existing: nil,
                    deleted: nil,
                    partitions: nil
                )
            )
        }
        return manifests
    }
}

extension LiveFile {
    /// `nil` for an entry that has not inherited its numbers.
    init?(_ entry: ManifestEntry, manifestPath: String) {
        guard let dataSequenceNumber = entry.dataSequenceNumber,
            let fileSequenceNumber = entry.fileSequenceNumber, let snapshotID = entry.snapshotID
        else { return nil }
        self.init(
            file: entry.file,
            dataSequenceNumber: dataSequenceNumber,
            fileSequenceNumber: fileSequenceNumber,
            snapshotID: snapshotID,
            manifestPath: manifestPath
        )
    }
}

extension ManifestReader {
    /// Reads a manifest from the store.
    public static func read(
        _ manifest: ManifestFile,
        store: any ObjectStore
    ) async throws -> ManifestContents {
        try read(try await store.read(manifest.path, range: nil), manifest: manifest)
    }
}
