internal import TableModel

/// How an Iceberg type lies in Parquet pages that we write.
///
/// Source: Iceberg specification, Appendix A "Parquet": decimals of up to 9 digits are INT32, of up
/// to 18 INT64, longer ones FIXED_LEN_BYTE_ARRAY of the fewest bytes.
enum ColumnLayout: Equatable {
    case boolean
    /// int, date, float: the four bytes as they are.
    case fourBytes
    /// long, double, times, decimals of 10 to 18 digits: the eight bytes as they are.
    case eightBytes
    /// Decimals of up to 9 digits: the low half of the eight bytes.
    case lowHalf
    /// Decimals of 19 digits and more: big-endian two's complement.
    case wideDecimal(byteCount: Int)
    /// uuid: the sixteen bytes as they are.
    case sixteenBytes
    /// string, binary: a length and the bytes.
    case byteString
    /// fixed: the bytes alone.
    case fixedBytes(byteCount: Int)

    init(_ type: IcebergType) {
        self =
            switch type {
            case .boolean, .unknown: .boolean
            case .int, .date, .float: .fourBytes
            case .long, .double, .time, .timestamp, .timestamptz, .timestampNanos,
                .timestamptzNanos:
                .eightBytes
            case .decimal(let precision, _) where precision <= 9: .lowHalf
            case .decimal(let precision, _) where precision <= 18: .eightBytes
            case .decimal(let precision, _):
                .wideDecimal(byteCount: Self.decimalByteCount(precision: precision))
            case .uuid: .sixteenBytes
            case .string, .binary, .geometry, .geography: .byteString
            case .fixed(let lengthBytes): .fixedBytes(byteCount: lengthBytes)
            case .structure, .list, .map, .variant: preconditionFailure("pages hold leaves")
            }
    }

    /// Whether values have lengths of their own in a column.
    var hasOffsets: Bool {
        switch self {
        case .byteString, .fixedBytes: true
        default: false
        }
    }

    /// Bytes of one value in a page; 4 for the length of a byte string, 1 for a boolean.
    var plainWidthBytes: Int {
        switch self {
        case .boolean: 1
        case .fourBytes, .lowHalf, .byteString: 4
        case .eightBytes: 8
        case .sixteenBytes: 16
        case .wideDecimal(let byteCount), .fixedBytes(let byteCount): byteCount
        }
    }

    /// The fewest bytes whose two's complement holds every decimal of so many digits.
    static func decimalByteCount(precision: Int) -> Int {
        let largest = decimalLimit(precision: precision) - 1
        return (128 - largest.leadingZeroBitCount + 1 + 7) / 8
    }

    /// The first number with more than `precision` digits, 10 to its power; at most 38 digits.
    static func decimalLimit(precision: Int) -> Int128 {
        (0..<min(max(precision, 0), 38)).reduce(Int128(1)) { limit, _ in limit * 10 }
    }
}

extension IcebergType {
    /// The physical type of a column chunk that we write.
    var parquetPhysicalType: ParquetPhysicalType {
        switch self {
        case .boolean, .unknown: .boolean
        case .float: .float
        case .double: .double
        case .string, .binary, .geometry, .geography: .byteArray
        case .uuid, .fixed: .fixedLengthByteArray
        case .int, .date: .int32
        case .long, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos: .int64
        case .structure, .list, .map, .variant: preconditionFailure("pages hold leaves")
        case .decimal(let precision, _):
            precision <= 9 ? .int32 : precision <= 18 ? .int64 : .fixedLengthByteArray
        }
    }

    /// The length that a FIXED_LEN_BYTE_ARRAY column declares.
    var parquetTypeLength: Int? {
        switch ColumnLayout(self) {
        case .wideDecimal(let byteCount), .fixedBytes(let byteCount): byteCount
        case .sixteenBytes: 16
        default: nil
        }
    }
}
