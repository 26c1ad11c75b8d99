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

    /// Writes the deletes of each data file that lost rows, in place of those it had.
    func writeDeletes() async throws {
        for (file, rows) in deletedRows.sorted(by: { $0.key < $1.key }) {
            let path = index.filePath(file)
            let number = files.dataFiles.firstIndex { $0.path == path }
            let loss =
                if let number {
                    try await lossOfNewFile(rows, number: number)
                } else {
                    try await lossOfOldFile(rows, path: path)
                }
            guard let loss else {
                index.removeFile(path)
                continue
            }
            files.deleteFiles.append(try await write(loss))
        }
        deletedRows = [:]
    }

    /// A data file and all of its deleted rows.
    private struct Loss {
        var dataFile: DataFile
        var rows: RoaringBitmap
    }

    /// What a file of this epoch lost.
    ///
    /// - Returns: nil when it has no live row: then it never appears.
    private func lossOfNewFile(_ rows: RoaringBitmap, number: Int) async throws -> Loss? {
        let file = files.dataFiles[number]
        guard rows.count < Int(file.recordCount) else {
            files.dataFiles.remove(at: number)
            try await store.delete(file.path)
            return nil
        }
        return Loss(dataFile: file, rows: rows)
    }

    /// What an older file lost by now: what it had of deletes goes, and is merged into the new ones.
    ///
    /// Readers open each delete file that belongs to a data file, so there is never more than one of
    /// ours. Delete files that speak of several data files stay where they are; where a deletion
    /// vector hides them, it holds what they list.
    ///
    /// - Returns: nil when the file has no live row: then it goes.
    private func lossOfOldFile(_ rows: RoaringBitmap, path: String) async throws -> Loss? {
        guard let entry = try await tableFiles()[path] else { throw UnknownDataFile(path: path) }
        let rows = try await allDeletedRows(
            of: entry,
            and: rows,
            withShared: layout.usesDeletionVectors
        )
        files.removedFiles += entry.deletes
        guard rows.count < Int(entry.file.recordCount) else {
            files.removedFiles.append(entry.file)
            return nil
        }
        return Loss(dataFile: entry.file, rows: rows)
    }

    /// What the deletes of an older file list, and `rows`.
    ///
    /// `withShared` takes in delete files that speak of several data files, too.
    func allDeletedRows(
        of entry: TableFiles.Entry,
        and rows: RoaringBitmap,
        withShared: Bool
    ) async throws -> RoaringBitmap {
        var rows = rows
        for old in entry.deletes {
            if let kept = deletedRowsCache.rows(of: old) {
                rows.formUnion(kept)
            } else {
                rows.formUnion(try await olderFiles.deletedRows(old, entry.file))
            }
        }
        if withShared, let shared = try await olderFiles.sharedDeletedRows()[entry.file.path] {
            rows.formUnion(shared)
        }
        return rows
    }

    private func write(_ loss: Loss) async throws -> DataFile {
        let file =
            if layout.usesDeletionVectors {
                try await writeDeletionVector(
                    of: loss.dataFile,
                    rows: loss.rows,
                    to: nextPath(kind: "pos-deletes", suffix: "puffin"),
                    store: store
                )
            } else {
                try await writePositionDeletes(
                    of: loss.dataFile,
                    rows: loss.rows,
                    to: nextPath(kind: "pos-deletes"),
                    store: store
                )
            }
        deletedRowsCache.insert(loss.rows, of: file)
        return file
    }
}
