extension ColumnBuilder {
    /// Appends row `row` of `column`, NULL included.
    ///
    /// - Precondition: `column` has this builder's type.
    @inlinable
    public mutating func append(row: Int, of column: Column) {
        precondition(column.type == type, "columns of two types do not mix")
        if column.isNull(row) {
            appendNull()
            return
        }
        switch type {
        case .bytes: append(column.bytes(at: row))
        case .boolean: append(column.value(at: row, as: UInt8.self))
        case .int32, .float: append(column.value(at: row, as: UInt32.self))
        case .int64, .double: append(column.value(at: row, as: UInt64.self))
        case .int128, .uuid: append(column.value(at: row, as: UInt128.self))
        case .structure, .list, .map: appendNested(row: row, of: column)
        }
    }

    /// Appends a row of a nested column that is not NULL.
    @usableFromInline
    mutating func appendNested(row: Int, of column: Column) {
        precondition(column.children.count == childCount, "columns of two shapes do not mix")
        let source = type == .structure ? row..<row + 1 : column.elements(at: row)
        for (index, child) in column.children.enumerated() {
            for element in source { children[index].append(row: element, of: child) }
        }
        if type == .structure { closeStructure() } else { closeElements() }
    }

    /// Appends the rows of `column` that `rows` lists, in that order; the type is switched on once.
    ///
    /// - Precondition: `column` has this builder's type, and every row is inside it.
    public mutating func append(rows selected: [Int32], of column: Column) {
        precondition(column.type == type, "columns of two types do not mix")
        switch type {
        case .bytes:
            for row in selected {
                let row = Int(row)
                if column.isNull(row) { appendNull() } else { append(column.bytes(at: row)) }
            }
        case .boolean: appendFixed(selected, of: column, as: UInt8.self)
        case .int32, .float: appendFixed(selected, of: column, as: UInt32.self)
        case .int64, .double: appendFixed(selected, of: column, as: UInt64.self)
        case .int128, .uuid: appendFixed(selected, of: column, as: UInt128.self)
        case .structure, .list, .map:
            for row in selected { append(row: Int(row), of: column) }
        }
    }

    private mutating func appendFixed<T: BitwiseCopyable>(
        _ selected: [Int32],
        of column: Column,
        as type: T.Type
    ) {
        for row in selected {
            let row = Int(row)
            if column.isNull(row) {
                appendNull()
            } else {
                append(column.value(at: row, as: T.self))
            }
        }
    }

    /// Appends a whole column.
    public mutating func append(contentsOf column: Column) {
        append(rows: (0..<Int32(column.rowCount)).map { $0 }, of: column)
    }
}

extension ColumnBuilder {
    /// Appends one row of `column` so many times.
    ///
    /// - Precondition: `column` has this builder's type, and the row is inside it.
    public mutating func append(copies count: Int, ofRow row: Int, of column: Column) {
        precondition(column.type == type, "columns of two types do not mix")
        guard !column.isNull(row) else { return appendNulls(count) }
        switch type {
        case .boolean: appendCopies(count, of: column.value(at: row, as: UInt8.self))
        case .int32, .float: appendCopies(count, of: column.value(at: row, as: UInt32.self))
        case .int64, .double: appendCopies(count, of: column.value(at: row, as: UInt64.self))
        case .int128, .uuid: appendCopies(count, of: column.value(at: row, as: UInt128.self))
        case .bytes, .structure, .list, .map:
            for _ in 0..<count { append(row: row, of: column) }
        }
    }

    private mutating func appendCopies<T: BitwiseCopyable>(_ count: Int, of value: T) {
        appendFixed(count: count, as: T.self) { $0.update(repeating: value, count: count) }
    }
}
