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

    /// Bytes that one row takes in the values buffer; the offset's width for `bytes`.
    @inlinable @inline(__always)
    public var widthBytes: Int {
        switch self {
        case .boolean: 1
        case .int32, .float, .bytes: 4
        case .int64, .double: 8
        case .int128, .uuid: 16
        }
    }
}
