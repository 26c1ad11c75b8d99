internal import Bytes

/// Bytes of a page that are read from front to back, with every length checked.
struct PageCursor {
    let base: UnsafeRawPointer
    private(set) var offset: Int
    let end: Int

    /// - Precondition: `bytes` outlives the cursor.
    init(_ bytes: UnsafeRawBufferPointer, emptyBase: UnsafeRawPointer) {
        base = bytes.baseAddress ?? emptyBase
        offset = 0
        end = bytes.count
    }

    init(base: UnsafeRawPointer, offset: Int, end: Int) {
        self.base = base
        self.offset = offset
        self.end = end
    }

    var remaining: Int { end - offset }

    func fault(_ kind: WireFault.Kind, wanted: Int) -> WireFault {
        WireFault(kind, offset: offset, wanted: wanted, available: remaining)
    }

    /// Steps over `count` bytes and says where they start.
    mutating func take(_ count: Int) throws(WireFault) -> Int {
        guard count >= 0, count <= remaining else {
            throw fault(.impossibleLength, wanted: count)
        }
        defer { offset += count }
        return offset
    }

    /// The next `count` bytes as a cursor of their own.
    mutating func takeCursor(_ count: Int) throws(WireFault) -> PageCursor {
        let start = try take(count)
        return PageCursor(base: base, offset: start, end: start + count)
    }

    @inline(__always)
    mutating func readByte() throws(WireFault) -> UInt8 {
        guard offset < end else { throw fault(.truncated, wanted: 1) }
        defer { offset &+= 1 }
        return base.load(fromByteOffset: offset, as: UInt8.self)
    }

    mutating func readLength() throws(WireFault) -> Int {
        let start = try take(4)
        return Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
    }

    @inline(__always)
    mutating func readVarint() throws(WireFault) -> UInt64 {
        var value: UInt64 = 0
        for position in 0..<10 {
            let byte = try readByte()
            value |= UInt64(byte & 0x7F) &<< UInt64(truncatingIfNeeded: position &* 7)
            if byte & 0x80 == 0 { return value }
        }
        throw fault(.malformedValue, wanted: 10)
    }

    mutating func readZigZag() throws(WireFault) -> Int64 {
        let raw = try readVarint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// The bits from `bitOffset` on, least significant first; at most 64, all before `end`.
    ///
    /// - Precondition: `bitOffset + bitWidth` bits lie before `end`.
    @inline(__always)
    static func bits(
        _ base: UnsafeRawPointer,
        bitOffset: Int,
        bitWidth: Int,
        end: Int
    ) -> UInt64 {
        let first = bitOffset >> 3
        let shift = UInt64(truncatingIfNeeded: bitOffset & 7)
        let mask = bitWidth == 64 ? UInt64.max : (1 &<< UInt64(truncatingIfNeeded: bitWidth)) &- 1
        if first &+ 9 <= end {
            var word = UInt64(
                littleEndian: base.loadUnaligned(fromByteOffset: first, as: UInt64.self)
            )
            word &>>= shift
            if shift > 0 {
                let next = UInt64(base.load(fromByteOffset: first &+ 8, as: UInt8.self))
                word |= next &<< (64 &- shift)
            }
            return word & mask
        }
        var word: UInt64 = 0
        for index in 0..<bitWidth {
            let position = bitOffset &+ index
            let byte = base.load(fromByteOffset: position >> 3, as: UInt8.self)
            let bit = UInt64(byte >> UInt8(truncatingIfNeeded: position & 7) & 1)
            word |= bit &<< UInt64(truncatingIfNeeded: index)
        }
        return word
    }
}
