import Catalog
import Iceberg
import Logging
import ObjectStore
import SourceInterface
import TableScan
import TableWriter

/// Rows that were deleted by key while their table had no index, on the way to be deleted by position.
///
/// Such deletes are what costs readers most, so they go as soon as there is an index and no new ones
/// are written: the rows that they take are looked for beside the stream, and the next epoch, or one
/// of its own, puts positions in their place.
enum EqualityDeleteConversion {
    /// Nobody looked yet.
    case untried
    /// Somebody looks.
    case searching
    /// The next epoch is to put positions in the place of what was found.
    case found(RowsDeletedByKey)
    /// It is done, or cannot be done in this session.
    case ended
}

extension TableStream {
    /// The search for rows that were deleted by key, if nobody looked yet and there are any.
    func nextSearch() -> MaintenanceWork? {
        guard case .untried = conversion else { return nil }
        let summary = lake.loaded.metadata.currentSnapshot?.summary
        guard summary?.count("total-equality-deletes") ?? 0 > 0 else {
            conversion = .ended
            return nil
        }
        return searchDeletedByKey()
    }

    /// What is to take the place of deletes by key in the next epoch.
    var convertedDeletes: RowsDeletedByKey? {
        if case .found(let rows) = conversion { return rows }
        return nil
    }

    /// The search in the table as it is now.
    private func searchDeletedByKey() -> MaintenanceWork {
        conversion = .searching
        let scan = TableScan(table: lake.loaded.metadata, store: parts.store)
        return { .deletedByKey(try await scan.rowsDeletedByKey()) }
    }

    /// Lets an epoch write what was found.
    func convertDeletes(epoch: Int) async throws {
        guard let rows = convertedDeletes else { return }
        conversion = .ended
        let isDone = try await openWriter(epoch: epoch).convertEqualityDeletes(
            rows.deleteFiles,
            searched: rows.olderDataFiles,
            rows: rows.rows
        )
        guard isDone else { return }
        parts.log.info(
            "rows that were deleted by key are deleted by position",
            metadata: ["table": "\(name)", "delete_files": "\(rows.deleteFiles.count)"]
        )
    }
}
