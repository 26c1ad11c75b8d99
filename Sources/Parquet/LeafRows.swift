internal import Columns

/// Rows of a column at the top, lying one after another, as one of its leaves sees them.
///
/// The leaf's values of such rows lie one after another too: rows that are NULL hold no elements.
struct LeafRows {
    /// The nested columns on the way down, the one at the top first; none above a flat column.
    let ancestors: [Column]
    let leaf: Column
    /// The first row at the top, and how many.
    var start: Int
    var count: Int
    private let isRepeated: Bool

    init(_ column: Column, _ leaf: FieldLeaf, start: Int, count: Int) {
        var ancestors: [Column] = []
        var here = column
        for step in leaf.steps {
            ancestors.append(here)
            here = here.children[step.child]
        }
        self.ancestors = ancestors
        self.leaf = here
        self.start = start
        self.count = count
        isRepeated = leaf.isRepeated
    }

    /// The rows from the `offset`th on, `count` of them.
    func slice(offset: Int, count: Int) -> LeafRows {
        var rows = self
        rows.start = start + offset
        rows.count = count
        return rows
    }

    /// The leaf's rows inside of the first `count` rows.
    func values(ofFirst count: Int) -> ColumnPiece {
        guard isRepeated else { return ColumnPiece(leaf, start: start, count: count) }
        let range = ancestors.reduce(start..<start + count) { $1.children(of: $0) }
        return ColumnPiece(leaf, start: range.lowerBound, count: range.count)
    }

    /// The leaf's rows.
    var values: ColumnPiece { values(ofFirst: count) }

    /// The row at the top, counted from the first, that holds the leaf's row at an offset.
    func row(ofValue offset: Int) -> Int {
        guard isRepeated else { return offset }
        // The first row after which the leaf's rows reach past the offset.
        var low = 0
        var high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if values(ofFirst: middle + 1).count > offset {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}

extension [LeafRows] {
    /// The rows that hold the first values of the leaf, as whole rows, and the rows after them.
    func split(afterValues valueCount: Int) -> (first: [LeafRows], rest: [LeafRows]) {
        var left = valueCount
        var first: [LeafRows] = []
        for (index, part) in enumerated() {
            let count = part.values.count
            guard count > left else {
                first.append(part)
                left -= count
                continue
            }
            // The row that holds the first value after them is the first of the rest.
            let kept = part.row(ofValue: left)
            if kept > 0 { first.append(part.slice(offset: 0, count: kept)) }
            let cut = part.slice(offset: kept, count: part.count - kept)
            return (first, [cut] + self[(index + 1)...])
        }
        return (first, [])
    }
}

extension Column {
    /// The rows of the children that a run of rows of a nested column holds.
    func children(of rows: Range<Int>) -> Range<Int> {
        guard type.hasOffsets else { return rows }
        let offsets = values.assumingMemoryBound(to: UInt32.self)
        return Int(offsets[rows.lowerBound])..<Int(offsets[rows.upperBound])
    }
}
