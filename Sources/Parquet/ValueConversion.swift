internal import Bytes
internal import TableModel

/// How values of a file's type become values of the wanted type; chosen once a column.
enum ValueConversion: Equatable {
    /// The bytes are already right.
    case none
    case widenInt32(isSigned: Bool)
    case floatToDouble
    /// Decimals in a wider memory form.
    case int32ToInt64
    case int32ToInt128
    case int64ToInt128
    /// Big-endian decimals of a fixed length or of any.
    case bigEndianToInt64
    case bigEndianToInt128
    /// Milliseconds to microseconds.
    case milliseconds32
    case milliseconds64
    /// Nanoseconds to microseconds, rounded down.
    case nanoseconds64
    /// Julian day and nanoseconds of the day.
    case int96
    /// Fixed-length values as byte strings.
    case fixedToByteStrings

    /// The conversion from a leaf to a wanted type; `nil` when there is none without loss.
    init?(from leaf: FileLeafType, to type: IcebergType) {
        let conversion: ValueConversion? =
            switch type {
            case .boolean: leaf.physicalType == .boolean ? ValueConversion.none : nil
            case .int: Self.toInt(leaf)
            case .long: Self.toLong(leaf)
            case .float: leaf.isPlain(.float) ? ValueConversion.none : nil
            case .double:
                leaf.isPlain(.double)
                    ? ValueConversion.none : leaf.isPlain(.float) ? .floatToDouble : nil
            case .decimal(let precision, let scale):
                Self.toDecimal(leaf, precision: precision, scale: scale)
            case .date:
                leaf.physicalType == .int32 && leaf.annotation == .date
                    ? ValueConversion.none : nil
            case .time: Self.toTime(leaf)
            case .timestamp, .timestamptz: Self.toTimestamp(leaf)
            case .string, .binary, .geometry, .geography: Self.toByteStrings(leaf)
            case .timestampNanos, .timestamptzNanos, .unknown, .variant, .structure, .list, .map:
                nil
            case .uuid:
                leaf.physicalType == .fixedLengthByteArray && leaf.lengthBytes == 16
                    ? ValueConversion.none : nil
            case .fixed(let lengthBytes):
                leaf.physicalType == .fixedLengthByteArray && leaf.lengthBytes == lengthBytes
                    ? .fixedToByteStrings : nil
            }
        guard let conversion else { return nil }
        self = conversion
    }

    private static func toInt(_ leaf: FileLeafType) -> ValueConversion? {
        guard leaf.physicalType == .int32 else { return nil }
        switch leaf.annotation {
        case .none, .integer(_, true), .integer(8, false), .integer(16, false):
            return ValueConversion.none
        default: return nil
        }
    }

    private static func toLong(_ leaf: FileLeafType) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (.int32, .none): .widenInt32(isSigned: true)
        case (.int32, .integer(_, let isSigned)): .widenInt32(isSigned: isSigned)
        case (.int64, .none), (.int64, .integer(_, true)): ValueConversion.none
        default: nil
        }
    }

    private static func toDecimal(
        _ leaf: FileLeafType,
        precision: Int,
        scale: Int
    ) -> ValueConversion? {
        guard case .decimal(let filePrecision, let fileScale) = leaf.annotation,
            fileScale == scale, filePrecision <= precision
        else { return nil }
        let isWide = precision > 18
        switch leaf.physicalType {
        case .int32: return isWide ? .int32ToInt128 : .int32ToInt64
        case .int64: return isWide ? .int64ToInt128 : ValueConversion.none
        case .byteArray, .fixedLengthByteArray:
            return isWide ? .bigEndianToInt128 : .bigEndianToInt64
        default: return nil
        }
    }

    private static func toTime(_ leaf: FileLeafType) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (.int32, .time(.milliseconds)): .milliseconds32
        case (.int64, .time(.microseconds)): ValueConversion.none
        case (.int64, .time(.nanoseconds)): .nanoseconds64
        default: nil
        }
    }

    private static func toTimestamp(_ leaf: FileLeafType) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (.int96, _): .int96
        case (.int64, .timestamp(.milliseconds, _)): .milliseconds64
        case (.int64, .timestamp(.microseconds, _)): ValueConversion.none
        case (.int64, .timestamp(.nanoseconds, _)): .nanoseconds64
        default: nil
        }
    }

    private static func toByteStrings(_ leaf: FileLeafType) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (.byteArray, .none), (.byteArray, .text), (.byteArray, .other): ValueConversion.none
        case (.fixedLengthByteArray, .none), (.fixedLengthByteArray, .other): .fixedToByteStrings
        default: nil
        }
    }
}

extension FileLeafType {
    fileprivate func isPlain(_ physicalType: ParquetPhysicalType) -> Bool {
        self.physicalType == physicalType && annotation == .none
    }
}
