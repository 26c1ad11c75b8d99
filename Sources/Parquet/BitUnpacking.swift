/// Takes numbers of a few bits each out of a run of bytes, least significant bit first.
///
/// - Precondition (all): the bits lie inside of the bytes, and ``slackBytes`` more may be loaded
///   behind them.
enum BitUnpacking {
    /// Bytes behind a page's last one that may be loaded, though not used.
    static let slackBytes = 16

    /// Unpacks `count` numbers of `bitWidth` bits, 1 to 64.
    @inline(__always)
    static func unpack<T: FixedWidthInteger>(
        _ base: UnsafeRawPointer,
        bitOffset: Int,
        bitWidth: Int,
        count: Int,
        into target: UnsafeMutablePointer<T>
    ) {
        if bitWidth == 1, T.bitWidth == 8 {
            return unpackBits(base, bitOffset: bitOffset, count: count, into: target)
        }
        if bitWidth > 56 {
            return unpackWide(base, bitOffset, bitWidth, count, target)
        }
        let mask = (UInt64(1) &<< UInt64(truncatingIfNeeded: bitWidth)) &- 1
        var position = bitOffset
        for index in 0..<count {
            let word = base.loadUnaligned(fromByteOffset: position &>> 3, as: UInt64.self)
            let value = word &>> UInt64(truncatingIfNeeded: position & 7) & mask
            target[index] = T(truncatingIfNeeded: value)
            position &+= bitWidth
        }
    }

    private static func unpackWide<T: FixedWidthInteger>(
        _ base: UnsafeRawPointer,
        _ bitOffset: Int,
        _ bitWidth: Int,
        _ count: Int,
        _ target: UnsafeMutablePointer<T>
    ) {
        let mask = bitWidth == 64 ? UInt64.max : (1 &<< UInt64(truncatingIfNeeded: bitWidth)) &- 1
        var position = bitOffset
        for index in 0..<count {
            let first = position &>> 3
            let shift = UInt64(truncatingIfNeeded: position & 7)
            var word = base.loadUnaligned(fromByteOffset: first, as: UInt64.self) &>> shift
            if shift > 0 {
                let next = base.load(fromByteOffset: first &+ 8, as: UInt8.self)
                word |= UInt64(next) &<< (64 &- shift)
            }
            target[index] = T(truncatingIfNeeded: word & mask)
            position &+= bitWidth
        }
    }

    /// Spreads bits to bytes, eight at a time: each byte keeps one bit and becomes 0 or 1.
    @inline(__always)
    private static func unpackBits<T: FixedWidthInteger>(
        _ base: UnsafeRawPointer,
        bitOffset: Int,
        count: Int,
        into target: UnsafeMutablePointer<T>
    ) {
        let shift = UInt16(truncatingIfNeeded: bitOffset & 7)
        let start = base + bitOffset &>> 3
        let output = UnsafeMutableRawPointer(target)
        var index = 0
        while index &+ 8 <= count {
            let pair = start.loadUnaligned(fromByteOffset: index &>> 3, as: UInt16.self)
            let eight = UInt64(truncatingIfNeeded: pair &>> shift) & 0xFF
            let single = (eight &* 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201
            let ones = ((single &+ 0x7F7F_7F7F_7F7F_7F7F) &>> 7) & 0x0101_0101_0101_0101
            output.storeBytes(of: ones, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < count {
            let position = bitOffset &+ index
            let byte = base.load(fromByteOffset: position &>> 3, as: UInt8.self)
            target[index] = T(truncatingIfNeeded: byte &>> UInt8(position & 7) & 1)
            index &+= 1
        }
    }
}
