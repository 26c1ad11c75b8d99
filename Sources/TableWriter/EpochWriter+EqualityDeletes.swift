public import Iceberg
import KeyIndex
public import Puffin

extension EpochWriter {
    /// Deletes rows by their positions that older commits deleted by key, in place of those deletes.
    ///
    /// Readers compare every row of all older files with deletes by key, which costs them more than
    /// anything else that we could do to them.
    ///
    /// - Parameters:
    ///   - deletes: The equality delete files that go.
    ///   - dataFiles: Paths of the data files in which their rows were searched.
    ///   - rows: By data file, what was found.
    /// - Returns: Whether it is done; nothing is where the table has other files by now.
    /// - Throws: What reading the table's manifests throws: `StoreError`, `FormatError`.
    public func convertEqualityDeletes(
        _ deletes: [DataFile],
        searched dataFiles: Set<String>,
        rows: [String: RoaringBitmap]
    ) async throws -> Bool {
        if files.replacesAllFiles { return true }
        let table = try await tableFiles()
        let numbers = deletes.map { table.sequenceNumber(ofEqualityDeletes: $0.path) }
        guard let newest = numbers.compactMap({ $0 }).max(), !numbers.contains(nil),
            table.allEntries.allSatisfy({
                $0.sequenceNumber >= newest || dataFiles.contains($0.file.path)
            })
        else { return false }
        for (path, rows) in rows where table[path] != nil {
            deletedRows[index.addFile(path), default: RoaringBitmap()].formUnion(rows)
        }
        files.removedFiles += deletes
        return true
    }
}
