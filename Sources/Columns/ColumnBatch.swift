/// Rows of one table, stored column by column.
///
/// Every column has `rowCount` rows. A batch never changes after it is built, so it crosses tasks
/// freely.
public struct ColumnBatch: Sendable {
    public let columns: [Column]
    public let rowCount: Int

    /// - Precondition: All columns have `rowCount` rows.
    public init(columns: [Column], rowCount: Int) {
        for (index, column) in columns.enumerated() {
            precondition(
                column.rowCount == rowCount,
                "column \(index) has \(column.rowCount) rows, the batch has \(rowCount)"
            )
        }
        self.columns = columns
        self.rowCount = rowCount
    }

    /// Bytes of memory the columns hold.
    public var memoryBytes: Int { columns.reduce(0) { $0 + $1.memoryBytes } }
}
