public import Iceberg
public import Puffin

/// The rows that equality deletes take from a snapshot, told by their positions.
///
/// It stays true for the files that it names, whatever is committed later: which rows of a data file
/// a delete takes follows from the sequence numbers of the two.
public struct RowsDeletedByKey: Sendable {
    /// The equality delete files.
    public var deleteFiles: [DataFile] = []
    /// Paths of the data files that are older than one of the deletes.
    public var olderDataFiles: Set<String> = []
    /// By data file, its deleted rows, whatever deletes them; only of files from which a delete by
    /// key takes some.
    public var rows: [String: RoaringBitmap] = [:]

    public init() {}
}

extension TableScan {
    /// Looks for the rows that equality deletes take from the current snapshot.
    ///
    /// Reads the delete files, and of older data files the columns that they go by. Memory: as
    /// ``forEachBatch(fields:_:)``, and the result.
    ///
    /// - Throws: `StoreError`, `FormatError`.
    public func rowsDeletedByKey() async throws -> RowsDeletedByKey {
        var found = RowsDeletedByKey()
        let live = try await metadata.liveFiles(store: store)
        let deletes = live.deleteFiles.filter { $0.file.content == .equalityDeletes }
        guard let newest = deletes.map(\.dataSequenceNumber).max() else { return found }
        let older = live.dataFiles.filter { $0.dataSequenceNumber < newest }
        found.deleteFiles = deletes.map(\.file)
        found.olderDataFiles = Set(older.map(\.file.path))
        let affected = older.filter { data in
            deletes.contains { EqualityDeletes.applies($0, to: data, of: metadata) }
        }
        let searched = LiveFiles(dataFiles: affected, deleteFiles: live.deleteFiles)
        try await forEachFile(of: searched, fields: []) { scan in
            let rows = try await scan.deletedRows()
            if rows.count > scan.deleted.count { found.rows[scan.file.path] = rows }
        }
        return found
    }
}

extension DataFileScan {
    /// The rows that no batch has.
    fileprivate func deletedRows() async throws -> RoaringBitmap {
        var deleted = RoaringBitmap()
        var next = 0
        try await forEachBatch { batch in
            deleted.insert(range: next..<batch.firstPosition)
            next = batch.firstPosition + batch.rowCount
            guard let live = batch.liveRows else { return }
            var dead: [Int] = []
            var row = 0
            for liveRow in live {
                dead.append(contentsOf: row..<Int(liveRow))
                row = Int(liveRow) + 1
            }
            dead.append(contentsOf: row..<batch.rowCount)
            deleted.insert(contentsOf: dead.map { batch.firstPosition + $0 })
        }
        deleted.insert(range: next..<file.rowCount)
        return deleted
    }
}
