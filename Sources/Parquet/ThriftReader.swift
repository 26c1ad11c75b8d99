internal import Bytes

/// Reads structs of Thrift's compact protocol from bytes that may be damaged.
///
/// Source: Apache Thrift, "Thrift Compact protocol encoding".
struct ThriftReader {
    private let bytes: [UInt8]
    private(set) var cursor: Int
    private let end: Int
    private var depth = 0

    /// Reads from `start` up to `end`, which must be inside of `bytes`.
    init(_ bytes: [UInt8], start: Int = 0, end: Int? = nil) {
        let end = min(end ?? bytes.count, bytes.count)
        self.bytes = bytes
        self.end = end
        cursor = max(0, min(start, end))
    }

    private var remaining: Int { end - cursor }

    private func fault(_ kind: WireFault.Kind, wanted: Int) -> WireFault {
        WireFault(kind, offset: cursor, wanted: wanted, available: remaining)
    }

    mutating func readByte() throws(WireFault) -> UInt8 {
        guard cursor < end else { throw fault(.truncated, wanted: 1) }
        defer { cursor += 1 }
        return bytes[cursor]
    }

    mutating func readVarint() throws(WireFault) -> UInt64 {
        var value: UInt64 = 0
        for position in 0..<10 {
            let byte = try readByte()
            value |= UInt64(byte & 0x7F) << UInt64(position * 7)
            if byte & 0x80 == 0 { return value }
        }
        throw fault(.malformedValue, wanted: 10)
    }

    /// An integer field of any width.
    mutating func readInteger() throws(WireFault) -> Int {
        let raw = try readVarint()
        return Int(Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))
    }

    mutating func readBytes() throws(WireFault) -> [UInt8] {
        let count = try readByteCount()
        defer { cursor += count }
        return Array(bytes[cursor..<cursor + count])
    }

    mutating func readText() throws(WireFault) -> String {
        let count = try readByteCount()
        defer { cursor += count }
        return String(decoding: bytes[cursor..<cursor + count], as: UTF8.self)
    }

    /// Fails when fewer than `minimum` bytes were read since the cursor was at `start`.
    func checkByteCount(since start: Int, atLeast minimum: Int) throws(WireFault) {
        guard cursor - start >= minimum else { throw fault(.malformedValue, wanted: minimum) }
    }

    private mutating func readByteCount() throws(WireFault) -> Int {
        let count = try readVarint()
        guard count <= UInt64(remaining) else {
            throw fault(.impossibleLength, wanted: Int(clamping: count))
        }
        return Int(count)
    }

    /// Calls `body` with every field of a struct; a field it does not want is to be skipped by it.
    mutating func readStruct(
        _ body: (inout ThriftReader, Int, ThriftType) throws(WireFault) -> Void
    ) throws(WireFault) {
        guard depth < ParquetLimits.thriftDepthMax else {
            throw fault(.malformedValue, wanted: depth)
        }
        depth += 1
        var fieldID = 0
        while true {
            let head = try readByte()
            if head == 0 { break }
            guard let type = ThriftType(rawValue: head & 0x0F) else {
                throw fault(.unknownTag, wanted: Int(head))
            }
            let step = Int(head >> 4)
            fieldID = step > 0 ? fieldID + step : try readInteger()
            guard (0...Int(Int16.max)).contains(fieldID) else {
                throw fault(.malformedValue, wanted: fieldID)
            }
            try body(&self, fieldID, type)
        }
        depth -= 1
    }

    /// Calls `body` once an element of a list.
    mutating func readList(
        _ body: (inout ThriftReader, ThriftType) throws(WireFault) -> Void
    ) throws(WireFault) {
        let (type, count) = try readListHead()
        for _ in 0..<count { try body(&self, type) }
    }

    private mutating func readListHead() throws(WireFault) -> (ThriftType, Int) {
        let head = try readByte()
        guard let type = ThriftType(rawValue: head & 0x0F) else {
            throw fault(.unknownTag, wanted: Int(head))
        }
        let short = UInt64(head >> 4)
        let count = short == 15 ? try readVarint() : short
        // Every element takes at least one byte.
        guard count <= UInt64(remaining) else {
            throw fault(.impossibleLength, wanted: Int(clamping: count))
        }
        return (type, Int(count))
    }

    /// Steps over the value of a field.
    mutating func skip(_ type: ThriftType) throws(WireFault) {
        switch type {
        case .booleanTrue, .booleanFalse: break
        case .int8: _ = try readByte()
        case .int16, .int32, .int64: _ = try readVarint()
        case .double:
            guard remaining >= 8 else { throw fault(.truncated, wanted: 8) }
            cursor += 8
        case .binary: cursor += try readByteCount()
        case .list, .set:
            let (element, count) = try readListHead()
            guard depth < ParquetLimits.thriftDepthMax else {
                throw fault(.malformedValue, wanted: depth)
            }
            depth += 1
            for _ in 0..<count { try skipElement(element) }
            depth -= 1
        case .map: try skipMap()
        case .structure:
            try readStruct { (reader, _, type) throws(WireFault) in try reader.skip(type) }
        }
    }

    /// Elements differ from fields in that booleans take a byte.
    private mutating func skipElement(_ type: ThriftType) throws(WireFault) {
        if type == .booleanTrue || type == .booleanFalse {
            _ = try readByte()
        } else {
            try skip(type)
        }
    }

    private mutating func skipMap() throws(WireFault) {
        let count = try readVarint()
        guard count > 0 else { return }
        guard count <= UInt64(remaining), depth < ParquetLimits.thriftDepthMax else {
            throw fault(.impossibleLength, wanted: Int(clamping: count))
        }
        let types = try readByte()
        guard let key = ThriftType(rawValue: types >> 4),
            let value = ThriftType(rawValue: types & 0x0F)
        else { throw fault(.unknownTag, wanted: Int(types)) }
        depth += 1
        for _ in 0..<count {
            try skipElement(key)
            try skipElement(value)
        }
        depth -= 1
    }
}
