internal import Diagnostics
public import ObjectStore

/// Builds one snapshot from files that are already in the store.
public enum SnapshotProducer {
    /// Small manifests of one spec that a list may hold before they are merged into one.
    ///
    /// Source: Iceberg's `commit.manifest.min-count-to-merge`.
    public static let smallManifestsMax = 100

    /// Below this size a manifest is small; merged ones do not grow beyond it.
    ///
    /// Source: Iceberg's `commit.manifest.target-size-bytes`.
    public static let manifestTargetBytes: Int64 = 8 * 1024 * 1024

    /// Writes the manifests and the manifest list of a snapshot on top of `base`'s current one.
    ///
    /// Data and delete files go into separate manifests. Nothing is visible before the returned
    /// updates are committed; when producing fails, what it wrote is deleted again.
    ///
    /// - `base`: The table, with schema updates of the same commit already applied.
    /// - `fileNamePrefix`: Begins every file name; tells whose file an orphan was.
    /// - `newSnapshotID`: Positive and unused; see ``TableMetadata/unusedSnapshotID()``.
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
        try check(delta, base: base)
        var writer = SnapshotFiles(
            base: base,
            schema: try schema(for: delta, base: base),
            store: store,
            fileNamePrefix: fileNamePrefix,
            snapshotID: newSnapshotID
        )
        do {
            return try await produce(
                base,
                delta,
                &writer,
                max(nowMilliseconds, base.lastUpdatedMilliseconds)
            )
        } catch {
            await writer.deleteWrittenFiles()
            throw error
        }
    }

    private static func produce(
        _ base: TableMetadata,
        _ delta: RowDelta,
        _ files: inout SnapshotFiles,
        _ timestampMilliseconds: Int64
    ) async throws -> ProducedSnapshot {
        let inherited = try await base.manifests(of: base.currentSnapshot, store: files.store)
        let rest = try await ManifestFilter.filter(inherited, delta: delta, files: &files)
        var added: [ManifestFile] = []
        for group in [delta.dataFiles, delta.deleteFiles] {
            let bySpec = Dictionary(grouping: group, by: \.specID)
            for (_, group) in bySpec.sorted(by: { $0.key < $1.key }) {
                added.append(try await files.writeManifest(adding: group))
            }
        }
        let merged = try await ManifestMerger.merge(
            rest.kept,
            addedCount: added.count,
            files: &files
        )
        let list = try await files.writeList(added + rest.rewritten + merged)
        let snapshot = Snapshot(
            snapshotID: files.snapshotID,
            parentSnapshotID: base.currentSnapshotID,
            sequenceNumber: files.sequenceNumber,
            timestampMilliseconds: timestampMilliseconds,
            summary: try await summary(base, delta, removed: rest.removed, store: files.store),
            manifestList: list,
            schemaID: files.schema.schemaID
        )
        return ProducedSnapshot(
            snapshot: snapshot,
            updates: [
                .addSnapshot(snapshot),
                .setSnapshotReference(
                    name: SnapshotReference.main,
                    base.refs[SnapshotReference.main]?.moved(to: snapshot.snapshotID)
                        ?? SnapshotReference(snapshotID: snapshot.snapshotID, kind: .branch)
                ),
            ],
            requirements: [
                .assertTableUUID(base.tableUUID),
                .assertReferenceSnapshotID(
                    reference: SnapshotReference.main,
                    base.currentSnapshotID
                ),
            ],
            writtenFiles: files.written
        )
    }

    private static func schema(
        for delta: RowDelta,
        base: TableMetadata
    ) throws(SnapshotError) -> StoredSchema {
        let id = delta.schemaID ?? base.currentSchemaID
        guard let schema = base.storedSchema(id: id) else {
            throw SnapshotError(.unusable, "no schema of \(base.location) has the id \(id)")
        }
        return schema
    }

    private static func check(
        _ delta: RowDelta,
        base: TableMetadata
    ) throws(SnapshotError) {
        guard base.formatVersion == TableMetadata.defaultFormatVersion else {
            throw SnapshotError(
                .unusable,
                "\(base.location) has format version \(base.formatVersion), only version "
                    + "\(TableMetadata.defaultFormatVersion) can be written"
            )
        }
        var paths: Set<String> = []
        for file in delta.dataFiles + delta.deleteFiles {
            guard paths.insert(file.path).inserted else {
                throw SnapshotError(.unusable, "\(file.path) is added twice")
            }
            guard let spec = base.partitionSpec(id: file.specID) else {
                throw SnapshotError(
                    .unusable,
                    "\(file.path) names partition spec \(file.specID), which \(base.location) "
                        + "does not have"
                )
            }
            guard spec.fields.isEmpty else {
                throw SnapshotError(
                    .unusable,
                    "\(base.location) is partitioned by \(spec.fields.map(\.name)); "
                        + "only unpartitioned tables can be written"
                )
            }
        }
        if let file = delta.dataFiles.first(where: { $0.content != .data }) {
            throw SnapshotError(.unusable, "\(file.path) is a delete file among the data files")
        }
        if let file = delta.deleteFiles.first(where: { $0.content == .data }) {
            throw SnapshotError(.unusable, "\(file.path) is a data file among the delete files")
        }
    }

    private static func summary(
        _ base: TableMetadata,
        _ delta: RowDelta,
        removed: [DataFile],
        store: any ObjectStore
    ) async throws -> SnapshotSummary {
        let addedFiles = delta.dataFiles + delta.deleteFiles
        var added = FileTotals()
        added.count(addedFiles)
        var removedTotals = FileTotals()
        removedTotals.count(removed)
        var before = FileTotals()
        if let parent = base.currentSnapshot {
            if let totals = FileTotals(totalsOf: parent.summary) {
                before = totals
            } else {
                let live = try await base.liveFiles(of: parent, store: store)
                before.count((live.dataFiles + live.deleteFiles).map(\.file))
            }
        }
        var summary = SnapshotSummary(
            operation: delta.operation ?? operation(of: delta, removesFiles: !removed.isEmpty),
            properties: delta.summaryProperties
        )
        let partitions = Set((addedFiles + removed).map { PartitionKey($0) })
        summary.record(
            added: added,
            removed: removedTotals,
            totalsBefore: before,
            changedPartitionCount: partitions.count
        )
        return summary
    }

    private static func operation(
        of delta: RowDelta,
        removesFiles: Bool
    ) -> SnapshotSummary.Operation {
        let deletes = !delta.deleteFiles.isEmpty || removesFiles
        if !deletes { return .append }
        return delta.dataFiles.isEmpty ? .delete : .overwrite
    }

    private struct PartitionKey: Hashable {
        var specID: Int32
        var partition: PartitionTuple

        init(_ file: DataFile) {
            specID = file.specID
            partition = file.partition
        }
    }
}

/// A snapshot that cannot be built.
public struct SnapshotError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The delta does not fit the table; trying again cannot help.
        case unusable
        /// A file that was to go is not there any more: somebody else rewrote it.
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
