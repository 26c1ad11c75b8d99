public import Columns

/// Rows of one data file that follow each other in it.
public struct ScanBatch: Sendable {
    public var filePath: String
    /// The file's row number of row 0, counted over all its rows.
    public var firstPosition: Int
    /// One a field asked for, in that order, dead rows included.
    public var columns: [Column]
    public var rowCount: Int
    /// The rows that no delete applies to, ascending; nil when that is all of them.
    public var liveRows: [Int32]?

    public init(
        filePath: String,
        firstPosition: Int,
        columns: [Column],
        rowCount: Int,
        liveRows: [Int32]?
    ) {
        self.filePath = filePath
        self.firstPosition = firstPosition
        self.columns = columns
        self.rowCount = rowCount
        self.liveRows = liveRows
    }

    public var liveRowCount: Int { liveRows?.count ?? rowCount }
}
