public import Columns

/// What happened to one row.
public enum ChangeOperation: UInt8, Sendable {
    /// A row that did not exist before.
    case insert = 0
    /// The row with this key existed and has new values; its key is the same as before.
    case update = 1
    /// The row with this key is gone. Only the key columns are sure to hold values.
    case delete = 2
    /// The second half of an update that changed the key: the row directly before it is the
    /// `delete` of the old key, and `unchanged` values are to be taken from that old row.
    case insertMoved = 3
}

/// Row changes of one table in the order of the log, stored column by column.
///
/// Columns stand in the order of the table description that the source announced last. A change of
/// a row's key is two rows: `delete` of the old key, then `insertMoved` with the whole new row.
public struct ChangeBatch: Sendable {
    public let table: SourceTableName
    public let columns: [Column]
    /// One ``ChangeOperation`` raw value a row.
    public let operations: [UInt8]
    /// Per column, the rows whose value was not sent because it did not change (TOAST).
    ///
    /// It is the third state beside a value and NULL. Empty when no column has any; such cells are NULL in `columns`.
    public let unchanged: [RowSet]

    public var rowCount: Int { operations.count }

    /// - Precondition: All columns have `operations.count` rows; `unchanged` is empty or has one
    ///   set a column.
    public init(
        table: SourceTableName,
        columns: [Column],
        operations: [UInt8],
        unchanged: [RowSet] = []
    ) {
        for (index, column) in columns.enumerated() {
            precondition(
                column.rowCount == operations.count,
                "column \(index) has \(column.rowCount) rows for \(operations.count) operations"
            )
        }
        precondition(
            unchanged.isEmpty || unchanged.count == columns.count,
            "\(unchanged.count) unchanged sets for \(columns.count) columns"
        )
        self.table = table
        self.columns = columns
        self.operations = operations
        self.unchanged = unchanged
    }

    /// Bytes of memory the batch holds; what queues and epochs are bounded by.
    public var memoryBytes: Int {
        columns.reduce(operations.count) { $0 + $1.memoryBytes }
    }
}

/// A set of row numbers of one batch; empty sets hold no memory.
public struct RowSet: Sendable {
    private var words: [UInt64] = []
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    public mutating func insert(_ row: Int) {
        let word = row / 64
        if word >= words.count {
            words.append(contentsOf: repeatElement(0, count: word + 1 - words.count))
        }
        let bit = UInt64(1) << UInt64(row % 64)
        if words[word] & bit == 0 {
            words[word] |= bit
            count += 1
        }
    }

    public func contains(_ row: Int) -> Bool {
        let word = row / 64
        return word < words.count && words[word] & (1 << UInt64(row % 64)) != 0
    }
}
