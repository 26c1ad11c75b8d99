/// Hashes that spread dictionary values over the slots; not for anything that outlives a page.
///
/// Source: the byte string hash follows wyhash (Wang Yi, public domain).
enum ValueHash {
    private static let multiplierA: UInt64 = 0xE703_7ED1_A0B4_28DB
    private static let multiplierB: UInt64 = 0x8EBC_6AF0_9C88_C6E3
    private static let multiplierC: UInt64 = 0x1D8E_4E27_C47D_124F

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    @inline(__always)
    static func hash<T: FixedWidthInteger>(_ value: T) -> UInt64 {
        if T.bitWidth <= 64 {
            return mix(UInt64(truncatingIfNeeded: value) ^ multiplierC, multiplierA)
        }
        return mix(
            UInt64(truncatingIfNeeded: value) ^ multiplierA,
            UInt64(truncatingIfNeeded: value >> 64) ^ multiplierB
        )
    }

    /// Hashes `count` bytes; loads stay inside of them.
    @inline(__always)
    static func hash(_ bytes: UnsafeRawPointer, count: Int) -> UInt64 {
        let length = UInt64(truncatingIfNeeded: count)
        if count < 4 {
            var word: UInt64 = 0
            if count > 0 {
                let first = UInt64(bytes.load(as: UInt8.self))
                let middle = UInt64(bytes.load(fromByteOffset: count >> 1, as: UInt8.self))
                let last = UInt64(bytes.load(fromByteOffset: count &- 1, as: UInt8.self))
                word = first << 16 | middle << 8 | last
            }
            return mix(multiplierC ^ length, mix(word ^ multiplierA, multiplierB))
        }
        if count <= 16 {
            let step = (count >> 3) << 2
            let low = load32(bytes, 0) << 32 | load32(bytes, step)
            let high = load32(bytes, count &- 4) << 32 | load32(bytes, count &- 4 &- step)
            return mix(multiplierC ^ length, mix(low ^ multiplierA, high ^ multiplierB))
        }
        var state = multiplierC
        var offset = 0
        while offset &+ 16 <= count {
            state = mix(load64(bytes, offset) ^ multiplierA, load64(bytes, offset &+ 8) ^ state)
            offset &+= 16
        }
        let tail = mix(
            load64(bytes, count &- 16) ^ multiplierA,
            load64(bytes, count &- 8) ^ multiplierB
        )
        return mix(state ^ length, tail)
    }

    @inline(__always)
    private static func load32(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    private static func load64(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
