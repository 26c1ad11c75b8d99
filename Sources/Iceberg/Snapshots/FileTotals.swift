/// Files, rows and bytes of one kind of change, or of a whole table.
struct FileTotals: Equatable {
    var dataFiles: Int64 = 0
    var deleteFiles: Int64 = 0
    var positionDeleteFiles: Int64 = 0
    var deletionVectors: Int64 = 0
    var equalityDeleteFiles: Int64 = 0
    var records: Int64 = 0
    var positionDeletes: Int64 = 0
    var equalityDeletes: Int64 = 0
    var filesSizeBytes: Int64 = 0

    init() {}

    mutating func count(_ file: DataFile) {
        switch file.content {
        case .data:
            dataFiles += 1
            records &+= file.recordCount
        case .positionDeletes:
            deleteFiles += 1
            if file.isDeletionVector { deletionVectors += 1 } else { positionDeleteFiles += 1 }
            positionDeletes &+= file.recordCount
        case .equalityDeletes:
            deleteFiles += 1
            equalityDeleteFiles += 1
            equalityDeletes &+= file.recordCount
        }
        // Many vectors share a file, of which each counts only its part.
        let part = file.isDeletionVector ? file.contentSizeBytes : nil
        filesSizeBytes &+= part ?? file.fileSizeBytes
    }

    mutating func count(_ files: some Sequence<DataFile>) {
        for file in files { count(file) }
    }

    /// The totals in a snapshot's summary; `nil` when one is missing or no number.
    init?(totalsOf summary: SnapshotSummary) {
        guard let dataFiles = summary.count("total-data-files"),
            let deleteFiles = summary.count("total-delete-files"),
            let records = summary.count("total-records"),
            let positionDeletes = summary.count("total-position-deletes"),
            let equalityDeletes = summary.count("total-equality-deletes"),
            let filesSizeBytes = summary.count("total-files-size")
        else { return nil }
        self.dataFiles = dataFiles
        self.deleteFiles = deleteFiles
        self.records = records
        self.positionDeletes = positionDeletes
        self.equalityDeletes = equalityDeletes
        self.filesSizeBytes = filesSizeBytes
    }
}

extension SnapshotSummary {
    /// The number that an entry holds; `nil` where there is none.
    public func count(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }

    /// Records what a snapshot added and removed, and the table's totals after it.
    ///
    /// Entries of changes that did not happen are left out, totals are always there: Java cannot
    /// go on from a summary without them. `total-records` counts rows in files, deleted or not.
    ///
    /// Source: Iceberg specification, appendix F, "Snapshot Summary".
    mutating func record(
        added: FileTotals,
        removed: FileTotals,
        totalsBefore before: FileTotals,
        changedPartitionCount: Int
    ) {
        recordChange(added, prefix: "added", deletePrefix: "added")
        recordChange(removed, prefix: "deleted", deletePrefix: "removed")
        self["changed-partition-count"] = String(changedPartitionCount)
        func total(_ name: String, _ field: KeyPath<FileTotals, Int64>) {
            let value = before[keyPath: field] &+ added[keyPath: field] &- removed[keyPath: field]
            self[name] = String(max(value, 0))
        }
        total("total-data-files", \.dataFiles)
        total("total-delete-files", \.deleteFiles)
        total("total-records", \.records)
        total("total-files-size", \.filesSizeBytes)
        total("total-position-deletes", \.positionDeletes)
        total("total-equality-deletes", \.equalityDeletes)
    }

    /// Java says "deleted" of data files and records, and "removed" of everything else.
    private mutating func recordChange(
        _ totals: FileTotals,
        prefix: String,
        deletePrefix: String
    ) {
        func set(_ name: String, _ value: Int64) {
            if value != 0 { self[name] = String(value) }
        }
        set("\(prefix)-data-files", totals.dataFiles)
        set("\(prefix)-records", totals.records)
        set("\(deletePrefix)-files-size", totals.filesSizeBytes)
        set("\(deletePrefix)-delete-files", totals.deleteFiles)
        set("\(deletePrefix)-position-delete-files", totals.positionDeleteFiles)
        set("\(deletePrefix)-dvs", totals.deletionVectors)
        set("\(deletePrefix)-equality-delete-files", totals.equalityDeleteFiles)
        set("\(deletePrefix)-position-deletes", totals.positionDeletes)
        set("\(deletePrefix)-equality-deletes", totals.equalityDeletes)
    }
}
