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
        let index = try readZigZag()
        guard index >= 0, index < branches.count else {
            throw fault(.unknownTag, Int(truncatingIfNeeded: index))
        }
        return branches[Int(index)]
    }

    /// Reads the head of one block of an array or a map; 0 ends it.
    ///
    /// An item that takes no byte at all is refused: a count would then bound nothing.
    public mutating func readAvroBlockCount() throws(WireFault) -> Int {
        var count = try readZigZag()
        if count < 0 {
            // The size in bytes follows; we read items one by one and do not need it.
            _ = try readZigZag()
            count = count == Int64.min ? Int64.max : -count
        }
        guard count <= remaining else { throw fault(.impossibleLength, Int(count)) }
        return Int(count)
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
            while true {
                let count = try readAvroBlockCount()
                if count == 0 { return }
                for _ in 0..<count { try skipAvro(items) }
            }
        case .map(let values):
            while true {
                let count = try readAvroBlockCount()
                if count == 0 { return }
                for _ in 0..<count {
                    try skip(try readAvroLength())
                    try skipAvro(values)
                }
            }
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
        case .enumeration(_, let symbols):
            let index = try readAvroInt()
            guard index >= 0, index < symbols.count else { throw fault(.unknownTag, Int(index)) }
            return .enumeration(index)
        case .array(let items, _): return .array(try readAvroItems(items))
        case .map(let values): return .map(try readAvroEntries(values))
        case .union(let branches): return try readAvroValue(try readAvroBranch(of: branches))
        case .record(let record):
            var values: [AvroValue] = []
            for field in record.fields { values.append(try readAvroValue(field.schema)) }
            return .record(values)
        }
    }

    private mutating func readAvroItems(_ items: AvroSchema) throws(WireFault) -> [AvroValue] {
        var values: [AvroValue] = []
        while true {
            let count = try readAvroBlockCount()
            if count == 0 { return values }
            for _ in 0..<count { values.append(try readAvroValue(items)) }
        }
    }

    private mutating func readAvroEntries(
        _ values: AvroSchema
    ) throws(WireFault) -> [AvroValue.MapEntry] {
        var entries: [AvroValue.MapEntry] = []
        while true {
            let count = try readAvroBlockCount()
            if count == 0 { return entries }
            for _ in 0..<count {
                let key = try readAvroString()
                entries.append(AvroValue.MapEntry(key: key, value: try readAvroValue(values)))
            }
        }
    }
}
