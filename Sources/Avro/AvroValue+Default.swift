internal import Bytes

extension AvroValue {
    /// The default value of a field of this type; `nil` where the JSON is no value of it.
    ///
    /// Source: Apache Avro 1.12 specification, "Complex Types", the table of field default values.
    init?(defaultValue json: JSONValue, of schema: AvroSchema) {
        switch (schema, json) {
        case (.logical(_, let base), _):
            self.init(defaultValue: json, of: base)
        case (.union(let branches), _):
            for branch in branches {
                if let value = AvroValue(defaultValue: json, of: branch) {
                    self = value
                    return
                }
            }
            return nil
        case (.null, .null): self = .null
        case (.boolean, .bool(let value)): self = .boolean(value)
        case (.int, .integer(let value)):
            guard let value = Int32(exactly: value) else { return nil }
            self = .int(value)
        case (.long, .integer(let value)): self = .long(value)
        case (.float, _):
            guard let text = json.numberText, let value = Float(text) else { return nil }
            self = .float(bits: value.bitPattern)
        case (.double, _):
            guard let text = json.numberText, let value = Double(text) else { return nil }
            self = .double(bits: value.bitPattern)
        case (.string, .string(let text)): self = .string(text)
        case (.bytes, .string(let text)):
            guard let bytes = Self.bytes(text) else { return nil }
            self = .bytes(bytes)
        case (.fixed(_, let lengthBytes), .string(let text)):
            guard let bytes = Self.bytes(text), bytes.count == lengthBytes else { return nil }
            self = .fixed(bytes)
        case (.enumeration(_, let symbols, _), .string(let symbol)):
            let index = symbols.firstIndex(of: symbol).flatMap { Int32(exactly: $0) }
            guard let index else { return nil }
            self = .enumeration(index)
        case (.array(let items, _), .array(let elements)):
            let values = elements.compactMap { AvroValue(defaultValue: $0, of: items) }
            guard values.count == elements.count else { return nil }
            self = .array(values)
        case (.map(let values), .object(let object)):
            let entries = object.members.compactMap { member in
                AvroValue(defaultValue: member.value, of: values)
                    .map { MapEntry(key: member.name, value: $0) }
            }
            guard entries.count == object.members.count else { return nil }
            self = .map(entries)
        case (.record(let record), .object(let object)):
            let values = record.fields.compactMap { field in
                (object[field.name] ?? field.defaultValue)
                    .flatMap { AvroValue(defaultValue: $0, of: field.schema) }
            }
            guard values.count == record.fields.count else { return nil }
            self = .record(values)
        default: return nil
        }
    }

    /// Bytes that are spelled as the code points 0 to 255.
    private static func bytes(_ text: String) -> [UInt8]? {
        let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
        return bytes.count == text.unicodeScalars.count ? bytes : nil
    }
}

extension JSONValue {
    /// A number as it is spelled.
    fileprivate var numberText: String? {
        switch self {
        case .integer(let value): String(value)
        case .number(let text): text
        default: nil
        }
    }
}
