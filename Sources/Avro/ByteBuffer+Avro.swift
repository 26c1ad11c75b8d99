public import Bytes

/// Avro's binary encoding, appended to a block.
///
/// Source: Apache Avro 1.12 specification, "Binary Encoding".
extension ByteBuffer {
    public mutating func appendAvroLong(_ value: Int64) { appendZigZag(value) }

    public mutating func appendAvroInt(_ value: Int32) { appendZigZag(Int64(value)) }

    public mutating func appendAvroBoolean(_ value: Bool) { append(value ? 1 : 0) }

    public mutating func appendAvroString(_ text: String) {
        appendZigZag(Int64(text.utf8.count))
        append(utf8: text)
    }

    public mutating func appendAvroBytes(_ bytes: [UInt8]) {
        appendZigZag(Int64(bytes.count))
        append(contentsOf: bytes)
    }

    /// Appends the branch of a `["null", T]` union; the value follows when it is present.
    public mutating func appendAvroPresence(_ isPresent: Bool) { appendZigZag(isPresent ? 1 : 0) }

    /// Appends a value of any type.
    ///
    /// - Throws: ``AvroMismatch`` when the value is not of the schema's type.
    public mutating func appendAvroValue(
        _ value: AvroValue,
        _ schema: AvroSchema
    ) throws(AvroMismatch) {
        switch (schema, value) {
        case (.null, .null): return
        case (.boolean, .boolean(let value)): appendAvroBoolean(value)
        case (.int, .int(let value)): appendAvroInt(value)
        case (.long, .long(let value)): appendAvroLong(value)
        // A column that was an int when the partition was written.
        case (.long, .int(let value)): appendAvroLong(Int64(value))
        case (.float, .float(let bits)): appendInteger(bits)
        case (.double, .double(let bits)): appendInteger(bits)
        case (.bytes, .bytes(let bytes)): appendAvroBytes(bytes)
        case (.string, .string(let text)): appendAvroString(text)
        case (.fixed(_, let lengthBytes), .fixed(let bytes)) where bytes.count == lengthBytes:
            append(contentsOf: bytes)
        case (.enumeration(_, let symbols, _), .enumeration(let index))
        where index >= 0 && index < symbols.count:
            appendAvroInt(index)
        case (.array(let items, _), .array(let values)):
            if !values.isEmpty { appendAvroLong(Int64(values.count)) }
            for value in values { try appendAvroValue(value, items) }
            appendAvroLong(0)
        case (.map(let values), .map(let entries)):
            if !entries.isEmpty { appendAvroLong(Int64(entries.count)) }
            for entry in entries {
                appendAvroString(entry.key)
                try appendAvroValue(entry.value, values)
            }
            appendAvroLong(0)
        case (.record(let record), .record(let values)) where record.fields.count == values.count:
            for (field, value) in zip(record.fields, values) {
                try appendAvroValue(value, field.schema)
            }
        case (.logical(_, let base), _): try appendAvroValue(value, base)
        case (.union(let branches), _):
            guard let index = branches.firstIndex(where: { $0.accepts(value) }) else {
                throw AvroMismatch()
            }
            appendAvroLong(Int64(index))
            try appendAvroValue(value, branches[index])
        default: throw AvroMismatch()
        }
    }
}

/// A value that is not of the type it was to be written as.
public struct AvroMismatch: Error, Equatable, Sendable {
    public init() {}
}

extension AvroSchema {
    /// Whether a value is of this type, as far as choosing a union's branch needs it.
    func accepts(_ value: AvroValue) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .boolean), (.int, .int), (.long, .long), (.long, .int),
            (.float, .float), (.double, .double), (.bytes, .bytes), (.string, .string),
            (.enumeration, .enumeration), (.array, .array), (.map, .map):
            true
        case (.fixed(_, let lengthBytes), .fixed(let bytes)): bytes.count == lengthBytes
        case (.record(let record), .record(let values)):
            record.fields.count == values.count
                && zip(record.fields, values).allSatisfy { $0.schema.accepts($1) }
        case (.logical(_, let base), _): base.accepts(value)
        case (.union(let branches), _): branches.contains { $0.accepts(value) }
        default: false
        }
    }
}
