internal import Bytes

/// Reads integers that are stored as differences in packed blocks, some at a time.
///
/// As ``HybridStream`` it holds only where it is.
///
/// Source: apache/parquet-format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED)".
struct DeltaStream {
    private static let blockValuesMax = 1 << 20

    private var cursorOffset: Int
    private let end: Int
    private let miniblocks: Int
    private let miniblockValues: Int
    /// Integers that are left.
    private(set) var left: Int
    private var isAtFirst = true
    private var value: Int64
    private var smallest: Int64 = 0
    private var widthsOffset = 0
    /// The next miniblock of the block.
    private var miniblock: Int
    private var miniblockLeft = 0
    private var bitWidth = 0
    private var bitOffset = 0

    /// Reads the head; `cursor` stays where it is.
    init(_ cursor: PageCursor) throws(WireFault) {
        var cursor = cursor
        let blockValues = Int(clamping: try cursor.readVarint())
        miniblocks = Int(clamping: try cursor.readVarint())
        left = Int(clamping: try cursor.readVarint())
        guard (1...Self.blockValuesMax).contains(blockValues), miniblocks > 0,
            blockValues % miniblocks == 0, (blockValues / miniblocks) % 8 == 0
        else { throw cursor.fault(.malformedValue, wanted: blockValues) }
        miniblockValues = blockValues / miniblocks
        miniblock = miniblocks
        value = try cursor.readZigZag()
        cursorOffset = cursor.offset
        end = cursor.end
    }

    /// Reads `count` integers.
    mutating func read(
        _ base: UnsafeRawPointer,
        count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) throws(WireFault) {
        guard count <= left else {
            throw WireFault(.truncated, offset: cursorOffset, wanted: count, available: left)
        }
        guard count > 0 else { return }
        left -= count
        var done = 0
        if isAtFirst {
            isAtFirst = false
            target[0] = value
            done = 1
        }
        while done < count {
            if miniblockLeft == 0 { try openMiniblock(base) }
            let taken = min(miniblockLeft, count - done)
            try take(base, taken, into: target + done)
            done += taken
        }
    }

    private mutating func take(
        _ base: UnsafeRawPointer,
        _ count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) throws(WireFault) {
        if bitWidth == 0 {
            for index in 0..<count {
                value = value &+ smallest
                target[index] = value
            }
        } else {
            guard (bitOffset + count * bitWidth + 7) / 8 <= end else {
                throw WireFault(
                    .truncated,
                    offset: bitOffset / 8,
                    wanted: (count * bitWidth + 7) / 8,
                    available: end - bitOffset / 8
                )
            }
            BitUnpacking.unpack(
                base,
                bitOffset: bitOffset,
                bitWidth: bitWidth,
                count: count,
                into: target
            )
            for index in 0..<count {
                value = value &+ smallest &+ target[index]
                target[index] = value
            }
            bitOffset += count * bitWidth
        }
        miniblockLeft -= count
    }

    private mutating func openMiniblock(_ base: UnsafeRawPointer) throws(WireFault) {
        var cursor = PageCursor(base: base, offset: cursorOffset, end: end)
        if miniblock == miniblocks {
            smallest = try cursor.readZigZag()
            widthsOffset = try cursor.take(miniblocks)
            miniblock = 0
        }
        bitWidth = Int(base.load(fromByteOffset: widthsOffset + miniblock, as: UInt8.self))
        guard bitWidth <= 64 else { throw cursor.fault(.malformedValue, wanted: bitWidth) }
        bitOffset = cursor.offset * 8
        miniblock += 1
        miniblockLeft = miniblockValues
        // Padding of the very last miniblock may be missing.
        _ = try cursor.take(min(miniblockValues * bitWidth / 8, cursor.remaining))
        cursorOffset = cursor.offset
    }

    /// Where the bytes behind the last block begin; looks at the blocks' heads only.
    func endOffset(_ base: UnsafeRawPointer) throws(WireFault) -> Int {
        var stream = self
        var rest = stream.left - (isAtFirst ? 1 : 0) - miniblockLeft
        while rest > 0 {
            try stream.openMiniblock(base)
            rest -= miniblockValues
        }
        return stream.cursorOffset
    }
}
