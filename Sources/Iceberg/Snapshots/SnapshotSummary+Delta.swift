internal import ObjectStore

extension SnapshotSummary {
    /// What a snapshot of `delta` on top of `parent` does, and the totals after it.
    ///
    /// Totals that the parent's summary lacks are counted from its manifests.
    init(
        of delta: RowDelta,
        removed: [DataFile],
        parent: Snapshot?,
        base: TableMetadata,
        store: any ObjectStore
    ) async throws {
        let addedFiles = delta.dataFiles + delta.deleteFiles
        var added = FileTotals()
        added.count(addedFiles)
        var removedTotals = FileTotals()
        removedTotals.count(removed)
        var before = FileTotals()
        if let parent {
            if let totals = FileTotals(totalsOf: parent.summary) {
                before = totals
            } else {
                let live = try await base.liveFiles(of: parent, store: store)
                before.count((live.dataFiles + live.deleteFiles).map(\.file))
            }
        }
        self.init(
            operation: delta.operation ?? Self.operation(of: delta, removesFiles: !removed.isEmpty),
            properties: delta.summaryProperties
        )
        record(
            added: added,
            removed: removedTotals,
            totalsBefore: before,
            changedPartitionCount: Set((addedFiles + removed).map(\.inPartition)).count
        )
    }

    /// Source: Iceberg specification, "Snapshots", `operation`.
    private static func operation(of delta: RowDelta, removesFiles: Bool) -> Operation {
        let deletes = !delta.deleteFiles.isEmpty || removesFiles
        if !deletes { return .append }
        return delta.dataFiles.isEmpty ? .delete : .overwrite
    }
}
