internal import Diagnostics
public import ObjectStore

/// One snapshot that is to be committed: built on a table as it is, and again on what the table has
/// become when the commit met a conflict.
///
/// Manifests are written once; another attempt needs only another manifest list, with the sequence
/// number and row ids that are free then, and what has changed among inherited manifests.
///
/// Source: Iceberg specification, "Commit Conflict Resolution and Retry".
public struct PendingSnapshot {
    public let delta: RowDelta
    private let store: any ObjectStore
    private let fileNamePrefix: String
    private let snapshotID: Int64
    private var files: SnapshotFiles?

    /// `fileNamePrefix` begins every file name and tells whose file an orphan was; `snapshotID` is
    /// positive and unused, see ``TableMetadata/unusedSnapshotID()``.
    public init(
        delta: RowDelta,
        store: any ObjectStore,
        fileNamePrefix: String,
        snapshotID: Int64
    ) {
        self.delta = delta
        self.store = store
        self.fileNamePrefix = fileNamePrefix
        self.snapshotID = snapshotID
    }

    /// Builds the snapshot on top of the branch's current one.
    ///
    /// Nothing is visible before the returned updates are committed.
    ///
    /// - `base`: The table, with schema updates of the same commit already applied.
    /// - Throws: ``SnapshotError`` when the delta does not fit the table, or conflicts with what
    ///   others committed since its basis; `FormatError` and `StoreError` from manifests.
    public mutating func produce(
        on base: TableMetadata,
        nowMilliseconds: Int64
    ) async throws -> ProducedSnapshot {
        try delta.check(for: base)
        guard base.snapshot(id: snapshotID) == nil else {
            throw SnapshotError(.unusable, "\(base.location) has snapshot \(snapshotID) already")
        }
        guard base.lastSequenceNumber < .max else {
            throw SnapshotError(.unusable, "\(base.location) has no sequence numbers left")
        }
        let parent = base.snapshot(of: delta.branch)
        try await delta.checkConflicts(in: base, head: parent?.snapshotID, store: store)
        let schema = try schema(in: base)
        var files =
            files
            ?? SnapshotFiles(
                store: store,
                fileNamePrefix: fileNamePrefix,
                snapshotID: snapshotID,
                base: base,
                schema: schema
            )
        files.begin(on: base, schema: schema)
        defer { self.files = files }
        return try await build(
            &files,
            parent: parent,
            timestampMilliseconds: max(nowMilliseconds, base.lastUpdatedMilliseconds)
        )
    }

    /// Deletes what all attempts wrote; for a commit that definitely failed.
    public func deleteWrittenFiles() async { await files?.deleteWrittenFiles() }

    private func schema(in base: TableMetadata) throws(SnapshotError) -> StoredSchema {
        let id = delta.schemaID ?? base.currentSchemaID
        guard let schema = base.storedSchema(id: id) else {
            throw SnapshotError(.unusable, "no schema of \(base.location) has the id \(id)")
        }
        return schema
    }

    private func build(
        _ files: inout SnapshotFiles,
        parent: Snapshot?,
        timestampMilliseconds: Int64
    ) async throws -> ProducedSnapshot {
        let base = files.base
        let inherited = try await base.manifests(of: parent, store: store)
        let rest = try await ManifestFilter.filter(inherited, delta: delta, files: &files)
        try delta.checkRowsStay(removed: rest.removed, base)
        let added = try await addedManifests(&files)
        let merged = try await ManifestMerger.merge(
            rest.kept,
            addedCount: added.count,
            files: &files
        )
        let number = files.sequenceNumber
        var manifests =
            added.map { $0.assigned(sequenceNumber: number) } + rest.rewritten + merged
        var nextRowID = base.nextRowID
        if base.hasRowLineage {
            (manifests, nextRowID) = try RowLineage.assigning(
                manifests,
                from: base.nextRowID,
                rowsWithoutIDs: files.rowsWithoutIDs
            )
        }
        let list = try await files.writeList(manifests, parentSnapshotID: parent?.snapshotID)
        let summary = try await SnapshotSummary(
            of: delta,
            removed: rest.removed,
            parent: parent,
            base: base,
            store: store
        )
        let snapshot = Snapshot(
            snapshotID: snapshotID,
            parentSnapshotID: parent?.snapshotID,
            sequenceNumber: number,
            timestampMilliseconds: timestampMilliseconds,
            summary: summary,
            manifestList: list,
            schemaID: files.schema.schemaID,
            firstRowID: base.hasRowLineage ? base.nextRowID : nil,
            addedRows: base.hasRowLineage ? nextRowID - base.nextRowID : nil
        )
        let used = Set(manifests.map(\.path) + [list])
        return produced(
            snapshot,
            on: base,
            written: files.written,
            unused: files.written.filter { !used.contains($0) }
        )
    }

    /// New files, by kind and spec: delete files of old specs go into manifests of those.
    private func addedManifests(_ files: inout SnapshotFiles) async throws -> [WrittenManifest] {
        if let added = files.added { return added }
        var added: [WrittenManifest] = []
        for content in [ManifestFile.Content.data, .deletes] {
            let group = content == .data ? delta.dataFiles : delta.deleteFiles
            let bySpec = Dictionary(grouping: group, by: \.specID)
            for (specID, group) in bySpec.sorted(by: { $0.key < $1.key }) {
                added += try await files.writeManifests(
                    adding: group,
                    content: content,
                    specID: specID,
                    dataSequenceNumber: content == .data ? delta.dataSequenceNumber : nil
                )
            }
        }
        files.added = added
        return added
    }

    private func produced(
        _ snapshot: Snapshot,
        on base: TableMetadata,
        written: [String],
        unused: [String]
    ) -> ProducedSnapshot {
        let reference =
            base.refs[delta.branch]?.moved(to: snapshot.snapshotID)
            ?? SnapshotReference(snapshotID: snapshot.snapshotID, kind: .branch)
        return ProducedSnapshot(
            snapshot: snapshot,
            updates: [
                .addSnapshot(snapshot),
                .setSnapshotReference(name: delta.branch, reference),
            ],
            requirements: [
                .assertTableUUID(base.tableUUID),
                .assertReferenceSnapshotID(
                    reference: delta.branch,
                    snapshot.parentSnapshotID
                ),
            ],
            writtenFiles: written,
            unusedFiles: unused
        )
    }
}

extension TableMetadata {
    /// The snapshot that a branch or tag points to.
    public func snapshot(of reference: String) -> Snapshot? {
        refs[reference].flatMap { snapshot(id: $0.snapshotID) }
    }
}
