internal import TableModel

/// How values of a file's type become values of the wanted type; chosen once a column.
enum ValueConversion: Equatable {
    /// The bytes are already right.
    case none
    case widenInt32(isSigned: Bool)
    case floatToDouble
    case float16ToFloat
    case float16ToDouble
    /// Decimals in a wider memory form.
    case int32ToInt64
    case int32ToInt128
    case int64ToInt128
    case unsigned64ToInt128
    /// Big-endian decimals of a fixed length or of any.
    case bigEndianToInt64
    case bigEndianToInt128
    /// 32-bit numbers of a coarser unit, 64-bit ones, and those of a finer unit, rounded down.
    case multiply32(by: Int64)
    case multiply64(by: Int64)
    case divide64(by: Int64)
    /// Julian day and nanoseconds of the day, as units of which a microsecond has so many.
    case int96(unitsPerMicrosecond: Int64)
    /// Fixed-length values as byte strings.
    case fixedToByteStrings

    /// The conversion from a leaf to a wanted type; `nil` when there is none without loss.
    ///
    /// Finer units of time than Iceberg's are rounded down, as other readers do.
    ///
    /// Source: Iceberg specification, "Schema Evolution", for what columns are promoted to.
    init?(from leaf: FileLeafType, to type: IcebergType) {
        let conversion: ValueConversion? =
            switch type {
            case .boolean: leaf.physicalType == .boolean ? ValueConversion.none : nil
            case .int: Self.toInt(leaf)
            case .long: Self.toLong(leaf)
            case .float: Self.toFloat(leaf)
            case .double: Self.toDouble(leaf)
            case .decimal(let precision, let scale):
                Self.toDecimal(leaf, precision: precision, scale: scale)
            case .date:
                leaf.physicalType == .int32 && leaf.annotation == .date
                    ? ValueConversion.none : nil
            case .time: Self.toTime(leaf)
            case .timestamp: Self.toTimestamp(leaf, isDatePromoted: true)
            case .timestamptz: Self.toTimestamp(leaf, isDatePromoted: false)
            case .timestampNanos: Self.toNanoseconds(leaf, isDatePromoted: true)
            case .timestamptzNanos: Self.toNanoseconds(leaf, isDatePromoted: false)
            case .string, .binary, .geometry, .geography: Self.toByteStrings(leaf)
            case .unknown, .variant, .structure, .list, .map: nil
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
        case .date, .time, .decimal, .integer(32, false): return nil
        default: return ValueConversion.none
        }
    }

    private static func toLong(_ leaf: FileLeafType) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (_, .date), (_, .time), (_, .decimal), (_, .timestamp), (.int64, .integer(64, false)):
            nil
        case (.int32, .integer(_, let isSigned)): .widenInt32(isSigned: isSigned)
        case (.int32, _): .widenInt32(isSigned: true)
        case (.int64, _): ValueConversion.none
        default: nil
        }
    }

    private static func toFloat(_ leaf: FileLeafType) -> ValueConversion? {
        leaf.physicalType == .float
            ? ValueConversion.none : leaf.isFloat16 ? .float16ToFloat : nil
    }

    private static func toDouble(_ leaf: FileLeafType) -> ValueConversion? {
        switch leaf.physicalType {
        case .double: ValueConversion.none
        case .float: .floatToDouble
        default: leaf.isFloat16 ? .float16ToDouble : nil
        }
    }

    private static func toDecimal(
        _ leaf: FileLeafType,
        precision: Int,
        scale: Int
    ) -> ValueConversion? {
        if leaf.physicalType == .int64, leaf.annotation == .integer(bitWidth: 64, isSigned: false) {
            return precision >= 20 && scale == 0 ? .unsigned64ToInt128 : nil
        }
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
        case (.int32, .time(.milliseconds, _)): .multiply32(by: 1000)
        case (.int64, .time(.microseconds, _)): ValueConversion.none
        case (.int64, .time(.nanoseconds, _)): .divide64(by: 1000)
        default: nil
        }
    }

    private static func toTimestamp(
        _ leaf: FileLeafType,
        isDatePromoted: Bool
    ) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (.int96, _): .int96(unitsPerMicrosecond: 1)
        case (.int64, .timestamp(.milliseconds, _)): .multiply64(by: 1000)
        case (.int64, .timestamp(.microseconds, _)): ValueConversion.none
        case (.int64, .timestamp(.nanoseconds, _)): .divide64(by: 1000)
        case (.int32, .date) where isDatePromoted: .multiply32(by: dayMicroseconds)
        default: nil
        }
    }

    private static func toNanoseconds(
        _ leaf: FileLeafType,
        isDatePromoted: Bool
    ) -> ValueConversion? {
        switch (leaf.physicalType, leaf.annotation) {
        case (.int96, _): .int96(unitsPerMicrosecond: 1000)
        case (.int64, .timestamp(.milliseconds, _)): .multiply64(by: 1_000_000)
        case (.int64, .timestamp(.microseconds, _)): .multiply64(by: 1000)
        case (.int64, .timestamp(.nanoseconds, _)): ValueConversion.none
        case (.int32, .date) where isDatePromoted: .multiply32(by: dayMicroseconds * 1000)
        default: nil
        }
    }

    private static func toByteStrings(_ leaf: FileLeafType) -> ValueConversion? {
        switch leaf.physicalType {
        case .byteArray: ValueConversion.none
        case .fixedLengthByteArray: .fixedToByteStrings
        default: nil
        }
    }

    static let dayMicroseconds: Int64 = 86_400_000_000
}

extension FileLeafType {
    fileprivate var isFloat16: Bool {
        physicalType == .fixedLengthByteArray && lengthBytes == 2 && annotation == .float16
    }
}
