/// A byte string as sixteen bytes that are compared at once.
///
/// Up to fifteen bytes are kept whole, with their number in the last byte, so that equal keys mean
/// equal strings. Longer ones are hashed, with their last byte above fifteen.
enum ByteStringKey {
    static let wholeBytesMax = 15

    /// The key of `count` bytes; `readableBytes` may be read from the first one on.
    @inline(__always)
    static func key(_ bytes: UnsafeRawPointer, count: Int, readableBytes: Int) -> UInt128 {
        if count <= wholeBytesMax && readableBytes >= 16 {
            let loaded = UInt128(
                littleEndian: bytes.loadUnaligned(as: UInt128.self)
            )
            return closed(loaded, count: count)
        }
        return rareKey(bytes, count: count)
    }

    @inline(__always)
    private static func closed(_ loaded: UInt128, count: Int) -> UInt128 {
        let bits = UInt128(truncatingIfNeeded: count &* 8)
        let mask = (UInt128(1) &<< bits) &- 1
        return loaded & mask | UInt128(truncatingIfNeeded: count) &<< 120
    }

    /// The key of a string at the very end of the memory, or of a long one.
    @inline(never)
    private static func rareKey(_ bytes: UnsafeRawPointer, count: Int) -> UInt128 {
        if count <= wholeBytesMax {
            var loaded: UInt128 = 0
            for index in 0..<count {
                let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
                loaded |= UInt128(byte) &<< UInt128(truncatingIfNeeded: index &* 8)
            }
            return closed(loaded, count: count)
        }
        let (low, high) = ValueHash.pair(bytes, count: count)
        return (UInt128(high) &<< 64 | UInt128(low)) | UInt128(0x80) &<< 120
    }
}
