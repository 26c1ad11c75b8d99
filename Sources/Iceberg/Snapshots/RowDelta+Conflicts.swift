internal import ObjectStore

/// What others committed between a delta's basis and now, as far as it speaks against the delta.
///
/// Source: Iceberg's `RowDelta` and `RewriteFiles` validations.
extension RowDelta {
    /// - Throws: ``SnapshotError`` `.conflict` naming a file; `FormatError` and `StoreError`.
    func checkConflicts(
        in base: TableMetadata,
        head: Int64?,
        store: any ObjectStore
    ) async throws {
        guard case .snapshot(let from) = basis, from != head else { return }
        guard let head else {
            throw SnapshotError(
                .conflict,
                "branch \(branch) of \(base.location) is gone, it was at "
                    + "\(from.map(String.init) ?? "no snapshot")"
            )
        }
        guard let changes = try await base.changes(from: from, to: head, store: store) else {
            throw SnapshotError(
                .conflict,
                "branch \(branch) of \(base.location) is at \(head), which does not follow "
                    + "\(from.map(String.init) ?? "no snapshot")"
            )
        }
        try checkReferencedFilesAreLive(changes, base)
        try checkVectorsAreSingle(changes, base)
        try checkRewrittenFilesHaveNoNewDeletes(changes, base)
        try checkReplacedPartitionsAreAsKnown(changes, base)
    }

    /// Data files that position deletes speak of.
    private var referencedDataFiles: Set<String> {
        Set(
            deleteFiles.filter { $0.content == .positionDeletes }.compactMap(\.referencedDataFile)
        )
    }

    private func checkReferencedFilesAreLive(
        _ changes: [SnapshotChange],
        _ base: TableMetadata
    ) throws(SnapshotError) {
        let referenced = referencedDataFiles
        for change in changes {
            for file in change.removedDataFiles where referenced.contains(file.path) {
                throw SnapshotError(
                    .conflict,
                    "rows of \(file.path) are to be deleted, but snapshot "
                        + "\(change.snapshot.snapshotID) of \(base.location) took the file away"
                )
            }
        }
    }

    private func checkVectorsAreSingle(
        _ changes: [SnapshotChange],
        _ base: TableMetadata
    ) throws(SnapshotError) {
        let vectors = deleteFiles.filter(\.isDeletionVector).compactMap(\.referencedDataFile)
        let referenced = Set(vectors)
        for change in changes {
            for added in change.addedDeleteFiles where added.file.isDeletionVector {
                guard let path = added.file.referencedDataFile, referenced.contains(path) else {
                    continue
                }
                throw SnapshotError(
                    .conflict,
                    "\(path) got a deletion vector in snapshot \(change.snapshot.snapshotID) of "
                        + "\(base.location) meanwhile"
                )
            }
        }
    }

    /// A rewrite holds the rows as they were: deletes by position that came later would be lost,
    /// and so would deletes by key unless the new files count as old as the rows.
    private func checkRewrittenFilesHaveNoNewDeletes(
        _ changes: [SnapshotChange],
        _ base: TableMetadata
    ) throws(SnapshotError) {
        guard !removedPaths.isEmpty, !dataFiles.isEmpty else { return }
        for change in changes {
            for added in change.addedDeleteFiles {
                let isHit: Bool
                if added.file.content == .equalityDeletes {
                    isHit = dataSequenceNumber == nil
                } else {
                    // Without a name it may speak of any data file.
                    isHit = added.file.referencedDataFile.map(removedPaths.contains) ?? true
                }
                guard isHit else { continue }
                throw SnapshotError(
                    .conflict,
                    "snapshot \(change.snapshot.snapshotID) of \(base.location) deleted rows of "
                        + "files that are rewritten, in \(added.file.path)"
                )
            }
        }
    }

    /// What is in partitions that are replaced was seen by whoever made the delta.
    private func checkReplacedPartitionsAreAsKnown(
        _ changes: [SnapshotChange],
        _ base: TableMetadata
    ) throws(SnapshotError) {
        guard !replacedPartitions.isEmpty else { return }
        // A rewrite adds no rows that were not there before.
        for change in changes where change.changesRows {
            for added in change.addedDataFiles + change.addedDeleteFiles
            where replacedPartitions.contains(added.file.inPartition) {
                throw SnapshotError(
                    .conflict,
                    "snapshot \(change.snapshot.snapshotID) of \(base.location) added "
                        + "\(added.file.path) to a partition that is replaced"
                )
            }
        }
    }
}
