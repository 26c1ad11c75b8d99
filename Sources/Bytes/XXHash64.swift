/// A checksum of 64 bits for runs of bytes that may be large: xxHash's, at several bytes a cycle.
///
/// It finds damage, and whoever wants to can make two runs that have the same one.
///
/// Source: xxHash fast digest algorithm, specification 0.2.0, "XXH64".
public func xxHash64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var state = XXHash64Lanes(seed: seed)
    var offset = 0
    let count = bytes.count
    var hash: UInt64
    if count >= 32 {
        while offset &+ 32 <= count {
            state.absorb(
                word(bytes, offset),
                word(bytes, offset &+ 8),
                word(bytes, offset &+ 16),
                word(bytes, offset &+ 24)
            )
            offset &+= 32
        }
        hash = state.merged()
    } else {
        hash = seed &+ XXHash64Lanes.prime5
    }
    hash = hash &+ UInt64(count)
    while offset &+ 8 <= count {
        hash ^= XXHash64Lanes.round(0, word(bytes, offset))
        hash = rotated(hash, 27) &* XXHash64Lanes.prime1 &+ XXHash64Lanes.prime4
        offset &+= 8
    }
    if offset &+ 4 <= count {
        let half = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        hash ^= UInt64(UInt32(littleEndian: half)) &* XXHash64Lanes.prime1
        hash = rotated(hash, 23) &* XXHash64Lanes.prime2 &+ XXHash64Lanes.prime3
        offset &+= 4
    }
    while offset < count {
        hash ^= UInt64(bytes[offset]) &* XXHash64Lanes.prime5
        hash = rotated(hash, 11) &* XXHash64Lanes.prime1
        offset &+= 1
    }
    hash = (hash ^ (hash >> 33)) &* XXHash64Lanes.prime2
    hash = (hash ^ (hash >> 29)) &* XXHash64Lanes.prime3
    return hash ^ (hash >> 32)
}

@inline(__always)
private func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

@inline(__always)
private func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
}

/// Four sums side by side, which a processor computes at once.
private struct XXHash64Lanes {
    static var prime1: UInt64 { 0x9E37_79B1_85EB_CA87 }
    static var prime2: UInt64 { 0xC2B2_AE3D_27D4_EB4F }
    static var prime3: UInt64 { 0x1656_67B1_9E37_79F9 }
    static var prime4: UInt64 { 0x85EB_CA77_C2B2_AE63 }
    static var prime5: UInt64 { 0x27D4_EB2F_1656_67C5 }

    private var lane0: UInt64
    private var lane1: UInt64
    private var lane2: UInt64
    private var lane3: UInt64

    init(seed: UInt64) {
        lane0 = seed &+ Self.prime1 &+ Self.prime2
        lane1 = seed &+ Self.prime2
        lane2 = seed
        lane3 = seed &- Self.prime1
    }

    @inline(__always)
    static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotated(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    mutating func absorb(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        lane0 = Self.round(lane0, word0)
        lane1 = Self.round(lane1, word1)
        lane2 = Self.round(lane2, word2)
        lane3 = Self.round(lane3, word3)
    }

    func merged() -> UInt64 {
        var hash =
            rotated(lane0, 1) &+ rotated(lane1, 7) &+ rotated(lane2, 12) &+ rotated(lane3, 18)
        for lane in [lane0, lane1, lane2, lane3] {
            hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
        }
        return hash
    }
}
