public import ObjectStore

/// A live file and the numbers that order it against deletes.
public struct LiveFile: Hashable, Sendable {
    public var file: DataFile
    public var dataSequenceNumber: Int64
    public var fileSequenceNumber: Int64
    /// The snapshot that added the file.
    public var snapshotID: Int64

    public init(
        file: DataFile,
        dataSequenceNumber: Int64,
        fileSequenceNumber: Int64,
        snapshotID: Int64
    ) {
        self.file = file
        self.dataSequenceNumber = dataSequenceNumber
        self.fileSequenceNumber = fileSequenceNumber
        self.snapshotID = snapshotID
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
    /// - Parameter snapshot: The current one when `nil`; no files for a table without snapshots.
    public func liveFiles(
        of snapshot: Snapshot? = nil,
        store: any ObjectStore
    ) async throws -> LiveFiles {
        fatalError("not written yet")
    }
}
