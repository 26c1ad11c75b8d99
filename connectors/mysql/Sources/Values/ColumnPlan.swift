internal import Bytes
internal import Columns

/// How the bytes of one column become values; chosen once per table map or result set.
enum Opcode: UInt8 {
    // Numbers into 32-bit columns.
    case int8
    case uint8
    case int16
    case uint16
    case int24
    case uint24
    case int32
    case year
    // Numbers into 64-bit columns.
    case uint32
    case int64
    // Numbers into 128-bit columns.
    case uint64
    case float
    case double
    case decimal64
    case decimal128
    case decimalText
    case bitBoolean
    case bitLong
    case bitDecimal
    case date
    case datetime2
    case timestamp2
    case time2
    case timestamp1
    case datetime1
    case time1
    /// UTF-8 and byte strings alike.
    case copy
    /// BINARY(n): the zeros that the log strips come back.
    case copyPadded
    case latin1
    case converted
    case enumeration
    case set
    case json
    case geometry
    case uuid
    case inet4
    case inet6
    case compressed
}

/// The parts of a column's plan that the row loop needs; plain data.
struct ColumnPlan {
    var opcode: Opcode
    /// The column's place in the table description, which is its builder's.
    var target: Int32
    /// Fixed width in bytes; zero when a length stands in front.
    var widthBytes: Int32
    /// Bytes of the length in front.
    var prefixBytes: Int32
    /// Precision of decimals, fractional digits of times, padded length of byte strings.
    var size: Int32
    var scale: Int32
    /// NULL has no place in a key, so a value that would become NULL stops the table.
    var isKey: Bool
}

/// The parts of a column's plan that only its slow conversions need.
final class ColumnContext {
    /// ENUM and SET strings in UTF-8.
    var labels: [[UInt8]] = []
    var converter: TextConverter?
    /// What the plain bytes of a compressed column are decoded as.
    var inner: Opcode = .copy
}

/// A value that could not be decoded, and where.
struct RowFault: Error {
    enum Reason {
        case wire
        /// A date that no calendar has, in a key column.
        case valueWithoutForm
    }

    var fault: WireFault
    /// The column's place in the event; -1 outside of any.
    var columnIndex: Int
    var reason = Reason.wire
}
