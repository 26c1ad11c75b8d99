internal import Avro
internal import Bytes
internal import TableModel

extension AvroNamedValue {
    /// The value in the form of rows: 64-bit integers and decimals as text, bytes as Base64, dates
    /// and times in ISO 8601, maps as arrays of `key` and `value`.
    var rowJSON: JSONValue {
        switch self {
        case .scalar(let value, let schema): Self.rowJSON(value, schema) ?? json
        case .array(let items, _): .array(items.map(\.rowJSON))
        case .map(let entries):
            .array(entries.map { ["key": .string($0.key), "value": $0.value.rowJSON] })
        case .record(let fields, _):
            .object(JSONObject(fields.map { JSONObject.Member($0.name, $0.value.rowJSON) }))
        }
    }

    /// What rows show differently; `nil` where it is the same.
    private static func rowJSON(_ value: AvroValue, _ schema: AvroSchema) -> JSONValue? {
        switch (value, schema.logicalType) {
        case (.long(let number), nil), (.long(let number), .other): .string(String(number))
        case (.bytes(let bytes), nil), (.bytes(let bytes), .other), (.fixed(let bytes), nil),
            (.fixed(let bytes), .other), (.fixed(let bytes), .duration):
            .string(Base64Text.text(bytes))
        case (.float(let bits), _): floating(Float(bitPattern: bits))
        case (.double(let bits), _): floating(Double(bitPattern: bits))
        default: nil
        }
    }

    private static func floating<T: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: T
    ) -> JSONValue {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return .number(value.description)
    }
}
