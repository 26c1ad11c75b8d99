internal import Iceberg
public import KeyIndex
public import TableModel

/// The key index of a table, read from its files.
public struct RebuiltIndex {
    public var index: KeyIndex
    /// Live rows whose key another live row has; the index knows the newest one of each key.
    public var duplicateKeys: Int
}

extension TableScan {
    /// Reads the key columns of all live rows, which stand in the key's order, into an index.
    ///
    /// It holds the fingerprints of `fingerprinter`. Throws as ``forEachBatch(fields:_:)``.
    public func rebuildIndex(
        keyFields: [SchemaField],
        fingerprinter: KeyFingerprinter
    ) async throws -> RebuiltIndex {
        let live = try await metadata.liveFiles(store: store)
        let index = KeyIndex(
            isExact64: fingerprinter.isExact64,
            expectedCount: Self.expectedLiveRows(live)
        )
        var duplicateKeys = 0
        var file = -1
        try await forEachBatch(of: live, fields: keyFields) { batch in
            if index.filePaths.last != batch.filePath { file = index.addFile(batch.filePath) }
            let keys = fingerprinter.fingerprints(of: batch.columns)
            let first = batch.firstPosition
            let (number, rows) = (file, batch.liveRows)
            duplicateKeys += index.setAll(rows.map { $0.map { keys[Int($0)] } } ?? keys) { row in
                let offset = rows.map { Int($0[row]) } ?? row
                return RowLocation(file: number, position: first + offset)
            }
        }
        return RebuiltIndex(index: index, duplicateKeys: duplicateKeys)
    }

    /// Rows less position deletes, which seldom repeat; only a start, so no more than a guess.
    private static func expectedLiveRows(_ live: LiveFiles) -> Int {
        let rows = live.dataFiles.reduce(0) { $0 + max(0, $1.file.recordCount) }
        let deletes = live.deleteFiles.filter { $0.file.content == .positionDeletes }
            .reduce(0) { $0 + max(0, $1.file.recordCount) }
        return Int(min(max(0, rows - deletes), Int64(expectedRowsMax)))
    }

    /// Counts in manifests come from outside; memory is not reserved on their word beyond this.
    private static var expectedRowsMax: Int { 64 << 20 }
}
