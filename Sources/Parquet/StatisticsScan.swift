internal import Glibc
internal import TableModel

/// Passes over values for their smallest and largest.
enum StatisticsScan {
    /// The statistics of the rows of one page.
    static func statistics(_ pieces: [ColumnPiece], _ leaf: FieldLeaf) -> ValueStatistics {
        var total = ValueStatistics()
        for piece in pieces {
            var part = ValueStatistics()
            part.valueCount = piece.count
            part.nullCount = piece.nullCount
            if leaf.hasBounds, part.nullCount < piece.count { scan(piece, leaf.type, &part) }
            total.add(part)
        }
        return total
    }

    private static func scan(
        _ piece: ColumnPiece,
        _ type: IcebergType,
        _ statistics: inout ValueStatistics
    ) {
        switch type {
        case .boolean: statistics.bounds = integers(piece, UInt8.self)
        case .int, .date: statistics.bounds = integers(piece, Int32.self)
        case .long, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos:
            statistics.bounds = integers(piece, Int64.self)
        case .decimal(let precision, _):
            statistics.bounds =
                precision <= 18 ? integers(piece, Int64.self) : integers(piece, Int128.self)
        case .float: scanFloating(piece, Float.self, &statistics)
        case .double: scanFloating(piece, Double.self, &statistics)
        case .uuid: statistics.bounds = uuids(piece)
        case .string, .binary, .fixed:
            statistics.bounds = byteStrings(piece, isTaken: piece.isValid)
        case .unknown, .geometry, .geography, .structure, .list, .map, .variant:
            preconditionFailure("\(type) has no order")
        }
    }

    private static func integers<T: FixedWidthInteger & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> ValueBounds {
        let (low, high) = extremes(piece, type)
        return .integer(low: Int128(low), high: Int128(high))
    }

    private static func extremes<T: FixedWidthInteger & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> (T, T) {
        let width = MemoryLayout<T>.size
        let source = piece.values + piece.start &* width
        var low = T.max
        var high = T.min
        if piece.validity == nil {
            for row in 0..<piece.count {
                let value = source.loadUnaligned(fromByteOffset: row &* width, as: T.self)
                low = min(low, value)
                high = max(high, value)
            }
        } else {
            for row in 0..<piece.count {
                let value = source.loadUnaligned(fromByteOffset: row &* width, as: T.self)
                let isValid = piece.isValid(row)
                low = isValid && value < low ? value : low
                high = isValid && value > high ? value : high
            }
        }
        return (low, high)
    }

    private static func scanFloating<T: BinaryFloatingPoint & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type,
        _ statistics: inout ValueStatistics
    ) {
        let width = MemoryLayout<T>.size
        let source = piece.values + piece.start &* width
        var low = T.infinity
        var high = -T.infinity
        var nanCount = 0
        for row in 0..<piece.count {
            let value = source.loadUnaligned(fromByteOffset: row &* width, as: T.self)
            // A NULL row holds zero, so it is never NaN, but it must not become a bound.
            let isValid = piece.isValid(row)
            nanCount &+= value == value ? 0 : (isValid ? 1 : 0)
            low = isValid && value < low ? value : low
            high = isValid && value > high ? value : high
        }
        statistics.nanCount = nanCount
        guard nanCount + statistics.nullCount < piece.count else { return }
        statistics.bounds = .floating(low: Double(low), high: Double(high))
    }

    private static func uuids(_ piece: ColumnPiece) -> ValueBounds {
        let source = piece.values + piece.start &* 16
        var low = UInt128.max
        var high = UInt128.min
        for row in 0..<piece.count where piece.isValid(row) {
            let value = UInt128(
                bigEndian: source.loadUnaligned(fromByteOffset: row &* 16, as: UInt128.self)
            )
            low = min(low, value)
            high = max(high, value)
        }
        return .bytes(low: bigEndianBytes(low), high: bigEndianBytes(high))
    }

    private static func bigEndianBytes(_ value: UInt128) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// The bounds of the rows that are taken.
    @inline(__always)
    static func byteStrings(_ piece: ColumnPiece, isTaken: (Int) -> Bool) -> ValueBounds {
        let offsets = piece.offsets
        var low = -1
        var high = -1
        // The first eight bytes, big-endian, settle most comparisons.
        var lowPrefix = UInt64.max
        var highPrefix: UInt64 = 0
        for row in 0..<piece.count where isTaken(row) {
            let start = Int(offsets[row])
            let prefix = prefix(piece, start, Int(offsets[row &+ 1]) &- start)
            if low < 0 || prefix < lowPrefix
                || (prefix == lowPrefix && isOrdered(piece, row, low))
            {
                low = row
                lowPrefix = prefix
            }
            if high < 0 || prefix > highPrefix
                || (prefix == highPrefix && isOrdered(piece, high, row))
            {
                high = row
                highPrefix = prefix
            }
        }
        guard low >= 0, high >= 0 else { return .none }
        return .bytes(low: bytes(piece, low), high: bytes(piece, high))
    }

    private static func bytes(_ piece: ColumnPiece, _ row: Int) -> [UInt8] {
        let start = Int(piece.offsets[row])
        let count = Int(piece.offsets[row + 1]) - start
        return [UInt8](UnsafeRawBufferPointer(start: piece.bytes + start, count: count))
    }

    /// The first eight bytes as a big-endian number, zeros after the end.
    @inline(__always)
    private static func prefix(_ piece: ColumnPiece, _ start: Int, _ count: Int) -> UInt64 {
        let source = piece.bytes + start
        if start &+ 8 <= piece.byteCount {
            let word = UInt64(bigEndian: source.loadUnaligned(as: UInt64.self))
            guard count < 8 else { return word }
            return count == 0
                ? 0 : word & (UInt64.max &<< UInt64(truncatingIfNeeded: 64 - count * 8))
        }
        var word: UInt64 = 0
        for index in 0..<min(count, 8) {
            let byte = source.load(fromByteOffset: index, as: UInt8.self)
            word |= UInt64(byte) &<< UInt64(truncatingIfNeeded: 56 - index * 8)
        }
        return word
    }

    /// Whether the first row's bytes stand before the second's.
    private static func isOrdered(_ piece: ColumnPiece, _ first: Int, _ second: Int) -> Bool {
        let offsets = piece.offsets
        let firstStart = Int(offsets[first])
        let firstCount = Int(offsets[first &+ 1]) &- firstStart
        let secondStart = Int(offsets[second])
        let secondCount = Int(offsets[second &+ 1]) &- secondStart
        let order = memcmp(
            piece.bytes + firstStart,
            piece.bytes + secondStart,
            min(firstCount, secondCount)
        )
        return order == 0 ? firstCount < secondCount : order < 0
    }
}
