/// A keyed 128-bit hash of byte runs.
///
/// Keys of rows are remembered by this hash, and users choose the keys: the secret makes it
/// impossible to construct two keys that collide, which an unkeyed hash would allow.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", SipHash-2-4 with 128-bit output.
public struct SipHash128: Equatable, Sendable {
    public let key0: UInt64
    public let key1: UInt64

    @inlinable
    public init(key0: UInt64, key1: UInt64) {
        self.key0 = key0
        self.key1 = key1
    }

    /// A hasher with a secret that only this process knows.
    public static func withRandomKey() -> SipHash128 {
        var generator = SystemRandomNumberGenerator()
        return SipHash128(key0: generator.next(), key1: generator.next())
    }

    @inlinable
    public func hash(_ bytes: UnsafeRawBufferPointer) -> (low: UInt64, high: UInt64) {
        var state = State(key0: key0, key1: key1)
        let count = bytes.count
        var offset = 0
        while offset &+ 8 <= count {
            state.absorb(
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            )
            offset &+= 8
        }
        var tail = UInt64(truncatingIfNeeded: count) << 56
        var shift: UInt64 = 0
        while offset < count {
            tail |= UInt64(bytes[offset]) << shift
            shift &+= 8
            offset &+= 1
        }
        state.absorb(tail)
        return state.finish()
    }

    @usableFromInline
    struct State {
        @usableFromInline var v0: UInt64
        @usableFromInline var v1: UInt64
        @usableFromInline var v2: UInt64
        @usableFromInline var v3: UInt64

        @inlinable @inline(__always)
        init(key0: UInt64, key1: UInt64) {
            v0 = 0x736f_6d65_7073_6575 ^ key0
            v1 = 0x646f_7261_6e64_6f6d ^ key1 ^ 0xEE
            v2 = 0x6c79_6765_6e65_7261 ^ key0
            v3 = 0x7465_6462_7974_6573 ^ key1
        }

        @inlinable @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        @inlinable @inline(__always)
        mutating func finish() -> (low: UInt64, high: UInt64) {
            v2 ^= 0xEE
            for _ in 0..<4 { round() }
            let low = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xDD
            for _ in 0..<4 { round() }
            return (low, v0 ^ v1 ^ v2 ^ v3)
        }

        @inlinable @inline(__always)
        mutating func round() {
            v0 = v0 &+ v1
            v1 = (v1 << 13 | v1 >> 51) ^ v0
            v0 = v0 << 32 | v0 >> 32
            v2 = v2 &+ v3
            v3 = (v3 << 16 | v3 >> 48) ^ v2
            v0 = v0 &+ v3
            v3 = (v3 << 21 | v3 >> 43) ^ v0
            v2 = v2 &+ v1
            v1 = (v1 << 17 | v1 >> 47) ^ v2
            v2 = v2 << 32 | v2 >> 32
        }
    }
}
