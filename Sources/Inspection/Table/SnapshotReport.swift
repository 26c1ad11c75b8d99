internal import Iceberg

/// One snapshot: a row for people, everything for machines.
enum SnapshotReport {
    static func report(_ snapshot: Snapshot) -> Report {
        var report = Report([
            .init("id", .integer(snapshot.snapshotID)),
            .init("parent_id", .integer(orNull: snapshot.parentSnapshotID), for: .machines),
            .init("sequence_number", .integer(snapshot.sequenceNumber)),
            .init("at", .instant(milliseconds: snapshot.timestampMilliseconds)),
            .init("operation", .text(snapshot.summary.operationName)),
            .init("schema_id", .integer(orNull: snapshot.schemaID)),
            .init("first_row_id", .integer(orNull: snapshot.firstRowID), for: .machines),
            .init("added_rows", .count(orNull: snapshot.addedRows), for: .machines),
            .init("manifest_list", .text(orNull: snapshot.manifestList), for: .machines),
        ])
        if snapshot.manifestList == nil {
            report.add("manifests", .texts(snapshot.manifests), for: .machines)
        }
        for (label, name) in shownTotals {
            let number = snapshot.summary[name].flatMap { Int64($0) }
            report.add(label, .count(orNull: number), for: .people)
        }
        PipelineState.add(snapshot.summary, to: &report)
        report.add("summary", .properties(snapshot.summary.properties), for: .machines)
        return report
    }

    /// What of a summary people see, and how it is called there.
    private static let shownTotals = [
        ("rows_added", "added-records"), ("position_deletes_added", "added-position-deletes"),
        ("equality_deletes_added", "added-equality-deletes"), ("rows_in_files", "total-records"),
        ("data_files", "total-data-files"), ("delete_files", "total-delete-files"),
    ]
}
