import Catalog
import Iceberg
import KeyIndex
import Logging
import ObjectStore
import PipelineConfig
import SourceInterface
import TableScan
import TableWriter

/// What was done beside the stream for one table's readers, and waits for an epoch.
enum MaintenanceOutcome: Sendable {
    case deletedByKey(RowsDeletedByKey)
    case rewritten(RewrittenFiles?)
}

/// Reads, and writes new files; what the table is told of it waits for the next epoch.
typealias MaintenanceWork = @Sendable () async throws -> MaintenanceOutcome

extension TableStream {
    /// Whether the next epoch has something to put in the place of older files.
    var hasMaintenance: Bool { convertedDeletes != nil || rewritten != nil }

    /// Whether something changed since nothing was to be done for readers.
    var mayNeedMaintenance: Bool {
        if case .untried = conversion { return coversWholeTable }
        return mayRewrite && !cannotRewrite && coversWholeTable
    }

    /// What is to be done for readers of the table as it is now; nil when nothing is.
    ///
    /// Files that nobody asked for yet are read when that `isWorthReading`.
    func nextMaintenance(
        epoch: Int,
        reading isWorthReading: Bool = false
    ) async throws -> MaintenanceWork? {
        guard coversWholeTable, isFollowed, !hasMaintenance else { return nil }
        if let search = nextSearch() { return search }
        guard parts.configuration.compaction == .auto, !index.fingerprinter.isOfRows,
            mayRewrite || isWorthReading, !cannotRewrite
        else { return nil }
        mayRewrite = false
        // An idle table's files are not read for this.
        guard knownFiles.files != nil || isWorthReading else { return nil }
        return try await rewrite(epoch: epoch)
    }

    /// Whether so many rows are dead that files are due to be written anew.
    var hasManyDeadRows: Bool {
        let summary = lake.loaded.metadata.currentSnapshot?.summary
        let dead = summary?.count("total-position-deletes") ?? 0
        let rows = summary?.count("total-records") ?? 0
        return dead > 0 && Double(dead) >= Double(rows) * deadShareMax
    }

    private var deadShareMax: Double {
        lake.loaded.metadata.hasRowLineage
            ? RewritePolicy.deadShareOfVectors : RewritePolicy.deadShareOfPositionDeletes
    }

    private func rewrite(epoch: Int) async throws -> MaintenanceWork? {
        let layout = lake.layout(parts.configuration)
        let policy = RewritePolicy(
            deadShareMax: deadShareMax,
            fileBytesMin: FoldingPolicy(bytesMax: parts.foldedBytesPerEpoch).fileBytesMax + 1,
            bytesMax: Int64(layout.fileBytesMax) * Limits.rewrittenFileSizes
        )
        let chosen = policy.files(of: try await knownFiles.live(), layout: layout)
        guard !chosen.isEmpty, let rows = try await knownFiles.rows(of: chosen) else { return nil }
        let store = parts.store
        let rewrite = FileRewrite(
            of: chosen,
            rows: rows,
            sharedDeletedRows: try await knownFiles.sharedDeletedRows(),
            layout: layout,
            fileNamePrefix: "\(properties.pipeline)-\(epoch)-\(randomHex())",
            store: store,
            deletedRows: { delete, file in
                try await TableScan.fetchDeletedRows(listedBy: delete, of: file, store: store)
            }
        )
        return { .rewritten(try await rewrite.run()) }
    }

    /// Takes what was done; the next epoch commits it.
    func take(_ outcome: Result<MaintenanceOutcome, any Error>) async {
        switch outcome {
        case .success(.deletedByKey(let rows)):
            conversion = rows.deleteFiles.isEmpty ? .ended : .found(rows)
        case .success(.rewritten(let files)):
            rewritten = files
            cannotRewrite = files == nil
            if !isFollowed { await dropRewritten() }
        case .failure(let error):
            if case .searching = conversion { conversion = .ended } else { cannotRewrite = true }
            parts.log.warning(
                "files could not be made cheaper to read; they stay as they are",
                metadata: ["table": "\(name)", "error": "\(error)"]
            )
        }
    }

    /// Lets an epoch put what was done in the place of what was there.
    func finishMaintenance(epoch: Int) async throws {
        try await convertDeletes(epoch: epoch)
        guard let files = rewritten else { return }
        isIndexDirty = true
        let isDone = try await openWriter(epoch: epoch).adopt(files)
        rewritten = nil
        guard isDone else { return }
        parts.log.info(
            "older files were written anew",
            metadata: [
                "table": "\(name)", "rows_left_out": "\(files.deadRowCount)",
                "files_before": "\(files.sources.count)", "files": "\(files.dataFiles.count)",
            ]
        )
    }

    func dropRewritten() async {
        await rewritten?.abandon(store: parts.store)
        rewritten = nil
    }
}
