internal import Columns
internal import TableModel

extension ParquetWriter {
    /// The rows of columns that are to be appended.
    ///
    /// Fails with `.columns` where they do not have the fields' types or differ in length.
    func checkedRowCount(_ columns: [Column]) throws(ParquetWriteError) -> Int {
        guard columns.count == fields.count else {
            throw ParquetWriteError(
                .columns,
                "\(columns.count) columns were appended, the file has \(fields.count)"
            )
        }
        let rowCount = columns.first?.rowCount ?? 0
        for (field, column) in zip(fields, columns) {
            guard column.rowCount == rowCount else {
                throw ParquetWriteError(
                    .columns,
                    column: field.name,
                    "it has \(column.rowCount) rows, the first column has \(rowCount)"
                )
            }
            try checkShape(of: column, field, path: [field.name])
        }
        return rowCount
    }

    private func checkShape(
        of column: Column,
        _ field: ParquetField,
        path: [String]
    ) throws(ParquetWriteError) {
        func failure(_ message: String) -> ParquetWriteError {
            ParquetWriteError(.columns, column: path.joined(separator: "."), message)
        }
        let wanted = field.type.physicalType
        guard column.type == wanted else {
            throw failure("values are \(column.type), \(field.type) needs \(wanted)")
        }
        guard wanted.isNested else { return }
        let children = field.groupChildren
        guard column.children.count == children.count else {
            throw failure(
                "it has \(column.children.count) columns inside, \(field.type) needs "
                    + "\(children.count)"
            )
        }
        let childRows = column.children(of: 0..<column.rowCount).upperBound
        for (child, childField) in zip(column.children, children) {
            guard child.rowCount == childRows else {
                throw failure(
                    "\(childField.name) has \(child.rowCount) rows, the column has \(childRows)"
                )
            }
            try checkShape(of: child, childField, path: path + [childField.name])
        }
    }
}
