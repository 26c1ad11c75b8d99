internal import Avro
internal import Bytes
internal import TableModel

extension ByteReader {
    /// Reads a partition value as its manifest declares it.
    mutating func partitionValue(
        _ schema: AvroSchema,
        _ type: IcebergType
    ) throws(WireFault) -> SingleValue? {
        let start = offset
        let value = try readAvroValue(schema)
        if value == .null { return nil }
        guard let single = SingleValue(value, type) else {
            throw WireFault(.malformedValue, offset: start, wanted: 102, available: remaining)
        }
        return single
    }
}

extension SingleValue {
    fileprivate init?(_ value: AvroValue, _ type: IcebergType) {
        switch (value, type) {
        case (.boolean(let value), _): self = .boolean(value)
        case (.int(let value), _): self = .integer(Int64(value))
        case (.long(let value), _): self = .integer(value)
        case (.float(let bits), _): self = .floating(Double(Float(bitPattern: bits)))
        case (.double(let bits), _): self = .floating(Double(bitPattern: bits))
        case (.bytes(let bytes), .decimal), (.fixed(let bytes), .decimal):
            guard let unscaled = Self.signedBigEndian(bytes) else { return nil }
            self = .decimal(unscaled: unscaled)
        case (.fixed(let bytes), .uuid):
            guard let value = SingleValue(binary: bytes, type: .uuid) else { return nil }
            self = value
        case (.string(let text), .uuid):
            guard let value = UUIDText.value(of: text) else { return nil }
            self = .uuid(value)
        case (.bytes(let bytes), _), (.fixed(let bytes), _): self = .binary(bytes)
        case (.string(let text), _): self = .text(text)
        default: return nil
        }
    }
}

/// A partition value that is not of its field's type.
struct PartitionMismatch: Error {
    var fieldName: String
}

extension ByteBuffer {
    /// Appends a partition tuple; fields it does not have are NULL.
    mutating func appendPartition(
        _ tuple: PartitionTuple,
        _ type: PartitionType
    ) throws(PartitionMismatch) {
        for field in type.fields {
            let value = tuple[field.fieldID]
            if field.type == .unknown, value == nil { continue }
            appendAvroPresence(value != nil)
            guard let value else { continue }
            guard appendPartitionValue(value, field.type) else {
                throw PartitionMismatch(fieldName: field.name)
            }
        }
    }

    /// - Returns: Whether the value was of the type; if not, nothing was appended.
    private mutating func appendPartitionValue(_ value: SingleValue, _ type: IcebergType) -> Bool {
        switch (value, type) {
        case (.boolean(let value), .boolean): appendAvroBoolean(value)
        case (.integer(let value), .int), (.integer(let value), .date):
            guard let narrow = Int32(exactly: value) else { return false }
            appendAvroInt(narrow)
        case (.integer(let value), .long), (.integer(let value), .time): appendAvroLong(value)
        case (.integer(let value), _) where type.isTimestamp: appendAvroLong(value)
        case (.floating(let bits), .float):
            appendInteger(Float(Double(bitPattern: bits)).bitPattern)
        case (.floating(let bits), .double): appendInteger(bits)
        case (.text(let bytes), .string), (.binary(let bytes), .binary): appendAvroBytes(bytes)
        case (.binary(let bytes), .fixed(let lengthBytes)) where bytes.count == lengthBytes:
            append(contentsOf: bytes)
        case (.uuid(let value), .uuid): appendBigEndian(value)
        case (.decimal(let unscaled), .decimal(let precision, _)):
            let size = PartitionType.decimalByteCount(precision: precision)
            let bytes = SingleValue.minimalBigEndian(unscaled)
            guard bytes.count <= size else { return false }
            for _ in bytes.count..<size { append(unscaled < 0 ? 0xFF : 0) }
            append(contentsOf: bytes)
        default: return false
        }
        return true
    }
}
