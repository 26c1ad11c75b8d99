internal import Columns
internal import TableModel

/// Values that are written as a JSON number, word or plain string.
enum ScalarText {
    /// - Precondition: The row is not NULL and `type` is neither nested nor a byte string.
    static func json(_ row: Int, of column: Column, _ type: IcebergType) -> String {
        switch type {
        case .boolean: column.value(at: row, as: UInt8.self) != 0 ? "true" : "false"
        case .int: "\(column.value(at: row, as: Int32.self))"
        case .long: "\"\(column.value(at: row, as: Int64.self))\""
        case .float: number(column.value(at: row, as: Float.self))
        case .double: number(column.value(at: row, as: Double.self))
        case .decimal(_, let scale):
            "\"\(DecimalText.text(unscaled(row, of: column), scale: scale))\""
        case .date: "\"\(TemporalText.date(days: Int64(column.value(at: row, as: Int32.self))))\""
        case .time: "\"\(time(column.value(at: row, as: Int64.self)))\""
        case .timestamp: timestamp(row, of: column, 1_000_000, zone: "")
        case .timestamptz: timestamp(row, of: column, 1_000_000, zone: "+00:00")
        case .timestampNanos: timestamp(row, of: column, 1_000_000_000, zone: "")
        case .timestamptzNanos: timestamp(row, of: column, 1_000_000_000, zone: "+00:00")
        case .uuid:
            "\"\(UUIDText.text(UInt128(bigEndian: column.value(at: row, as: UInt128.self))))\""
        case .unknown: "null"
        case .string, .fixed, .binary, .geometry, .geography, .variant, .structure, .list, .map:
            preconditionFailure("\(type) is no plain value")
        }
    }

    private static func number<T: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: T
    ) -> String {
        if value.isNaN { return "\"NaN\"" }
        if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
        return value.description
    }

    private static func unscaled(_ row: Int, of column: Column) -> Int128 {
        column.type == .int64
            ? Int128(column.value(at: row, as: Int64.self))
            : column.value(at: row, as: Int128.self)
    }

    /// Microseconds of the day; what lies outside of one, which files may hold, as the number.
    private static func time(_ units: Int64) -> String {
        (0..<86_400_000_000).contains(units)
            ? TemporalText.time(units: units, unitsPerSecond: 1_000_000) : "\(units)"
    }

    private static func timestamp(
        _ row: Int,
        of column: Column,
        _ unitsPerSecond: Int64,
        zone: String
    ) -> String {
        let units = column.value(at: row, as: Int64.self)
        return "\"\(TemporalText.timestamp(units: units, unitsPerSecond: unitsPerSecond))\(zone)\""
    }
}
