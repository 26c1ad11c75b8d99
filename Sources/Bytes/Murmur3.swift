/// The 32-bit Murmur3 hash, x86 variant, of a run of bytes.
///
/// Iceberg's bucket transform uses it with the seed 0, and reads it as a signed number.
///
/// Source: Austin Appleby, "MurmurHash3", `MurmurHash3_x86_32`.
@inlinable
public func murmur3Hash32(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> Int32 {
    var hash = seed
    var offset = 0
    while bytes.count &- offset >= 4 {
        let block = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        hash = murmur3Mixed(hash, UInt32(littleEndian: block))
        offset &+= 4
    }
    var tail: UInt32 = 0
    var shift: UInt32 = 0
    while offset < bytes.count {
        tail |= UInt32(bytes[offset]) << shift
        shift &+= 8
        offset &+= 1
    }
    if shift > 0 { hash ^= murmur3Scrambled(tail) }
    return murmur3Finished(hash, byteCount: UInt32(truncatingIfNeeded: bytes.count))
}

/// The same of an integer's eight bytes in little-endian order.
@inlinable @inline(__always)
public func murmur3Hash32(of value: Int64) -> Int32 {
    let bits = UInt64(bitPattern: value)
    var hash = murmur3Mixed(0, UInt32(truncatingIfNeeded: bits))
    hash = murmur3Mixed(hash, UInt32(truncatingIfNeeded: bits >> 32))
    return murmur3Finished(hash, byteCount: 8)
}

@inlinable @inline(__always)
func murmur3Rotated(_ value: UInt32, by count: UInt32) -> UInt32 {
    value << count | value >> (32 &- count)
}

@inlinable @inline(__always)
func murmur3Scrambled(_ block: UInt32) -> UInt32 {
    murmur3Rotated(block &* 0xCC9E_2D51, by: 15) &* 0x1B87_3593
}

@inlinable @inline(__always)
func murmur3Mixed(_ hash: UInt32, _ block: UInt32) -> UInt32 {
    murmur3Rotated(hash ^ murmur3Scrambled(block), by: 13) &* 5 &+ 0xE654_6B64
}

@inlinable @inline(__always)
func murmur3Finished(_ hash: UInt32, byteCount: UInt32) -> Int32 {
    var hash = hash ^ byteCount
    hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
    hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
    return Int32(bitPattern: hash ^ hash >> 16)
}
