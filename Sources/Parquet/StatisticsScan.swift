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
            if leaf.hasBounds, part.nullCount < piece.count { scan(piece, leaf, &part) }
            total.add(part)
        }
        return total
    }

    private static func scan(
        _ piece: ColumnPiece,
        _ leaf: FieldLeaf,
        _ statistics: inout ValueStatistics
    ) {
        switch leaf.type {
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
            statistics.bounds = ByteStringBounds.of(
                piece,
                bytesMax: leaf.boundBytesMax,
                isTaken: piece.isValid
            )
        case .unknown, .geometry, .geography, .structure, .list, .map, .variant:
            preconditionFailure("\(leaf.type) has no order")
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
        let found =
            piece.validity == nil ? floatingWithoutNulls(piece, type) : floating(piece, type)
        statistics.nanCount = found.nanCount
        guard found.nanCount + statistics.nullCount < piece.count else { return }
        statistics.bounds = .floating(low: Double(found.low), high: Double(found.high))
    }

    private struct FloatingExtremes<T: BinaryFloatingPoint> {
        var low: T
        var high: T
        var nanCount: Int

        @inline(__always)
        mutating func add(_ value: T) {
            nanCount &+= value == value ? 0 : 1
            low = value < low ? value : low
            high = value > high ? value : high
        }
    }

    private static func floating<T: BinaryFloatingPoint & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> FloatingExtremes<T> {
        var found = FloatingExtremes(low: T.infinity, high: -T.infinity, nanCount: 0)
        for row in 0..<piece.count {
            let value = piece.fixed(at: row, as: T.self)
            // A NULL row holds zero, so it is never NaN, but it must not become a bound.
            let isValid = piece.isValid(row)
            found.nanCount &+= value == value ? 0 : (isValid ? 1 : 0)
            found.low = isValid && value < found.low ? value : found.low
            found.high = isValid && value > found.high ? value : found.high
        }
        return found
    }

    /// The same in two strands, so that no comparison waits for the one before; comparisons with NaN
    /// are false.
    private static func floatingWithoutNulls<T: BinaryFloatingPoint & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> FloatingExtremes<T> {
        let source = piece.values + piece.start &* MemoryLayout<T>.size
        var even = FloatingExtremes(low: T.infinity, high: -T.infinity, nanCount: 0)
        var odd = even
        var row = 0
        while row &+ 1 < piece.count {
            let offset = row &* MemoryLayout<T>.size
            even.add(source.loadUnaligned(fromByteOffset: offset, as: T.self))
            odd.add(
                source.loadUnaligned(fromByteOffset: offset &+ MemoryLayout<T>.size, as: T.self)
            )
            row &+= 2
        }
        if row < piece.count { even.add(piece.fixed(at: row, as: T.self)) }
        return FloatingExtremes(
            low: min(even.low, odd.low),
            high: max(even.high, odd.high),
            nanCount: even.nanCount + odd.nanCount
        )
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
}
