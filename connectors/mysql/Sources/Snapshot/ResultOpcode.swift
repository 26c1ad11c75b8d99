internal import TableModel

/// How a value of the client's binary protocol becomes a value of a column.
///
/// Source: MySQL Internals, "Binary Protocol Resultset Row".
enum ResultOpcode: UInt8 {
    case int8
    case uint8
    case int16
    case uint16
    case int32
    case uint32
    case int64
    case uint64
    case float
    case double
    case date
    case datetime
    case time
    // Values with a length in front.
    case copy
    case latin1
    case converted
    case decimal64
    case decimal128
    case decimalText
    case bitBoolean
    case bitLong
    case bitDecimal
    case uuid
    case geometry
}

extension ResultOpcode {
    /// Chooses by what the server says of a result's column.
    ///
    /// - Returns: `nil` when it does not hold values of `type`.
    init?(
        _ result: ResultColumn,
        as type: IcebergType,
        _ planner: ColumnPlanner,
        _ context: ColumnContext
    ) {
        guard let opcode = Self.opcode(result, as: type, planner, context) else { return nil }
        self = opcode
    }

    private static func opcode(
        _ result: ResultColumn,
        as type: IcebergType,
        _ planner: ColumnPlanner,
        _ context: ColumnContext
    ) -> ResultOpcode? {
        switch (result.type, type) {
        case (FieldType.tiny, .int): result.isUnsigned ? .uint8 : .int8
        case (FieldType.short, .int): result.isUnsigned ? .uint16 : .int16
        case (FieldType.year, .int): .uint16
        case (FieldType.int24, .int): .int32
        case (FieldType.long, .int): result.isUnsigned ? nil : .int32
        case (FieldType.long, .long): result.isUnsigned ? .uint32 : nil
        case (FieldType.longLong, .long): result.isUnsigned ? nil : .int64
        case (FieldType.longLong, .decimal(precision: 20, scale: 0)):
            result.isUnsigned ? .uint64 : nil
        case (FieldType.float, .float): .float
        case (FieldType.double, .double): .double
        case (FieldType.date, .date), (FieldType.newDate, .date): .date
        case (FieldType.datetime, .timestamp), (FieldType.timestamp, .timestamptz): .datetime
        case (FieldType.time, .string): .time
        case (FieldType.newDecimal, .decimal(let precision, let scale)):
            result.decimals != scale
                ? nil : precision <= DecimalFormat.digitsPerInt64 ? .decimal64 : .decimal128
        case (FieldType.newDecimal, .string): .decimalText
        case (FieldType.bit, .boolean): .bitBoolean
        case (FieldType.bit, .long): .bitLong
        case (FieldType.bit, .decimal(precision: 20, scale: 0)): .bitDecimal
        case (FieldType.geometry, .binary): .geometry
        case (FieldType.json, .string): .copy
        case (let code, .uuid): FieldType.isCharacter(code) ? .uuid : nil
        case (let code, _): characters(code, result, type, planner, context)
        }
    }

    private static func characters(
        _ code: UInt8,
        _ result: ResultColumn,
        _ type: IcebergType,
        _ planner: ColumnPlanner,
        _ context: ColumnContext
    ) -> ResultOpcode? {
        let isLabelled = code == FieldType.enumeration || code == FieldType.set
        guard FieldType.isCharacter(code) || isLabelled else { return nil }
        let isBinary = result.collation == CollationTable.binaryCollation
        guard type == (isBinary ? .binary : .string) else { return nil }
        switch planner.textOpcode(result.collation, context) {
        case .copy: return .copy
        case .latin1: return .latin1
        case .converted: return .converted
        default: return nil
        }
    }
}
