/// How the values of a column lie in memory.
public enum PhysicalType: UInt8, Sendable, Hashable {
    /// One byte a row, 0 or 1.
    case boolean
    /// 32-bit integers; also dates as days from 1970-01-01.
    case int32
    /// 64-bit integers; also times and timestamps in microseconds, and decimals of up to 18 digits.
    case int64
    case float
    case double
    /// Decimals of 19 to 38 digits as unscaled 128-bit integers.
    case int128
    /// Sixteen bytes a row in network order.
    case uuid
    /// Strings in UTF-8 or byte strings, end to end, with offsets.
    case bytes
    /// A group of child columns with as many rows as the column itself.
    case structure
    /// Rows of one child column, end to end, with offsets.
    case list
    /// Rows of a key column and a value column, end to end, with offsets.
    case map

    /// Whether the values buffer holds `rowCount + 1` UInt32 offsets into something else.
    @inlinable @inline(__always)
    public var hasOffsets: Bool { self == .bytes || self == .list || self == .map }

    /// Whether columns of this type have child columns.
    @inlinable @inline(__always)
    public var isNested: Bool { self == .structure || self == .list || self == .map }

    /// Bytes that one row takes in the values buffer; the offset's width where it has offsets.
    @inlinable @inline(__always)
    public var widthBytes: Int {
        switch self {
        case .boolean: 1
        case .structure: 0
        case .int32, .float, .bytes, .list, .map: 4
        case .int64, .double: 8
        case .int128, .uuid: 16
        }
    }
}
