internal import Avro
internal import Bytes

/// Reads fields of manifests as the writer declared them: int or long, nullable or not.
extension ByteReader {
    private func mismatch() -> WireFault {
        WireFault(.malformedValue, offset: offset, wanted: 0, available: remaining)
    }

    mutating func optionalLong(_ schema: AvroSchema) throws(WireFault) -> Int64? {
        switch schema {
        case .null: return nil
        case .int, .long: return try readAvroLong()
        case .union(let branches): return try optionalLong(try readAvroBranch(of: branches))
        case .logical(_, let base): return try optionalLong(base)
        default: throw mismatch()
        }
    }

    mutating func long(_ schema: AvroSchema) throws(WireFault) -> Int64 {
        guard let value = try optionalLong(schema) else { throw mismatch() }
        return value
    }

    mutating func optionalInt(_ schema: AvroSchema) throws(WireFault) -> Int32? {
        guard let value = try optionalLong(schema) else { return nil }
        guard let narrow = Int32(exactly: value) else { throw mismatch() }
        return narrow
    }

    mutating func int(_ schema: AvroSchema) throws(WireFault) -> Int32 {
        guard let value = try optionalInt(schema) else { throw mismatch() }
        return value
    }

    mutating func optionalString(_ schema: AvroSchema) throws(WireFault) -> String? {
        switch schema {
        case .null: return nil
        case .string: return try readAvroString()
        case .union(let branches): return try optionalString(try readAvroBranch(of: branches))
        case .logical(_, let base): return try optionalString(base)
        default: throw mismatch()
        }
    }

    mutating func string(_ schema: AvroSchema) throws(WireFault) -> String {
        guard let value = try optionalString(schema) else { throw mismatch() }
        return value
    }

    mutating func optionalBytes(_ schema: AvroSchema) throws(WireFault) -> [UInt8]? {
        switch schema {
        case .null: return nil
        case .bytes: return try readAvroBytes()
        case .fixed(_, let lengthBytes):
            let bytes = try readBytes(lengthBytes)
            return bytes.withUnsafeBytes { [UInt8]($0) }
        case .union(let branches): return try optionalBytes(try readAvroBranch(of: branches))
        case .logical(_, let base): return try optionalBytes(base)
        default: throw mismatch()
        }
    }

    mutating func optionalBool(_ schema: AvroSchema) throws(WireFault) -> Bool? {
        switch schema {
        case .null: return nil
        case .boolean: return try readAvroBoolean()
        case .union(let branches): return try optionalBool(try readAvroBranch(of: branches))
        case .logical(_, let base): return try optionalBool(base)
        default: throw mismatch()
        }
    }

    /// The items of a nullable array; `nil` for null.
    mutating func optionalItems<Item>(
        _ schema: AvroSchema,
        _ readItem: (inout ByteReader, AvroSchema) throws(WireFault) -> Item
    ) throws(WireFault) -> [Item]? {
        switch schema {
        case .null: return nil
        case .union(let branches):
            return try optionalItems(try readAvroBranch(of: branches), readItem)
        case .logical(_, let base): return try optionalItems(base, readItem)
        case .array(let itemSchema, _):
            var items: [Item] = []
            while true {
                let count = try readAvroBlockCount()
                if count == 0 { return items }
                for _ in 0..<count { items.append(try readItem(&self, itemSchema)) }
            }
        default: throw mismatch()
        }
    }

    /// Reads a map with integer keys, an array of `key` and `value` records; null is empty.
    mutating func intMap<Value>(
        _ schema: AvroSchema,
        _ readValue: (inout ByteReader, AvroSchema) throws(WireFault) -> Value?
    ) throws(WireFault) -> [Int32: Value] {
        var map: [Int32: Value] = [:]
        _ = try optionalItems(schema) { reader, itemSchema throws(WireFault) -> Void in
            guard case .record(let record) = itemSchema else { throw reader.mismatch() }
            var key: Int32?
            var value: Value?
            for field in record.fields {
                switch field.name {
                case "key": key = try reader.int(field.schema)
                case "value": value = try readValue(&reader, field.schema)
                default: try reader.skipAvro(field.schema)
                }
            }
            guard let key else { throw reader.mismatch() }
            map[key] = value
        }
        return map
    }
}
