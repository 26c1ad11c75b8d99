public import ObjectStore

/// Builds one snapshot from files that are already in the store.
public enum SnapshotProducer {
    /// Writes the manifests and the manifest list of a snapshot on top of `base`'s current one.
    ///
    /// Data and delete files go into separate manifests. Nothing is visible before the returned
    /// updates are committed.
    ///
    /// - Parameters:
    ///   - base: The table, with schema updates of the same commit already applied.
    ///   - fileNamePrefix: Begins every file name; tells whose file an orphan was.
    ///   - newSnapshotID: Positive and unused; see ``TableMetadata/unusedSnapshotID()``.
    public static func produce(
        base: TableMetadata,
        delta: RowDelta,
        store: any ObjectStore,
        fileNamePrefix: String,
        newSnapshotID: Int64,
        nowMilliseconds: Int64
    ) async throws -> ProducedSnapshot {
        fatalError("not written yet")
    }
}
