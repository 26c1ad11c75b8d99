public import Bytes

/// Avro's binary encoding, read from a block.
///
/// Every count is compared with the bytes that are left before anything is allocated.
///
/// Source: Apache Avro 1.12 specification, "Binary Encoding".
extension ByteReader {
    private func fault(_ kind: WireFault.Kind, _ wanted: Int) -> WireFault {
        WireFault(kind, offset: offset, wanted: wanted, available: remaining)
    }

    public mutating func readAvroLong() throws(WireFault) -> Int64 { try readZigZag() }

    public mutating func readAvroInt() throws(WireFault) -> Int32 {
        guard let value = Int32(exactly: try readZigZag()) else { throw fault(.malformedValue, 4) }
        return value
    }

    public mutating func readAvroBoolean() throws(WireFault) -> Bool {
        switch try readInteger(as: UInt8.self) {
        case 0: return false
        case 1: return true
        case let tag: throw fault(.unknownTag, Int(tag))
        }
    }

    private mutating func readAvroLength() throws(WireFault) -> Int {
        let length = try readZigZag()
        guard length >= 0, length <= remaining else {
            throw fault(.impossibleLength, Int(truncatingIfNeeded: length))
        }
        return Int(length)
    }

    public mutating func readAvroBytes() throws(WireFault) -> [UInt8] {
        let bytes = try readBytes(try readAvroLength())
        return bytes.withUnsafeBytes { [UInt8]($0) }
    }

    public mutating func readAvroString() throws(WireFault) -> String {
        let bytes = try readBytes(try readAvroLength())
        let text = bytes.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw fault(.malformedValue, 0) }
        return text
    }

    /// Reads which branch of a union follows.
    public mutating func readAvroBranch(
        of branches: [AvroSchema]
    ) throws(WireFault) -> AvroSchema {
        branches[try readAvroBranchIndex(count: branches.count)]
    }

    /// Reads which of `count` branches or symbols it is.
    mutating func readAvroBranchIndex(count: Int) throws(WireFault) -> Int {
        let index = try readZigZag()
        guard index >= 0, index < count else {
            throw fault(.unknownTag, Int(truncatingIfNeeded: index))
        }
        return Int(index)
    }

    /// Reads the head of one block of an array or a map; 0 ends it.
    ///
    /// A count that the bytes left cannot hold is refused: every item takes at least one byte, which
    /// reading a schema sees to.
    public mutating func readAvroBlockCount() throws(WireFault) -> Int {
        try readAvroBlockHead().count
    }

    /// - Returns: `byteCount` is what all items of the block take together, where the writer says it.
    private mutating func readAvroBlockHead() throws(WireFault) -> (count: Int, byteCount: Int?) {
        let count = try readZigZag()
        guard count < 0 else {
            guard count <= remaining else { throw fault(.impossibleLength, Int(count)) }
            return (Int(count), nil)
        }
        let byteCount = try readAvroLength()
        // As the magnitude: the least integer has no negative.
        guard count.magnitude <= byteCount.magnitude else {
            throw fault(.impossibleLength, Int(clamping: count.magnitude))
        }
        return (Int(count.magnitude), byteCount)
    }

    /// Reads the blocks of an array or a map.
    private mutating func readAvroBlocks(
        _ readItem: (inout ByteReader) throws(WireFault) -> Void
    ) throws(WireFault) {
        while true {
            let head = try readAvroBlockHead()
            if head.count == 0 { return }
            let start = offset
            for _ in 0..<head.count { try readItem(&self) }
            guard head.byteCount == nil || offset - start == head.byteCount else {
                throw fault(.malformedValue, offset - start)
            }
        }
    }

    /// Steps over the blocks of an array or a map, in one step where they tell their size.
    private mutating func skipAvroBlocks(
        _ skipItem: (inout ByteReader) throws(WireFault) -> Void
    ) throws(WireFault) {
        while true {
            let head = try readAvroBlockHead()
            if head.count == 0 { return }
            if let byteCount = head.byteCount {
                try skip(byteCount)
            } else {
                for _ in 0..<head.count { try skipItem(&self) }
            }
        }
    }

    /// Steps over a value.
    public mutating func skipAvro(_ schema: AvroSchema) throws(WireFault) {
        switch schema {
        case .null: return
        case .boolean: try skip(1)
        case .int, .long, .enumeration: _ = try readVarint()
        case .float: try skip(4)
        case .double: try skip(8)
        case .bytes, .string: try skip(try readAvroLength())
        case .fixed(_, let lengthBytes): try skip(lengthBytes)
        case .array(let items, _):
            try skipAvroBlocks { reader throws(WireFault) in try reader.skipAvro(items) }
        case .map(let values):
            try skipAvroBlocks { reader throws(WireFault) in
                try reader.skip(try reader.readAvroLength())
                try reader.skipAvro(values)
            }
        case .logical(_, let base): try skipAvro(base)
        case .union(let branches): try skipAvro(try readAvroBranch(of: branches))
        case .record(let record):
            for field in record.fields { try skipAvro(field.schema) }
        }
    }

    /// Reads a value of any type.
    public mutating func readAvroValue(_ schema: AvroSchema) throws(WireFault) -> AvroValue {
        switch schema {
        case .null: return .null
        case .boolean: return .boolean(try readAvroBoolean())
        case .int: return .int(try readAvroInt())
        case .long: return .long(try readAvroLong())
        case .float: return .float(bits: try readInteger(as: UInt32.self))
        case .double: return .double(bits: try readInteger(as: UInt64.self))
        case .bytes: return .bytes(try readAvroBytes())
        case .string: return .string(try readAvroString())
        case .fixed(_, let lengthBytes):
            let bytes = try readBytes(lengthBytes)
            return .fixed(bytes.withUnsafeBytes { [UInt8]($0) })
        case .enumeration(_, let symbols, _):
            let index = try readAvroBranchIndex(count: symbols.count)
            return .enumeration(Int32(truncatingIfNeeded: index))
        case .array(let items, _):
            return .array(
                try readAvroItems { reader throws(WireFault) in try reader.readAvroValue(items) }
            )
        case .map(let values):
            return .map(
                try readAvroEntries { reader throws(WireFault) in
                    try reader.readAvroValue(values)
                }
            )
        case .logical(_, let base): return try readAvroValue(base)
        case .union(let branches): return try readAvroValue(try readAvroBranch(of: branches))
        case .record(let record):
            var values: [AvroValue] = []
            for field in record.fields { values.append(try readAvroValue(field.schema)) }
            return .record(values)
        }
    }

    mutating func readAvroItems<Item>(
        _ readItem: (inout ByteReader) throws(WireFault) -> Item
    ) throws(WireFault) -> [Item] {
        var items: [Item] = []
        try readAvroBlocks { reader throws(WireFault) in items.append(try readItem(&reader)) }
        return items
    }

    mutating func readAvroEntries(
        _ readValue: (inout ByteReader) throws(WireFault) -> AvroValue
    ) throws(WireFault) -> [AvroValue.MapEntry] {
        try readAvroItems { reader throws(WireFault) in
            let key = try reader.readAvroString()
            return AvroValue.MapEntry(key: key, value: try readValue(&reader))
        }
    }
}
