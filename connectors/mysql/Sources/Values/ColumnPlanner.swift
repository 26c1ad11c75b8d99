internal import Columns
internal import TableModel

/// Chooses how a column of the log becomes a column of the lake.
struct ColumnPlanner {
    var collations: CollationTable

    /// A plan with what its slow conversions need.
    typealias Planned = (plan: ColumnPlan, context: ColumnContext)

    /// - Returns: `nil` when a column that the log describes this way does not hold values of
    ///   `type`: its type was changed.
    func plan(
        _ column: EventColumn,
        as type: IcebergType,
        target: Int,
        isKey: Bool
    ) -> Planned? {
        let context = ColumnContext()
        guard let opcode = opcode(column, as: type, context) else { return nil }
        let plan = ColumnPlan(
            opcode: opcode,
            target: Int32(target),
            widthBytes: Int32(column.widthBytes),
            prefixBytes: Int32(column.prefixBytes),
            size: Int32(column.size),
            scale: Int32(column.scale),
            isKey: isKey
        )
        return (plan, context)
    }

    private func opcode(
        _ column: EventColumn,
        as type: IcebergType,
        _ context: ColumnContext
    ) -> Opcode? {
        switch column.type {
        case FieldType.tiny, FieldType.short, FieldType.int24, FieldType.long, FieldType.longLong,
            FieldType.year:
            return Self.integer(column, as: type)
        case FieldType.float: return type == .float ? .float : nil
        case FieldType.double: return type == .double ? .double : nil
        case FieldType.newDecimal: return Self.decimal(column, as: type)
        case FieldType.bit:
            guard type == BitMapping.icebergType(bits: column.size) else { return nil }
            return column.size == 1 ? .bitBoolean : (column.size == 64 ? .bitDecimal : .bitLong)
        case FieldType.date, FieldType.newDate: return type == .date ? .date : nil
        case FieldType.datetime2: return type == .timestamp ? .datetime2 : nil
        case FieldType.datetime: return type == .timestamp ? .datetime1 : nil
        case FieldType.timestamp2: return type == .timestamptz ? .timestamp2 : nil
        case FieldType.timestamp: return type == .timestamptz ? .timestamp1 : nil
        case FieldType.time2: return type == .string ? .time2 : nil
        case FieldType.time: return type == .string ? .time1 : nil
        case FieldType.json: return type == .string ? .json : nil
        case FieldType.geometry: return type == .binary ? .geometry : nil
        case FieldType.enumeration, FieldType.set:
            guard type == .string, readLabels(column, context) else { return nil }
            return column.type == FieldType.set ? .set : .enumeration
        default:
            guard FieldType.isCharacter(column.type) else { return nil }
            return characters(column, as: type, context)
        }
    }

    private static func integer(_ column: EventColumn, as type: IcebergType) -> Opcode? {
        switch (column.type, column.isUnsigned, type) {
        case (FieldType.tiny, false, .int): .int8
        case (FieldType.tiny, true, .int): .uint8
        case (FieldType.short, false, .int): .int16
        case (FieldType.short, true, .int): .uint16
        case (FieldType.int24, false, .int): .int24
        case (FieldType.int24, true, .int): .uint24
        case (FieldType.long, false, .int): .int32
        case (FieldType.long, true, .long): .uint32
        case (FieldType.longLong, false, .long): .int64
        case (FieldType.longLong, true, .decimal(precision: 20, scale: 0)): .uint64
        case (FieldType.year, _, .int): .year
        default: nil
        }
    }

    private static func decimal(_ column: EventColumn, as type: IcebergType) -> Opcode? {
        if column.size > 38 { return type == .string ? .decimalText : nil }
        guard type == .decimal(precision: column.size, scale: column.scale) else { return nil }
        return column.size <= DecimalFormat.digitsPerInt64 ? .decimal64 : .decimal128
    }

    private func characters(
        _ column: EventColumn,
        as type: IcebergType,
        _ context: ColumnContext
    ) -> Opcode? {
        guard let collation = column.collation else { return nil }
        let isBinary = collation == CollationTable.binaryCollation
        if column.type == FieldType.string, isBinary {
            switch (type, column.size) {
            case (.binary, _): return .copyPadded
            case (.uuid, 16): return .uuid
            case (.string, 16): return .inet6
            case (.string, 4): return .inet4
            default: return nil
            }
        }
        guard type == (isBinary ? .binary : .string),
            let text = textOpcode(collation, context)
        else { return nil }
        let isCompressed =
            column.type == FieldType.blobCompressed || column.type == FieldType.varcharCompressed
        guard isCompressed else { return text }
        context.inner = text
        return .compressed
    }

    /// How text of a collation is copied; `nil` when we cannot read its character set.
    func textOpcode(_ collation: Int, _ context: ColumnContext) -> Opcode? {
        guard let name = collations.characterSetName(of: collation),
            let set = CharacterSet(serverName: name)
        else { return nil }
        switch set {
        case .binary, .utf8: return .copy
        case .latin1: return .latin1
        case .singleByte, .converted:
            guard let converter = collations.converter(of: set, named: name) else { return nil }
            context.converter = converter
            return .converted
        }
    }

    private func readLabels(_ column: EventColumn, _ context: ColumnContext) -> Bool {
        guard let collation = column.collation, let opcode = textOpcode(collation, context) else {
            return false
        }
        context.labels = column.labels.map { label in
            switch opcode {
            case .latin1: Latin1.convert(label)
            case .converted: context.converter?.convert(label) ?? label
            default: label
            }
        }
        return true
    }
}

extension Latin1 {
    static func convert(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: source.count * growthMax) { target, count in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                count = convert(from, source.count, UnsafeMutableRawPointer(to))
            }
        }
    }
}
