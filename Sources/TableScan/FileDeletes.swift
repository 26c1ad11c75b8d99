public import Iceberg

/// One data file of a table, the deletes that apply to it, and how many of its rows they take.
public struct FileDeletes: Sendable {
    public var data: LiveFile
    /// Position delete files and deletion vectors that speak of the file.
    public var positionDeletes: [LiveFile]
    public var equalityDeletes: [LiveFile]
    /// Rows that are deleted, each counted once whatever deletes it.
    public var deletedRowCount: Int64

    public init(
        data: LiveFile,
        positionDeletes: [LiveFile],
        equalityDeletes: [LiveFile],
        deletedRowCount: Int64
    ) {
        self.data = data
        self.positionDeletes = positionDeletes
        self.equalityDeletes = equalityDeletes
        self.deletedRowCount = deletedRowCount
    }
}

extension TableScan {
    /// What is deleted of each data file of the snapshot, in the order of the manifests.
    ///
    /// Reads the delete files; of data files only the columns that equality deletes go by, and only
    /// where such deletes apply.
    /// - Throws: `StoreError`, `FormatError`.
    public func deletes(_ live: LiveFiles) async throws -> [FileDeletes] {
        let positions = try await PositionDeletes(live, store: store)
        var files = live.dataFiles.map { data in
            FileDeletes(
                data: data,
                positionDeletes: positions.files(for: data.file.path),
                equalityDeletes: live.deleteFiles.filter {
                    EqualityDeletes.applies($0, to: data, of: metadata)
                },
                deletedRowCount: 0
            )
        }
        let scanned = files.filter { !$0.equalityDeletes.isEmpty }.map(\.data)
        let liveRowCounts = try await liveRowCounts(of: scanned, live.deleteFiles)
        for (index, file) in files.enumerated() {
            let path = file.data.file.path
            if !file.equalityDeletes.isEmpty {
                let count = liveRowCounts[path] ?? 0
                files[index].deletedRowCount = file.data.file.recordCount - Int64(count)
            } else if !file.positionDeletes.isEmpty {
                let opened = try await ParquetFile.open(path, store: store)
                let deleted = try await positions.deletedRows(
                    ofFile: path,
                    rowCount: opened.rowCount
                )
                files[index].deletedRowCount = Int64(deleted.count)
            }
        }
        return files
    }

    /// By path; files without live rows are left out.
    private func liveRowCounts(
        of dataFiles: [LiveFile],
        _ deleteFiles: [LiveFile]
    ) async throws -> [String: Int] {
        guard !dataFiles.isEmpty else { return [:] }
        var counts: [String: Int] = [:]
        let live = LiveFiles(dataFiles: dataFiles, deleteFiles: deleteFiles)
        try await forEachBatch(of: live, fields: []) {
            counts[$0.filePath, default: 0] += $0.liveRowCount
        }
        return counts
    }
}
