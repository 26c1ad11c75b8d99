internal import Bytes
internal import Columns
internal import SourceInterface
internal import TableModel

/// Decodes the row packets of one result set into column builders.
final class SnapshotRowDecoder {
    private struct Plan {
        var opcode: ResultOpcode
        /// Digits behind the point of decimals and of seconds.
        var decimals: Int
        var isKey: Bool
        var context: ColumnContext
    }

    private let plans: [Plan]
    /// Dates that no calendar has and that became NULL.
    var nulledValueCount = 0

    /// - Throws: ``Mismatch`` with the first column whose values are not what `columns` says: the
    ///   table changed since its description was read.
    init(
        _ result: [ResultColumn],
        for columns: [SourceColumn],
        keyColumns: [Int],
        planner: ColumnPlanner
    ) throws(Mismatch) {
        guard result.count == columns.count else {
            throw Mismatch(column: "\(result.count) columns instead of \(columns.count)")
        }
        var plans: [Plan] = []
        for (index, column) in columns.enumerated() {
            let context = ColumnContext()
            guard
                let opcode = ResultOpcode(result[index], as: column.type, planner, context)
            else { throw Mismatch(column: column.name) }
            let isKey = keyColumns.contains(index)
            let decimals =
                if case .decimal(_, let scale) = column.type { scale } else {
                    result[index].decimals
                }
            plans.append(
                Plan(opcode: opcode, decimals: decimals, isKey: isKey, context: context)
            )
        }
        self.plans = plans
    }

    struct Mismatch: Error {
        var column: String
    }

    // MARK: Rows

    /// Appends one row.
    ///
    /// - Throws: ``RowFault``; the builders may then hold a part of the row.
    func decode(
        _ packet: UnsafeRawBufferPointer,
        into builders: UnsafeMutablePointer<ColumnBuilder>
    ) throws(RowFault) {
        var index = -1
        do throws(WireFault) {
            var reader = ByteReader(packet.bytes)
            try reader.skip(1)
            // The bitmap's first two bits are not used.
            let nulls = try reader.readBytes((plans.count + 9) / 8)
            for (column, plan) in plans.enumerated() {
                index = column
                let bit = column + 2
                let byte = nulls.unsafeLoad(fromUncheckedByteOffset: bit >> 3, as: UInt8.self)
                if byte & (1 << UInt8(bit & 7)) != 0 {
                    builders[column].appendNull()
                } else {
                    try append(plan, &reader, &builders[column])
                }
            }
        } catch {
            let isFormless = error.kind == .malformedValue && error.wanted == Self.formlessMark
            throw RowFault(
                fault: error,
                columnIndex: index,
                reason: isFormless ? .valueWithoutForm : .wire
            )
        }
    }

    private static let formlessMark = Int.min

    private func append(
        _ plan: Plan,
        _ reader: inout ByteReader,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        switch plan.opcode {
        case .int8: builder.append(Int32(try reader.readInteger(as: Int8.self)))
        case .uint8: builder.append(Int32(try reader.readInteger(as: UInt8.self)))
        case .int16: builder.append(Int32(try reader.readInteger(as: Int16.self)))
        case .uint16: builder.append(Int32(try reader.readInteger(as: UInt16.self)))
        case .int32: builder.append(try reader.readInteger(as: Int32.self))
        case .uint32: builder.append(Int64(try reader.readInteger(as: UInt32.self)))
        case .int64: builder.append(try reader.readInteger(as: Int64.self))
        case .uint64: builder.append(Int128(try reader.readInteger(as: UInt64.self)))
        case .float: builder.append(try reader.readInteger(as: UInt32.self))
        case .double: builder.append(try reader.readInteger(as: UInt64.self))
        case .date: try appendDate(plan, &reader, &builder)
        case .datetime: try appendDatetime(plan, &reader, &builder)
        case .time: try appendTime(plan, &reader, &builder)
        default:
            let value = try reader.readBytes(try reader.readCount())
            try value.withUnsafeBytes { (bytes) throws(WireFault) in
                try appendBytes(plan, bytes, &builder)
            }
        }
    }

    /// Values that the protocol sends with a length in front.
    private func appendBytes(
        _ plan: Plan,
        _ bytes: UnsafeRawBufferPointer,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        guard let start = bytes.baseAddress, bytes.count > 0 else {
            return try appendEmpty(plan, &builder)
        }
        if plan.opcode == .copy {
            builder.append(bytes)
            return
        }
        guard bytes.count <= RowDecoder.convertedValueBytesMax else {
            throw WireFault(
                .impossibleLength,
                offset: 0,
                wanted: bytes.count,
                available: RowDecoder.convertedValueBytesMax
            )
        }
        switch plan.opcode {
        case .latin1: Latin1.append(start, count: bytes.count, to: &builder)
        case .converted: plan.context.converter?.append(start, count: bytes.count, to: &builder)
        case .decimal64:
            let value = try DecimalText.unscaled(bytes, scale: plan.decimals)
            builder.append(Int64(truncatingIfNeeded: value))
        case .decimal128: builder.append(try DecimalText.unscaled(bytes, scale: plan.decimals))
        case .decimalText:
            let isNegative = bytes.first == UInt8(ascii: "-")
            let digits = bytes.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") }
            let point = bytes.firstIndex(of: UInt8(ascii: ".")) ?? bytes.count - 1
            let scale = bytes.count - 1 - point
            DecimalText.canonical(digits: digits, scale: scale, isNegative: isNegative)
                .withUnsafeBytes { builder.append($0) }
        case .bitBoolean, .bitLong, .bitDecimal: try appendBits(plan, bytes, &builder)
        case .uuid: try appendUUID(bytes, &builder)
        case .geometry: try ColumnValues.appendGeometry(start, bytes.count, to: &builder)
        default: builder.append(bytes)
        }
    }

    private func appendEmpty(_ plan: Plan, _ builder: inout ColumnBuilder) throws(WireFault) {
        switch plan.opcode {
        case .copy, .latin1, .converted, .geometry:
            builder.append(UnsafeRawBufferPointer(start: nil, count: 0))
        default: throw WireFault(.truncated, offset: 0, wanted: 1, available: 0)
        }
    }

    private func appendBits(
        _ plan: Plan,
        _ bytes: UnsafeRawBufferPointer,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        guard let start = bytes.baseAddress, bytes.count <= 8 else {
            throw WireFault(.impossibleLength, offset: 0, wanted: bytes.count, available: 8)
        }
        let bits = Temporal.bigEndian(start, bytes.count)
        switch plan.opcode {
        case .bitBoolean: builder.append(UInt8(bits & 1))
        case .bitLong: builder.append(bits)
        default: builder.append(Int128(bits))
        }
    }

    private func appendUUID(
        _ bytes: UnsafeRawBufferPointer,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let value = parseUUID(text[...]) else {
            throw WireFault(.malformedValue, offset: 0, wanted: 32, available: bytes.count)
        }
        builder.append(value.bigEndian)
    }

    // MARK: Dates and times

    private func appendFormless(
        _ plan: Plan,
        _ offset: Int,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        if plan.isKey {
            throw WireFault(
                .malformedValue,
                offset: offset,
                wanted: Self.formlessMark,
                available: 0
            )
        }
        nulledValueCount += 1
        builder.appendNull()
    }

    /// The fields that a value leaves away at its end are zero.
    private struct Fields {
        var year = 0
        var month = 0
        var day = 0
        var hour = 0
        var minute = 0
        var second = 0
        var microseconds: Int64 = 0

        init(_ reader: inout ByteReader) throws(WireFault) {
            let count = Int(try reader.readInteger(as: UInt8.self))
            var value = ByteReader(try reader.readBytes(count))
            if count >= 4 {
                year = Int(try value.readInteger(as: UInt16.self))
                month = Int(try value.readInteger(as: UInt8.self))
                day = Int(try value.readInteger(as: UInt8.self))
            }
            if count >= 7 {
                hour = Int(try value.readInteger(as: UInt8.self))
                minute = Int(try value.readInteger(as: UInt8.self))
                second = Int(try value.readInteger(as: UInt8.self))
            }
            if count >= 11 { microseconds = Int64(try value.readInteger(as: UInt32.self)) }
        }
    }

    private func appendDate(
        _ plan: Plan,
        _ reader: inout ByteReader,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        let offset = reader.offset
        let fields = try Fields(&reader)
        let days = Temporal.days(year: fields.year, month: fields.month, day: fields.day)
        if let days {
            builder.append(days)
        } else {
            try appendFormless(plan, offset, &builder)
        }
    }

    private func appendDatetime(
        _ plan: Plan,
        _ reader: inout ByteReader,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        let offset = reader.offset
        let fields = try Fields(&reader)
        let value = Temporal.microseconds(
            year: fields.year,
            month: fields.month,
            day: fields.day,
            hour: fields.hour,
            minute: fields.minute,
            second: fields.second,
            fraction: fields.microseconds
        )
        if let value {
            builder.append(value)
        } else {
            try appendFormless(plan, offset, &builder)
        }
    }

    private func appendTime(
        _ plan: Plan,
        _ reader: inout ByteReader,
        _ builder: inout ColumnBuilder
    ) throws(WireFault) {
        let count = Int(try reader.readInteger(as: UInt8.self))
        var value = ByteReader(try reader.readBytes(count))
        var span = TimeSpan(isNegative: false, hours: 0, minutes: 0, seconds: 0, microseconds: 0)
        if count >= 8 {
            span.isNegative = try value.readInteger(as: UInt8.self) != 0
            let days = Int(try value.readInteger(as: UInt32.self)) & 0xFFFF
            span.hours = days * 24 + Int(try value.readInteger(as: UInt8.self))
            span.minutes = Int(try value.readInteger(as: UInt8.self))
            span.seconds = Int(try value.readInteger(as: UInt8.self))
        }
        if count >= 12 {
            span.microseconds = Int(try value.readInteger(as: UInt32.self)) % 1_000_000
        }
        let digits = min(plan.decimals, 6)
        span.hours %= 10_000
        ColumnValues.appendTime(span, fractionDigits: digits, to: &builder)
    }
}
