public import ObjectStore

/// Builds one snapshot from files that are already in the store, in a single attempt.
public enum SnapshotProducer {
    /// Small manifests of one spec that a list may hold before they are merged into one.
    ///
    /// Source: Iceberg's `commit.manifest.min-count-to-merge`.
    public static let smallManifestsMax = 100

    /// Below this size a manifest is small; merged ones do not grow beyond it.
    ///
    /// Source: Iceberg's `commit.manifest.target-size-bytes`.
    public static let manifestTargetBytes: Int64 = 8 * 1024 * 1024

    /// Bytes of entries, not compressed, that a manifest of new files may have.
    public static let manifestEncodedBytesMax = 32 * 1024 * 1024

    /// Writes the manifests and the manifest list of a snapshot on top of `base`'s current one.
    ///
    /// Data and delete files go into separate manifests. Nothing is visible before the returned
    /// updates are committed; when producing fails, what it wrote is deleted again.
    ///
    /// - `base`: The table, with schema updates of the same commit already applied.
    /// - `fileNamePrefix`: Begins every file name; tells whose file an orphan was.
    /// - `newSnapshotID`: Positive and unused; see ``TableMetadata/unusedSnapshotID()``.
    ///
    /// - Throws: ``SnapshotError`` when the delta does not fit the table, `FormatError` and
    ///   `StoreError` from reading and writing manifests.
    public static func produce(
        base: TableMetadata,
        delta: RowDelta,
        store: any ObjectStore,
        fileNamePrefix: String,
        newSnapshotID: Int64,
        nowMilliseconds: Int64
    ) async throws -> ProducedSnapshot {
        var pending = PendingSnapshot(
            delta: delta,
            store: store,
            fileNamePrefix: fileNamePrefix,
            snapshotID: newSnapshotID
        )
        do {
            return try await pending.produce(on: base, nowMilliseconds: nowMilliseconds)
        } catch {
            await pending.deleteWrittenFiles()
            throw error
        }
    }
}

/// A snapshot that cannot be built.
public struct SnapshotError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The delta does not fit the table; trying again cannot help.
        case unusable
        /// What the delta goes by is not there any more: somebody else rewrote it.
        case conflict
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
