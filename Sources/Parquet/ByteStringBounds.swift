internal import Glibc

/// Passes over byte strings for the smallest and the largest, in the order of their bytes.
enum ByteStringBounds {
    /// The bounds of the rows that are taken, at most `bytesMax` bytes of them; none when no row is.
    @inline(__always)
    static func of(
        _ piece: ColumnPiece,
        bytesMax: Int?,
        isTaken: (Int) -> Bool
    ) -> ValueBounds {
        let offsets = piece.offsets
        // Eight bytes may be read from the begin of all rows but the last ones.
        var loadableRows = piece.count
        while loadableRows > 0, Int(offsets[loadableRows &- 1]) &+ 8 > piece.byteCount {
            loadableRows &-= 1
        }
        var extremes = StringExtremes()
        for row in 0..<loadableRows where isTaken(row) {
            let start = Int(offsets[row])
            let prefix = prefix(piece.bytes + start, Int(offsets[row &+ 1]) &- start)
            // Most rows are strictly between the two.
            if prefix > extremes.lowPrefix && prefix < extremes.highPrefix { continue }
            extremes.add(row, prefix, of: piece)
        }
        for row in loadableRows..<piece.count where isTaken(row) {
            let start = Int(offsets[row])
            let prefix = shortPrefix(piece.bytes + start, Int(offsets[row &+ 1]) &- start)
            extremes.add(row, prefix, of: piece)
        }
        guard extremes.low >= 0 else { return .none }
        return .bytes(
            low: [UInt8](piece.byteString(at: extremes.low).prefix(bytesMax ?? .max)),
            high: [UInt8](piece.byteString(at: extremes.high).prefix(bytesMax ?? .max))
        )
    }

    /// The rows with the smallest and the largest byte string so far.
    private struct StringExtremes {
        var low = -1
        var high = -1
        /// Their first eight bytes, big-endian, which settle most comparisons.
        var lowPrefix = UInt64.max
        var highPrefix: UInt64 = 0

        @inline(never)
        mutating func add(_ row: Int, _ prefix: UInt64, of piece: ColumnPiece) {
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
    }

    /// The first eight bytes as a big-endian number, zeros after the end; eight may be read.
    @inline(__always)
    private static func prefix(_ source: UnsafeRawPointer, _ count: Int) -> UInt64 {
        let word = UInt64(bigEndian: source.loadUnaligned(as: UInt64.self))
        // Two shifts, because one by 64 would be one by zero.
        let unusedBits = UInt64(truncatingIfNeeded: 64 &- min(count, 8) &* 8)
        let half = UInt64.max &<< (unusedBits / 2)
        return word & (half &<< (unusedBits &- unusedBits / 2))
    }

    /// The same for a string that lies near the end of the memory.
    private static func shortPrefix(_ source: UnsafeRawPointer, _ count: Int) -> UInt64 {
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
