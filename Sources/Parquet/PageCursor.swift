internal import Bytes

/// Bytes of a page that are read from front to back, with every length checked.
struct PageCursor {
    let base: UnsafeRawPointer
    private(set) var offset: Int
    let end: Int

    /// - Precondition: The bytes outlive the cursor, and ``BitUnpacking/slackBytes`` lie behind.
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
    @inline(__always)
    mutating func take(_ count: Int) throws(WireFault) -> Int {
        guard count >= 0, count <= remaining else {
            throw fault(.impossibleLength, wanted: count)
        }
        defer { offset &+= count }
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

    @inline(__always)
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
}
