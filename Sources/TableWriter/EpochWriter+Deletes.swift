import Iceberg
import KeyIndex
import ObjectStore
import Puffin

/// An index names a data file that the table does not have.
public struct UnknownDataFile: Error, Sendable, CustomStringConvertible {
    public var path: String
    public var description: String {
        "the key index knows rows of \(path), which is no live file of the table"
    }
}

extension EpochWriter {
    /// Notes rows of data files that go; positions in any order.
    func deleteRows(_ positions: [Int: [Int]]) {
        for (file, rows) in positions {
            deletedRows[file, default: RoaringBitmap()].insert(contentsOf: rows.sorted())
        }
    }

    /// Writes one delete file for each data file that lost rows, in place of those it had.
    func writeDeletes() async throws {
        for (file, rows) in deletedRows.sorted(by: { $0.key < $1.key }) {
            let path = index.filePath(file)
            if let number = files.dataFiles.firstIndex(where: { $0.path == path }) {
                try await writeDeletes(rows, ofNewFile: number)
            } else {
                try await writeDeletes(rows, ofOldFile: path)
            }
        }
        deletedRows = [:]
    }

    /// Deletes rows of a file that this epoch wrote; one without live rows never appears.
    private func writeDeletes(_ rows: RoaringBitmap, ofNewFile number: Int) async throws {
        let file = files.dataFiles[number]
        guard rows.count < Int(file.recordCount) else {
            files.dataFiles.remove(at: number)
            index.removeFile(file.path)
            try await store.delete(file.path)
            return
        }
        files.deleteFiles.append(try await writeDeleteFile(rows, of: file))
    }

    /// Deletes rows of an older file: what it had of deletes is merged into the new delete file.
    ///
    /// Readers open each delete file that belongs to a data file, so there is never more than one
    /// of ours. Deletes that speak of several data files stay where they are.
    private func writeDeletes(_ rows: RoaringBitmap, ofOldFile path: String) async throws {
        guard let entry = try await tableFiles()[path] else {
            throw UnknownDataFile(path: path)
        }
        var rows = rows
        for old in entry.deletes {
            rows.formUnion(try await deletedRows(listedBy: old, of: entry.file))
            files.removedPaths.insert(old.path)
        }
        guard rows.count < Int(entry.file.recordCount) else {
            files.removedPaths.insert(path)
            index.removeFile(path)
            return
        }
        let written = try await writeDeleteFile(rows, of: entry.file)
        deletedRowsCache.insert(rows, of: written)
        files.deleteFiles.append(written)
    }

    private func deletedRows(
        listedBy delete: DataFile,
        of file: DataFile
    ) async throws -> RoaringBitmap {
        if let kept = deletedRowsCache.rows(of: delete) { return kept }
        return try await olderFiles.deletedRows(delete, file)
    }

    private func writeDeleteFile(_ rows: RoaringBitmap, of file: DataFile) async throws -> DataFile
    {
        try await writePositionDeletes(
            of: file,
            rows: rows,
            to: nextPath(kind: "pos-deletes"),
            store: store
        )
    }
}
