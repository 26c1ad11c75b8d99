import ChangeModel
import Columns
import SourceInterface

/// One chosen table in a running stream: how far the lake is, and the rows not yet handed on.
final class StreamedTable {
    private(set) var table: SourceTable
    let watermark: PostgresPosition
    /// The server's object id, once known.
    var relationID: UInt32?
    var isStopped = false

    private(set) var rows: TableRows
    private var operations: [UInt8] = []
    private var unchanged: [RowSet] = []
    private var coverageOrdinal = -1
    private var isCovered = false

    private static let rowsAtFirst = 64
    private static let rowsExpectedMax = 65_536

    init(_ table: SourceTable, watermark: PostgresPosition) {
        self.table = table
        self.watermark = watermark
        relationID = table.incarnation.flatMap { UInt32($0) }
        rows = TableRows(table, expectedRows: Self.rowsAtFirst)
    }

    var name: SourceTableName { table.name }
    var pendingRowCount: Int { operations.count }
    var pendingByteCount: Int { rows.byteCount }

    /// Whether the lake holds what the transaction does to this table; computed once each.
    @inline(__always)
    func isCovered(by transaction: StreamTransaction) -> Bool {
        if coverageOrdinal != transaction.ordinal {
            coverageOrdinal = transaction.ordinal
            isCovered = watermark.covers(
                commitStart: transaction.begin.commitStart,
                transactionID: transaction.begin.transactionID
            )
        }
        return isCovered
    }

    @inline(__always)
    func endRow(_ operation: ChangeOperation, textBytes: Int) {
        operations.append(operation.rawValue)
        rows.endRow(textBytes)
    }

    /// Marks a cell of the row being decoded as "not sent", and appends its NULL.
    func appendUnchanged(to column: Int) {
        if unchanged.isEmpty {
            unchanged = Array(repeating: RowSet(), count: rows.columnCount)
        }
        unchanged[column].insert(operations.count)
        rows.appendNull(to: column)
    }

    /// Takes the pending rows out as a batch.
    func takeBatch() -> ChangeBatch? {
        guard !operations.isEmpty else { return nil }
        let batch = ChangeBatch(
            table: table.name,
            columns: rows.finishColumns(),
            operations: operations,
            unchanged: unchanged
        )
        let rowCount = operations.count
        operations.removeAll(keepingCapacity: true)
        unchanged = []
        if rowCount > Self.rowsAtFirst * 4, !hasLargeBuilder {
            hasLargeBuilder = true
            rows = TableRows(table, expectedRows: min(rowCount, Self.rowsExpectedMax))
        }
        return batch
    }

    private var hasLargeBuilder = false

    /// Goes on with more columns.
    ///
    /// - Precondition: No rows are pending.
    func replace(table: SourceTable) {
        precondition(operations.isEmpty, "rows of the old layout are still pending")
        self.table = table
        rows = TableRows(table, expectedRows: Self.rowsAtFirst)
        hasLargeBuilder = false
    }
}

/// The transaction whose rows are coming.
struct StreamTransaction {
    var begin: BeginMessage
    /// Counts the session's transactions.
    var ordinal: Int
}
