import Columns
import SourceInterface
import TableModel

/// Why one row could not be decoded; plain data, turned into a ``SourceError`` by whoever knows
/// table and position.
struct RowFault: Error {
    enum Kind {
        /// The text is not one the column's type has.
        case malformedText
        /// A key column holds a value without a form in the lake, such as infinity.
        case specialKey
        /// A key column was not sent, or is NULL.
        case missingKey
        /// "Unchanged" where nothing was before.
        case unexpectedUnchanged
    }

    var kind: Kind
    /// Position in the table's columns.
    var column: Int
    var byteCount: Int
}

/// The rows of one table that are being decoded; what both the snapshot and the stream fill.
final class TableRows {
    let table: SourceTable
    private let builder: BatchBuilder
    private let forms: UnsafeMutablePointer<ValueForm>
    private let isKey: UnsafeMutablePointer<Bool>
    private let fixedBytesPerRow: Int
    private(set) var rowCount = 0
    /// Roughly the memory that the rows take.
    private(set) var byteCount = 0
    /// Values so far that became NULL because the lake has no form for them.
    private(set) var specialValueCount = 0

    var columnCount: Int { builder.columnCount }

    init(_ table: SourceTable, expectedRows: Int) {
        self.table = table
        let types = table.columns.map(\.type.physicalType)
        builder = BatchBuilder(types: types, expectedRows: expectedRows)
        fixedBytesPerRow = types.reduce(1) { $0 + $1.widthBytes }
        forms = .allocate(capacity: max(types.count, 1))
        isKey = .allocate(capacity: max(types.count, 1))
        for (index, column) in table.columns.enumerated() {
            (forms + index).initialize(to: ValueForm(column.type))
            (isKey + index).initialize(to: table.keyColumns.contains(index))
        }
    }

    deinit {
        forms.deallocate()
        isKey.deallocate()
    }

    /// Appends one cell to one column.
    ///
    /// A row is one cell for each column, then ``endRow(_:)``.
    @inline(__always)
    func append(_ cell: TupleCell, to column: Int) throws(RowFault) {
        switch cell.kind {
        case .text:
            let outcome = forms[column].append(
                cell.start,
                cell.count,
                to: &builder.builders[column]
            )
            if outcome == .appended { return }
            try accountFor(outcome, cell, column)
        case .null:
            if isKey[column] {
                throw RowFault(kind: .missingKey, column: column, byteCount: 0)
            }
            builder.builders[column].appendNull()
        case .unchanged:
            throw RowFault(kind: .unexpectedUnchanged, column: column, byteCount: 0)
        }
    }

    @inline(never)
    private func accountFor(
        _ outcome: ValueForm.Outcome,
        _ cell: TupleCell,
        _ column: Int
    ) throws(RowFault) {
        if outcome == .malformed {
            throw RowFault(kind: .malformedText, column: column, byteCount: cell.count)
        }
        if isKey[column] {
            throw RowFault(kind: .specialKey, column: column, byteCount: cell.count)
        }
        specialValueCount += 1
    }

    @inline(__always)
    func appendNull(to column: Int) { builder.builders[column].appendNull() }

    /// Closes a row that came as `textBytes` of text.
    @inline(__always)
    func endRow(_ textBytes: Int) {
        rowCount &+= 1
        byteCount &+= fixedBytesPerRow &+ textBytes
    }

    /// Takes back the cells of a row that failed halfway.
    func cancelRow() { builder.truncate(toRows: rowCount) }

    /// Takes the rows out and starts over.
    func finishColumns() -> [Column] {
        rowCount = 0
        byteCount = 0
        return builder.finishColumns()
    }

    func takeSpecialValueCount() -> Int {
        let count = specialValueCount
        specialValueCount = 0
        return count
    }

    /// The fault as a sentence; values never appear in it.
    func sourceError(_ fault: RowFault, reading what: String, position: String?) -> SourceError {
        let column = table.columns[fault.column]
        let start =
            "could not decode \(what) of \(table.name): column \(column.name) (\(column.declaredType))"
        switch fault.kind {
        case .malformedText:
            return SourceError(
                .malformedEvent,
                "\(start) has \(fault.byteCount) bytes of text that are no \(column.type)",
                position: position
            )
        case .specialKey:
            return SourceError(
                .unsupportedChange,
                "\(start) is part of the key and holds infinity, NaN or 24:00, which Iceberg's "
                    + "\(column.type) has no form for",
                remedy: "Delete the row or give it another key",
                position: position
            )
        case .missingKey:
            return SourceError(
                .unsupportedChange,
                "\(start) is part of the key but the log does not carry it",
                remedy: "Check the table's REPLICA IDENTITY",
                position: position
            )
        case .unexpectedUnchanged:
            return SourceError(
                .malformedEvent,
                "\(start) is said to be unchanged in a row that is new",
                position: position
            )
        }
    }
}
