internal import Columns
internal import TableModel

/// Refuses NULLs in required fields, and values where there can be none.
///
/// A NULL structure's children must be NULL with it, or levels and values would not match.
enum NullCheck {
    /// Checks the rows of a column at the top, whose first row in the file is `firstRow`.
    ///
    /// Fails with `.value` or `.columns`.
    static func check(
        _ column: Column,
        rows: Range<Int>,
        field: ParquetField,
        firstRow: Int
    ) throws(ParquetWriteError) {
        do throws(Fault) {
            try check(column, rows, field, parent: nil)
        } catch {
            let name = ([field.name] + error.path).joined(separator: ".")
            let row = firstRow + error.row - rows.lowerBound
            throw error.error(column: name, row: row, isNested: !error.path.isEmpty)
        }
    }

    private struct Fault: Error {
        enum Kind {
            case nullInRequired
            case valueInNull
            case valueOfUnknown
        }

        var kind: Kind
        /// Names from below the column at hand to the field at fault.
        var path: [String] = []
        /// The row of the column at hand.
        var row: Int

        func error(column: String, row: Int, isNested: Bool) -> ParquetWriteError {
            switch kind {
            case .nullInRequired where isNested:
                ParquetWriteError(
                    .value,
                    column: column,
                    "row \(row) holds a NULL, the field is required"
                )
            case .nullInRequired:
                ParquetWriteError(
                    .value,
                    column: column,
                    "row \(row) is NULL, the column is required"
                )
            case .valueInNull:
                ParquetWriteError(
                    .columns,
                    column: column,
                    "row \(row) has a value inside of a structure that is NULL"
                )
            case .valueOfUnknown:
                ParquetWriteError(
                    .value,
                    column: column,
                    "row \(row) has a value, the type unknown is NULL always"
                )
            }
        }
    }

    private static func check(
        _ column: Column,
        _ rows: Range<Int>,
        _ field: ParquetField,
        parent: Column?
    ) throws(Fault) {
        if let parent,
            let row = firstRow(
                rows,
                where: { parent.isNull($0) && !column.isNull($0) },
                isPossible: parent.nullCount > 0
            )
        {
            throw Fault(kind: .valueInNull, row: row)
        }
        if field.isRequired,
            let row = firstRow(
                rows,
                where: { column.isNull($0) && parent?.isNull($0) != true },
                isPossible: column.nullCount > 0
            )
        {
            throw Fault(kind: .nullInRequired, row: row)
        }
        if field.type == .unknown,
            let row = firstRow(rows, where: { !column.isNull($0) }, isPossible: true)
        {
            throw Fault(kind: .valueOfUnknown, row: row)
        }
        try checkChildren(column, rows, field)
    }

    private static func checkChildren(
        _ column: Column,
        _ rows: Range<Int>,
        _ field: ParquetField
    ) throws(Fault) {
        let childRows = column.children(of: rows)
        let parent = column.type == .structure ? column : nil
        for (child, childField) in zip(column.children, field.groupChildren) {
            do throws(Fault) {
                try check(child, childRows, childField, parent: parent)
            } catch {
                var fault = error
                fault.path.insert(childField.name, at: 0)
                if column.type.hasOffsets { fault.row = column.row(ofElement: fault.row, in: rows) }
                throw fault
            }
        }
    }

    private static func firstRow(
        _ rows: Range<Int>,
        where isWrong: (Int) -> Bool,
        isPossible: Bool
    ) -> Int? {
        isPossible ? rows.first(where: isWrong) : nil
    }
}

extension ParquetField {
    /// The fields inside as the column holds them, those of a variant included.
    var groupChildren: [ParquetField] {
        guard type == .variant else { return children }
        return VariantGroup.names.map {
            ParquetField(fieldID: fieldID, name: $0, type: .binary, isRequired: true)
        }
    }
}

extension Column {
    /// The row of a `list` or `map` column that holds a row of its children.
    func row(ofElement element: Int, in rows: Range<Int>) -> Int {
        rows.first { elements(at: $0).contains(element) } ?? rows.lowerBound
    }
}
