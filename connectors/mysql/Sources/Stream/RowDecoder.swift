internal import Bytes
internal import Columns

/// Decodes the row images of one table map straight into column builders.
///
/// The plans lie in plain memory of its own, so that the row loop touches no reference counts.
final class RowDecoder {
    /// The longest text or JSON value that is converted; plain copies go up to a packet's size.
    static let convertedValueBytesMax = 256 << 20

    let columnCount: Int
    /// Places of the key's columns in the event, and the highest of them plus one.
    private let keyColumns: [Int]
    private let keyEnd: Int
    private let plans: UnsafeMutablePointer<ColumnPlan>
    private let contexts: [ColumnContext]
    /// Dates that no calendar has and that became NULL since the last look.
    var nulledValueCount = 0

    init(_ planned: [ColumnPlanner.Planned], keyColumns: [Int]) {
        columnCount = planned.count
        plans = .allocate(capacity: max(planned.count, 1))
        for (index, column) in planned.enumerated() {
            (plans + index).initialize(to: column.plan)
        }
        contexts = planned.map(\.context)
        self.keyColumns = keyColumns
        keyEnd = (keyColumns.max() ?? -1) + 1
    }

    deinit { plans.deallocate() }

    private var nullBytes: Int { (columnCount + 7) / 8 }

    /// Decodes one row image into `builders`.
    ///
    /// - Returns: The end of the image.
    /// - Throws: ``RowFault``; the builders may then hold a part of the row.
    @inline(__always)
    func decode(
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer,
        into builders: UnsafeMutablePointer<ColumnBuilder>
    ) throws(RowFault) -> UnsafeRawPointer {
        let plans = plans
        var cursor = start + nullBytes
        guard cursor <= end else { throw truncated(-1, nullBytes, end - start) }
        for index in 0..<columnCount {
            let plan = plans[index]
            let nulls = start.load(fromByteOffset: index >> 3, as: UInt8.self)
            if nulls & (1 << UInt8(truncatingIfNeeded: index & 7)) != 0 {
                builders[Int(plan.target)].appendNull()
                continue
            }
            let count = try Self.frame(plan, index, &cursor, end)
            try append(plan, index, cursor, count, to: &builders[Int(plan.target)])
            cursor += count
        }
        return cursor
    }

    /// Steps over a value's length and makes sure that the whole value is there.
    @inline(__always)
    private static func frame(
        _ plan: ColumnPlan,
        _ index: Int,
        _ cursor: inout UnsafeRawPointer,
        _ end: UnsafeRawPointer
    ) throws(RowFault) -> Int {
        var count = Int(plan.widthBytes)
        let prefixBytes = Int(plan.prefixBytes)
        if prefixBytes != 0 {
            guard prefixBytes <= end - cursor else {
                throw truncated(index, prefixBytes, end - cursor)
            }
            count = Int(truncatingIfNeeded: ColumnValues.littleEndian(cursor, prefixBytes))
            cursor += prefixBytes
        }
        guard count <= end - cursor else { throw truncated(index, count, end - cursor) }
        return count
    }

    private static func truncated(_ index: Int, _ wanted: Int, _ available: Int) -> RowFault {
        let fault = WireFault(.truncated, offset: 0, wanted: wanted, available: available)
        return RowFault(fault: fault, columnIndex: index)
    }

    private func truncated(_ index: Int, _ wanted: Int, _ available: Int) -> RowFault {
        Self.truncated(index, wanted, available)
    }

    // MARK: Keys

    /// Steps over a row image without decoding it.
    ///
    /// `keys` gets, for each key column, the place of its value, or nothing for NULL. Only the
    /// columns up to the last key column are stepped over when no more is wanted.
    func skip(
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer,
        upToKeys isPartial: Bool,
        keys: inout [UnsafeRawBufferPointer]
    ) throws(RowFault) -> UnsafeRawPointer {
        var cursor = start + nullBytes
        guard cursor <= end else { throw truncated(-1, nullBytes, end - start) }
        keys.removeAll(keepingCapacity: true)
        for index in 0..<(isPartial ? keyEnd : columnCount) {
            let plan = plans[index]
            let nulls = start.load(fromByteOffset: index >> 3, as: UInt8.self)
            if nulls & (1 << UInt8(truncatingIfNeeded: index & 7)) != 0 {
                if plan.isKey { keys.append(UnsafeRawBufferPointer(start: nil, count: 0)) }
                continue
            }
            let count = try Self.frame(plan, index, &cursor, end)
            if plan.isKey { keys.append(UnsafeRawBufferPointer(start: cursor, count: count)) }
            cursor += count
        }
        return cursor
    }

    // MARK: Values

    @inline(__always)
    private func append(
        _ plan: ColumnPlan,
        _ index: Int,
        _ start: UnsafeRawPointer,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) throws(RowFault) {
        switch plan.opcode {
        case .int8: builder.append(Int32(start.load(as: Int8.self)))
        case .uint8: builder.append(Int32(start.load(as: UInt8.self)))
        case .int16: builder.append(Int32(start.loadUnaligned(as: Int16.self)))
        case .uint16: builder.append(Int32(start.loadUnaligned(as: UInt16.self)))
        case .uint24: builder.append(Self.unsigned24(start))
        case .int24: builder.append((Self.unsigned24(start) << 8) >> 8)
        case .int32: builder.append(start.loadUnaligned(as: Int32.self))
        case .uint32: builder.append(Int64(start.loadUnaligned(as: UInt32.self)))
        case .int64: builder.append(start.loadUnaligned(as: Int64.self))
        case .uint64: builder.append(Int128(start.loadUnaligned(as: UInt64.self)))
        case .year:
            let year = Int32(start.load(as: UInt8.self))
            builder.append(year == 0 ? 0 : year &+ 1_900)
        case .float: builder.append(start.loadUnaligned(as: UInt32.self))
        case .double: builder.append(start.loadUnaligned(as: UInt64.self))
        case .decimal64:
            let format = DecimalFormat(precision: Int(plan.size), scale: Int(plan.scale))
            builder.append(format.decodeInt64(start))
        case .date: try appendDate(Temporal.date(start), plan, index, to: &builder)
        case .datetime2:
            let value = Temporal.datetime2(start, byteCount: count)
            try appendTime(value, plan, index, to: &builder)
        case .timestamp2:
            let value = Temporal.timestamp2(start, byteCount: count)
            try appendTime(value, plan, index, to: &builder)
        case .copy: builder.append(start, count: count)
        case .latin1 where count <= Self.convertedValueBytesMax:
            Latin1.append(start, count: count, to: &builder)
        default: try appendRare(plan, index, start, count, to: &builder)
        }
    }

    @inline(__always)
    private static func unsigned24(_ start: UnsafeRawPointer) -> Int32 {
        Int32(start.loadUnaligned(as: UInt16.self))
            | Int32(start.load(fromByteOffset: 2, as: UInt8.self)) << 16
    }

    @inline(__always)
    private func appendDate(
        _ days: Int32?,
        _ plan: ColumnPlan,
        _ index: Int,
        to builder: inout ColumnBuilder
    ) throws(RowFault) {
        if let days {
            builder.append(days)
        } else {
            try appendFormless(plan, index, to: &builder)
        }
    }

    @inline(__always)
    private func appendTime(
        _ microseconds: Int64?,
        _ plan: ColumnPlan,
        _ index: Int,
        to builder: inout ColumnBuilder
    ) throws(RowFault) {
        if let microseconds {
            builder.append(microseconds)
        } else {
            try appendFormless(plan, index, to: &builder)
        }
    }

    /// A date that no calendar has becomes NULL, which a key cannot hold.
    @inline(never)
    private func appendFormless(
        _ plan: ColumnPlan,
        _ index: Int,
        to builder: inout ColumnBuilder
    ) throws(RowFault) {
        if plan.isKey {
            let fault = WireFault(.malformedValue, offset: 0, wanted: index, available: 0)
            throw RowFault(fault: fault, columnIndex: index, reason: .valueWithoutForm)
        }
        nulledValueCount += 1
        builder.appendNull()
    }

    /// The kinds of columns that are rare or slow anyway; kept out of the loop's code.
    @inline(never)
    private func appendRare(
        _ plan: ColumnPlan,
        _ index: Int,
        _ start: UnsafeRawPointer,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) throws(RowFault) {
        do throws(WireFault) {
            switch plan.opcode {
            case .timestamp1:
                let seconds = start.loadUnaligned(as: UInt32.self)
                builder.append(Int64(seconds) * Temporal.microsecondsPerSecond)
                if seconds == 0 {
                    builder.truncate(toRows: builder.rowCount - 1)
                    nulledValueCount += 1
                    builder.appendNull()
                }
            case .datetime1:
                if let value = Temporal.datetime1(start) {
                    builder.append(value)
                } else {
                    nulledValueCount += 1
                    builder.appendNull()
                }
            default:
                try appendConverted(plan, contexts[index], start, count, to: &builder)
            }
        } catch {
            throw RowFault(fault: error, columnIndex: index)
        }
    }

    private func appendConverted(
        _ plan: ColumnPlan,
        _ context: ColumnContext,
        _ start: UnsafeRawPointer,
        _ count: Int,
        to builder: inout ColumnBuilder
    ) throws(WireFault) {
        let size = Int(plan.size)
        let scale = Int(plan.scale)
        guard count <= Self.convertedValueBytesMax else {
            throw WireFault(
                .impossibleLength,
                offset: 0,
                wanted: count,
                available: Self.convertedValueBytesMax
            )
        }
        switch plan.opcode {
        case .decimal128:
            builder.append(DecimalFormat(precision: size, scale: scale).decodeInt128(start))
        case .decimalText:
            let format = DecimalFormat(precision: size, scale: scale)
            format.decodeText(start, scale: scale).withUnsafeBytes { builder.append($0) }
        case .bitBoolean: builder.append(UInt8(Temporal.bigEndian(start, count) & 1))
        case .bitLong: builder.append(Temporal.bigEndian(start, count))
        case .bitDecimal: builder.append(Int128(Temporal.bigEndian(start, count)))
        case .time2:
            let span = TimeSpan(time2: start, byteCount: count)
            ColumnValues.appendTime(span, fractionDigits: size, to: &builder)
        case .time1:
            ColumnValues.appendTime(TimeSpan(time1: start), fractionDigits: 0, to: &builder)
        case .copyPadded:
            let bytes = try ColumnValues.padded(start, count, size)
            bytes.withUnsafeBytes { builder.append($0) }
        case .latin1, .converted:
            ColumnValues.appendText(start, count, plan.opcode, context, to: &builder)
        case .enumeration:
            try ColumnValues.appendEnumeration(start, count, context, to: &builder)
        case .set: try ColumnValues.appendSet(start, count, context, to: &builder)
        case .json:
            let bytes = UnsafeRawBufferPointer(start: start, count: count)
            try ColumnValues.appendJSON(bytes, to: &builder)
        case .geometry: try ColumnValues.appendGeometry(start, count, to: &builder)
        case .uuid: try ColumnValues.appendUUID(start, count, to: &builder)
        case .inet4, .inet6:
            let isVersion6 = plan.opcode == .inet6
            try ColumnValues.appendAddress(start, count, isVersion6: isVersion6, to: &builder)
        case .compressed: try ColumnValues.appendCompressed(start, count, context, to: &builder)
        default:
            throw WireFault(
                .unknownTag,
                offset: 0,
                wanted: Int(plan.opcode.rawValue),
                available: count
            )
        }
    }
}
