public import TableModel

/// What is known of a column's values in some rows, without reading them.
public struct ColumnBounds: Sendable, Hashable {
    /// No value but NaN is smaller, or larger; `nil` where nothing is known.
    public var lower: SingleValue?
    public var upper: SingleValue?
    public var rowCount: Int
    public var nullCount: Int?

    public init(lower: SingleValue?, upper: SingleValue?, rowCount: Int, nullCount: Int?) {
        self.lower = lower
        self.upper = upper
        self.rowCount = rowCount
        self.nullCount = nullCount
    }

    /// False when no row can have a value from `low` to `high`, both included; `nil` is no limit.
    ///
    /// NULL is no value. NaN is never ruled out, as bounds do not count it.
    public func mayHold(from low: SingleValue?, to high: SingleValue?) -> Bool {
        if nullCount == rowCount { return false }
        if low?.isNaN == true || high?.isNaN == true { return true }
        if let low, let upper, upper.precedes(low) { return false }
        if let high, let lower, high.precedes(lower) { return false }
        return true
    }

    /// False when no row can be NULL.
    public var mayHoldNull: Bool { nullCount != 0 }
}

/// The bounds of one page.
public struct PageBounds: Sendable, Hashable {
    /// The page's rows, counted from the row group's first.
    public var rows: Range<Int>
    public var bounds: ColumnBounds
}
