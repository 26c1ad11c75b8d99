internal import TableModel

/// Bounds as Parquet statistics and as Iceberg's single-value binary.
///
/// Sources: apache/parquet-format, parquet.thrift "Statistics"; Iceberg specification, Appendix D
/// "Binary single-value serialization" and the `truncate` metrics mode.
enum BoundSerialization {
    /// Code points or bytes that bounds in page and chunk statistics keep.
    static let parquetUnitsMax = 64

    struct Pair: Equatable {
        var lower: [UInt8]?
        var upper: [UInt8]?
        var isLowerExact = true
        var isUpperExact = true
    }

    /// The bounds as values of the column's Parquet type in plain encoding, without a length; none
    /// for uuid, whose order engines do not agree on.
    static func parquet(_ bounds: ValueBounds, type: IcebergType, isFull: Bool) -> Pair {
        switch bounds {
        case .none: Pair()
        case .integer(let low, let high):
            Pair(lower: parquetInteger(low, type), upper: parquetInteger(high, type))
        case .floating(let low, let high): floating(low, high, type)
        // Iceberg's own readers up to 1.10 take the halves of a uuid for signed numbers, and would
        // skip rows by bounds in the format's order.
        case .bytes where type == .uuid: Pair()
        case .bytes(let low, let high):
            bytes(low, high, type, unitsMax: isFull ? nil : parquetUnitsMax)
        }
    }

    /// The bounds for a manifest entry; none for uuid, whose order engines do not agree on.
    static func iceberg(_ bounds: ValueBounds, type: IcebergType, unitsMax: Int?) -> Pair {
        switch bounds {
        case .none: return Pair()
        case .integer(let low, let high):
            return Pair(lower: icebergInteger(low, type), upper: icebergInteger(high, type))
        case .floating(let low, let high): return floating(low, high, type)
        case .bytes(let low, let high):
            if type == .uuid { return Pair() }
            return bytes(low, high, type, unitsMax: unitsMax)
        }
    }

    private static func parquetInteger(_ value: Int128, _ type: IcebergType) -> [UInt8] {
        switch type.parquetPhysicalType {
        case .boolean: littleEndian(UInt8(truncatingIfNeeded: value))
        case .int32: littleEndian(Int32(truncatingIfNeeded: value))
        case .fixedLengthByteArray:
            Array(bigEndian(value).suffix(type.parquetTypeLength ?? 16))
        default: littleEndian(Int64(truncatingIfNeeded: value))
        }
    }

    private static func icebergInteger(_ value: Int128, _ type: IcebergType) -> [UInt8] {
        if case .decimal = type { return minimalBigEndian(value) }
        return parquetInteger(value, type)
    }

    /// Zero counts as -0.0 below and +0.0 above, because readers compare the two differently.
    private static func floating(_ low: Double, _ high: Double, _ type: IcebergType) -> Pair {
        let lower = low == 0 ? -0.0 : low
        let upper = high == 0 ? 0.0 : high
        if type == .float {
            return Pair(
                lower: littleEndian(Float(lower).bitPattern),
                upper: littleEndian(Float(upper).bitPattern)
            )
        }
        return Pair(lower: littleEndian(lower.bitPattern), upper: littleEndian(upper.bitPattern))
    }

    private static func bytes(
        _ low: [UInt8],
        _ high: [UInt8],
        _ type: IcebergType,
        unitsMax: Int?
    ) -> Pair {
        guard let unitsMax else { return Pair(lower: low, upper: high) }
        let isText = type == .string
        let lower = BoundTruncation.lower(low, unitsMax: unitsMax, isText: isText)
        let upper = BoundTruncation.upper(high, unitsMax: unitsMax, isText: isText)
        return Pair(
            lower: lower,
            upper: upper,
            isLowerExact: lower == low,
            isUpperExact: upper == high
        )
    }

    private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func bigEndian(_ value: Int128) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// The fewest big-endian bytes of two's complement that hold the value.
    private static func minimalBigEndian(_ value: Int128) -> [UInt8] {
        let magnitudeBits = 128 - (value < 0 ? ~value : value).leadingZeroBitCount
        return Array(bigEndian(value).suffix(magnitudeBits / 8 + 1))
    }
}
