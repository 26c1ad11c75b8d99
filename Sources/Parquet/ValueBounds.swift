/// The smallest and the largest value of a run of rows, NULL and NaN left out.
enum ValueBounds: Equatable {
    /// No value to bound.
    case none
    /// Every integer type, booleans, decimals and times.
    case integer(low: Int128, high: Int128)
    /// Float and double; a float is exact as a double.
    case floating(low: Double, high: Double)
    /// Strings, byte strings, fixed and uuid, in unsigned byte order.
    case bytes(low: [UInt8], high: [UInt8])

    /// Widens these bounds to hold the other ones too.
    mutating func formUnion(_ other: ValueBounds) {
        switch (self, other) {
        case (_, .none): break
        case (.none, _): self = other
        case (.integer(let low, let high), .integer(let otherLow, let otherHigh)):
            self = .integer(low: min(low, otherLow), high: max(high, otherHigh))
        case (.floating(let low, let high), .floating(let otherLow, let otherHigh)):
            self = .floating(low: min(low, otherLow), high: max(high, otherHigh))
        case (.bytes(let low, let high), .bytes(let otherLow, let otherHigh)):
            self = .bytes(
                low: otherLow.lexicographicallyPrecedes(low) ? otherLow : low,
                high: high.lexicographicallyPrecedes(otherHigh) ? otherHigh : high
            )
        case (.integer, _), (.floating, _), (.bytes, _):
            preconditionFailure("bounds of two types do not mix")
        }
    }

    /// Whether both ends of the other bounds are at least these; for the order of pages.
    func isFollowed(by other: ValueBounds) -> Bool {
        switch (self, other) {
        case (.integer(let low, let high), .integer(let otherLow, let otherHigh)):
            low <= otherLow && high <= otherHigh
        case (.floating(let low, let high), .floating(let otherLow, let otherHigh)):
            low <= otherLow && high <= otherHigh
        case (.bytes(let low, let high), .bytes(let otherLow, let otherHigh)):
            !otherLow.lexicographicallyPrecedes(low) && !otherHigh.lexicographicallyPrecedes(high)
        default: false
        }
    }
}

/// What is known about a run of rows of one column.
struct ValueStatistics {
    var bounds = ValueBounds.none
    var valueCount = 0
    var nullCount = 0
    var nanCount = 0

    /// The bounds that readers may skip rows by; none where there is NaN.
    ///
    /// Both Parquet and Iceberg leave NaN out of bounds, and readers disagree about what follows:
    /// Spark and DuckDB take NaN for larger than every number, so they would skip it by the largest
    /// one, and Arrow takes a column of equal bounds for a constant.
    var boundsOfAllValues: ValueBounds { nanCount > 0 ? .none : bounds }

    mutating func add(_ other: ValueStatistics) {
        bounds.formUnion(other.bounds)
        valueCount += other.valueCount
        nullCount += other.nullCount
        nanCount += other.nanCount
    }
}
