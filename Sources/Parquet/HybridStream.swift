internal import Bytes

/// Reads Parquet's mix of runs and bit-packed groups of eight, some numbers at a time.
///
/// It holds only where it is: the page's bytes are handed in at each call. So it costs nothing to
/// keep a copy and to go on from there again.
///
/// Source: apache/parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
struct HybridStream {
    static let bitWidthMax = 32

    private var offset: Int
    private let end: Int
    private let bitWidth: Int
    /// Numbers left in the current run.
    private var runLeft = 0
    private var runValue = 0
    private var isPacked = false
    /// Where the next number of a packed run begins.
    private var bitOffset = 0

    /// Reads what `cursor` has left.
    init(_ cursor: PageCursor, bitWidth: Int) throws(WireFault) {
        guard (0...Self.bitWidthMax).contains(bitWidth) else {
            throw cursor.fault(.malformedValue, wanted: bitWidth)
        }
        offset = cursor.offset
        end = cursor.end
        self.bitWidth = bitWidth
    }

    /// Reads `count` numbers, each below `limit`.
    mutating func read<T: FixedWidthInteger & UnsignedInteger>(
        _ base: UnsafeRawPointer,
        count: Int,
        limit: Int,
        into target: UnsafeMutablePointer<T>
    ) throws(WireFault) {
        var done = 0
        while done < count {
            let run = try nextRun(base, countMax: count - done, limit: limit)
            if let value = run.value {
                (target + done).update(repeating: T(truncatingIfNeeded: value), count: run.count)
            } else {
                try takePacked(base, count: run.count, limit: limit, into: target + done)
            }
            done += run.count
        }
    }

    /// Steps over `count` numbers.
    mutating func skip(_ base: UnsafeRawPointer, count: Int) throws(WireFault) {
        var done = 0
        while done < count {
            let run = try nextRun(base, countMax: count - done, limit: .max)
            if run.value == nil { dropPacked(run.count) }
            done += run.count
        }
    }

    /// A run of this many equal numbers is handed out as one.
    private static let longRunCount = 256

    /// Takes the next numbers, `countMax` at most: as one value where a long run of it comes, in
    /// `target` otherwise.
    @inline(__always)
    mutating func next<T: FixedWidthInteger & UnsignedInteger>(
        _ base: UnsafeRawPointer,
        countMax: Int,
        limit: Int,
        into target: UnsafeMutablePointer<T>
    ) throws(WireFault) -> (count: Int, value: Int?) {
        if runLeft == 0 { try readHead(base, limit: limit) }
        if !isPacked, runLeft >= min(countMax, Self.longRunCount) {
            let count = min(runLeft, countMax)
            runLeft &-= count
            return (count, runValue)
        }
        try read(base, count: countMax, limit: limit, into: target)
        return (countMax, nil)
    }

    /// The next run's length, `countMax` at most, and its value; of a run of equal numbers they are
    /// taken then, packed ones are left.
    @inline(__always)
    private mutating func nextRun(
        _ base: UnsafeRawPointer,
        countMax: Int,
        limit: Int
    ) throws(WireFault) -> (count: Int, value: Int?) {
        if runLeft == 0 { try readHead(base, limit: limit) }
        let count = min(runLeft, countMax)
        guard !isPacked else { return (count, nil) }
        runLeft &-= count
        return (count, runValue)
    }

    /// Takes numbers of a packed run.
    @inline(__always)
    private mutating func takePacked<T: FixedWidthInteger & UnsignedInteger>(
        _ base: UnsafeRawPointer,
        count: Int,
        limit: Int,
        into target: UnsafeMutablePointer<T>
    ) throws(WireFault) {
        BitUnpacking.unpack(
            base,
            bitOffset: bitOffset,
            bitWidth: bitWidth,
            count: count,
            into: target
        )
        // Widths that cannot reach the limit need no look.
        if limit >> bitWidth == 0 {
            var largest: T = 0
            for index in 0..<count { largest = max(largest, target[index]) }
            guard Int(largest) < limit else { throw fault(.malformedValue, wanted: limit) }
        }
        dropPacked(count)
    }

    private mutating func dropPacked(_ count: Int) {
        bitOffset &+= count &* bitWidth
        runLeft &-= count
    }

    private func fault(_ kind: WireFault.Kind, wanted: Int) -> WireFault {
        WireFault(kind, offset: offset, wanted: wanted, available: end - offset)
    }

    private mutating func readHead(_ base: UnsafeRawPointer, limit: Int) throws(WireFault) {
        guard limit > 0 else { throw fault(.malformedValue, wanted: 0) }
        isPacked = false
        // Numbers of no bits are all zero, and some writers leave out the runs.
        guard bitWidth > 0 else {
            runValue = 0
            runLeft = .max
            return
        }
        var cursor = PageCursor(base: base, offset: offset, end: end)
        let head = try cursor.readVarint()
        let length = Int(clamping: head >> 1)
        guard length > 0 else { throw fault(.impossibleLength, wanted: 0) }
        if head & 1 == 0 {
            var value = 0
            for byte in 0..<(bitWidth + 7) / 8 {
                value |= Int(try cursor.readByte()) << (byte * 8)
            }
            guard value < limit else { throw fault(.malformedValue, wanted: limit) }
            runValue = value
            runLeft = length
        } else {
            isPacked = true
            bitOffset = cursor.offset * 8
            let (byteCount, overflow) = length.multipliedReportingOverflow(by: bitWidth)
            if !overflow, byteCount <= cursor.remaining {
                runLeft = length * 8
                _ = try cursor.take(byteCount)
            } else {
                // The last run may be cut off after the bytes that values are in.
                runLeft = cursor.remaining * 8 / bitWidth
                guard runLeft > 0 else { throw cursor.fault(.truncated, wanted: bitWidth) }
                _ = try cursor.take(cursor.remaining)
            }
        }
        offset = cursor.offset
    }
}
