import Iceberg

/// Which data files are to be written anew beside the stream: files with many dead rows, and several
/// that are too large to be folded within an epoch.
///
/// Readers pay for each dead row and for the delete that says so; a rewrite costs the live rows
/// once. At a share of one tenth nine rows are written for each that was deleted.
public struct RewritePolicy: Sendable {
    /// Of position deletes engines hold each in a set, and ask it for every row.
    public static let deadShareOfPositionDeletes = 0.1
    /// Deletion vectors cost readers little; it is the dead rows themselves that go.
    public static let deadShareOfVectors = 0.3

    /// The share of dead rows from which on a file is written anew.
    public var deadShareMax: Double
    /// Which files become one.
    public var folding: FoldingPolicy

    /// - Parameters:
    ///   - deadShareMax: See ``deadShareMax``.
    ///   - fileBytesMin: Smaller files are folded within epochs.
    ///   - bytesMax: Bytes of files that are read at one time, and of the largest file that is.
    public init(deadShareMax: Double, fileBytesMin: Int64, bytesMax: Int64) {
        self.deadShareMax = deadShareMax
        folding = FoldingPolicy(bytesMax: bytesMax, fileBytesMin: fileBytesMin)
    }

    /// The file with the most dead rows of those that are due, else files that become one; empty when
    /// there are none.
    ///
    /// None of which a delete by key may have taken rows: they would be newer than the delete. Sorted
    /// files stay apart, as one after the other they would not be sorted.
    public func files(of table: TableFiles, layout: TableLayout) -> [TableFiles.Entry] {
        let specID = layout.spec.specID
        let lastEqualityDelete = table.lastEqualityDelete
        let due = table.allEntries.filter { entry in
            entry.file.specID == specID && entry.sequenceNumber >= lastEqualityDelete
                && entry.file.fileSizeBytes >= folding.fileBytesMin
                && entry.file.fileSizeBytes <= folding.bytesMax
                && Double(entry.deadRows) >= Double(entry.file.recordCount) * deadShareMax
        }
        let most = due.max { ($0.deadRows, $0.file.path) < ($1.deadRows, $1.file.path) }
        if let most { return [most] }
        return layout.isSorted ? [] : folding.files(of: table, specID: specID)
    }
}

extension TableFiles.Entry {
    /// Rows that the deletes of the file alone list.
    var deadRows: Int64 { deletes.reduce(0) { $0 + $1.recordCount } }
}
