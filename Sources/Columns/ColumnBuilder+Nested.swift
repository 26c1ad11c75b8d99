extension ColumnBuilder {
    /// The builders of the columns inside, ``childCount`` of them.
    ///
    /// - Precondition: The column is nested and has children.
    @inlinable @inline(__always)
    public var children: UnsafeMutablePointer<ColumnBuilder> {
        guard let childBuilders else { preconditionFailure("the column has no children") }
        return childBuilders
    }

    /// Rows of the children of a `list` or `map`.
    @inlinable @inline(__always)
    var elementCount: Int { children[0].rowCount }

    /// Ends a row of a `structure` column, after one row was appended to each child.
    @inlinable
    public mutating func closeStructure() {
        precondition(type == .structure, "not a structure column")
        reserveRow()
        rows &+= 1
        for index in 0..<childCount {
            precondition(
                children[index].rowCount == rows,
                "child \(index) has \(children[index].rowCount) rows, the structure has \(rows)"
            )
        }
    }

    /// Ends a row of a `list` or `map` column; what was appended to the children since the last row
    /// are its elements.
    ///
    /// - Precondition: The children have fewer than 2^32 rows, and those of a map equally many.
    @inlinable
    public mutating func closeElements() {
        precondition(type == .list || type == .map, "not a list or map column")
        reserveRow()
        let count = elementCount
        precondition(count <= Int(UInt32.max), "a list column holds at most 2^32 elements")
        if type == .map {
            precondition(
                children[1].rowCount == count,
                "a map has \(count) keys and \(children[1].rowCount) values"
            )
        }
        closeOffsetRow(count)
    }

    /// A NULL row has no elements, so none may have been appended since the last row.
    @inlinable
    func checkChildrenAtEnd() {
        let end = Int(values.load(fromByteOffset: rows &* 4, as: UInt32.self))
        precondition(elementCount == end, "a NULL row has \(elementCount - end) elements")
    }

    @inlinable
    mutating func appendNullToChildren() {
        for index in 0..<childCount { children[index].appendNull() }
    }
}
