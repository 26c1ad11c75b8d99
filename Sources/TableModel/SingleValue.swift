/// One value of any type, as defaults, partition tuples and bounds hold it.
///
/// Types that a column may be widened to share a case: the `int` 5 and the `long` 5 are one value,
/// and so are a `float` and the `double` it widens to. Partitions thereby stay equal when a column
/// is promoted.
///
/// Source: Iceberg specification, appendix D, "Single-value serialization".
public indirect enum SingleValue: Hashable, Sendable {
    case boolean(Bool)
    /// Also days, and micro- or nanoseconds, from 1970-01-01 or midnight.
    case integer(Int64)
    /// The bits of a double; see ``floating(_:)``.
    case floating(bits: UInt64)
    case decimal(unscaled: Int128)
    /// UTF-8. Bytes, as `String` takes texts for equal whose code points differ.
    case text([UInt8])
    case uuid(UInt128)
    /// Byte strings of fixed or any length, and well-known binary.
    case binary([UInt8])
    /// The fields that the value names, in the type's order.
    case structure([Member])
    case list([SingleValue?])
    case map([Entry])

    public struct Member: Hashable, Sendable {
        public var fieldID: Int32
        public var value: SingleValue?

        public init(fieldID: Int32, value: SingleValue?) {
            self.fieldID = fieldID
            self.value = value
        }
    }

    public struct Entry: Hashable, Sendable {
        public var key: SingleValue
        public var value: SingleValue?

        public init(key: SingleValue, value: SingleValue?) {
            self.key = key
            self.value = value
        }
    }

    /// A float or double; all NaN are one, the two zeros are two.
    ///
    /// Source: Iceberg specification, "Scan Planning", note 3.
    public static func floating(_ value: Double) -> SingleValue {
        .floating(bits: (value.isNaN ? Double.nan : value).bitPattern)
    }

    public static func text(_ text: String) -> SingleValue { .text(Array(text.utf8)) }

    /// The value of a ``floating(bits:)``.
    public var doubleValue: Double? {
        if case .floating(let bits) = self { return Double(bitPattern: bits) }
        return nil
    }

    public var isNaN: Bool { doubleValue?.isNaN ?? false }
}

extension SingleValue {
    /// Whether the value comes before `other` in the order of bounds; both are of one type.
    ///
    /// Text and bytes go by unsigned bytes, -0.0 comes before +0.0. NaN and nested values have no
    /// place in it.
    public func precedes(_ other: SingleValue) -> Bool {
        switch (self, other) {
        case (.boolean(let left), .boolean(let right)): !left && right
        case (.integer(let left), .integer(let right)): left < right
        case (.decimal(let left), .decimal(let right)): left < right
        case (.uuid(let left), .uuid(let right)): left < right
        case (.text(let left), .text(let right)), (.binary(let left), .binary(let right)):
            left.lexicographicallyPrecedes(right)
        case (.floating(let left), .floating(let right)):
            Double(bitPattern: left).isTotallyOrdered(belowOrEqualTo: Double(bitPattern: right))
                && left != right
        default: false
        }
    }
}

extension SingleValue {
    /// The same value of a type that a column was promoted to; `nil` where that cannot hold it.
    ///
    /// Source: Iceberg specification, "Schema Evolution", valid type promotions.
    public func promoted(from type: IcebergType, to promoted: IcebergType) -> SingleValue? {
        guard case .integer(let days) = self, type == .date, promoted != .date else { return self }
        guard let unitsPerSecond = promoted.unitsPerSecond else { return nil }
        let (units, overflows) = days.multipliedReportingOverflow(by: unitsPerSecond * 86_400)
        return overflows ? nil : .integer(units)
    }
}
