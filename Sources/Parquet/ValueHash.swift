/// Hashes that spread dictionary values over the slots; not for anything that outlives a chunk.
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

    /// Two hashes of at least sixteen bytes; loads stay inside of them.
    static func pair(_ bytes: UnsafeRawPointer, count: Int) -> (UInt64, UInt64) {
        precondition(count >= 16, "\(count) bytes have a key of their own")
        let length = UInt64(truncatingIfNeeded: count)
        var state = multiplierC
        var offset = 0
        while offset &+ 16 <= count {
            state = mix(load(bytes, offset) ^ multiplierA, load(bytes, offset &+ 8) ^ state)
            offset &+= 16
        }
        let tail = mix(
            load(bytes, count &- 16) ^ multiplierA,
            load(bytes, count &- 8) ^ multiplierB
        )
        return (mix(state ^ length, tail), state ^ tail)
    }

    @inline(__always)
    private static func load(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
