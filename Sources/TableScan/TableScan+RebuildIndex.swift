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
    /// It holds the fingerprints of `fingerprinter`; where those are of whole rows, `keyFields` are
    /// the rows' fields and no row is a duplicate. Throws as ``forEachBatch(fields:_:)``.
    public func rebuildIndex(
        keyFields: [SchemaField],
        fingerprinter: KeyFingerprinter
    ) async throws -> RebuiltIndex {
        let live = try await metadata.liveFiles(store: store)
        let index = KeyIndex(
            fingerprinter: fingerprinter,
            expectedCount: Self.expectedLiveRows(live)
        )
        let keys = IndexedKeys(index: index, fields: keyFields, fingerprinter: fingerprinter)
        var duplicateKeys = 0
        try await forEachBatch(of: live, fields: keyFields) { batch in
            try Task.checkCancellation()
            duplicateKeys += try await keys.add(batch, store: store)
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
