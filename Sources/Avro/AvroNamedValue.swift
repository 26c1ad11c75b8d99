public import Bytes

/// A value together with what its schema calls its parts, for those who show it.
///
/// Unions are gone: a value has the type of its branch.
public enum AvroNamedValue: Hashable, Sendable {
    /// A value without parts, and its type.
    case scalar(AvroValue, AvroSchema)
    /// The items, and the type of the whole.
    case array([AvroNamedValue], AvroSchema)
    case map([Entry])
    case record([Field], name: String)

    public struct Entry: Hashable, Sendable {
        public var key: String
        public var value: AvroNamedValue

        public init(key: String, value: AvroNamedValue) {
            self.key = key
            self.value = value
        }
    }

    public struct Field: Hashable, Sendable {
        public var name: String
        /// Iceberg's `field-id`.
        public var fieldID: Int32?
        public var value: AvroNamedValue

        public init(name: String, fieldID: Int32?, value: AvroNamedValue) {
            self.name = name
            self.fieldID = fieldID
            self.value = value
        }
    }

    /// The value of a record's field or of a map's key; `nil` where there is none.
    public subscript(name: String) -> AvroNamedValue? {
        switch self {
        case .record(let fields, _): fields.first { $0.name == name }?.value
        case .map(let entries): entries.first { $0.key == name }?.value
        case .scalar, .array: nil
        }
    }

    /// The value of the record's field with this id.
    public subscript(fieldID id: Int32) -> AvroNamedValue? {
        guard case .record(let fields, _) = self else { return nil }
        return fields.first { $0.fieldID == id }?.value
    }
}

extension ByteReader {
    /// Reads a value of any type, with the names that the type has for its parts.
    public mutating func readAvroNamedValue(
        _ schema: AvroSchema
    ) throws(WireFault) -> AvroNamedValue {
        switch schema.base {
        case .union(let branches):
            return try readAvroNamedValue(try readAvroBranch(of: branches))
        case .array(let items, _):
            let values = try readAvroItems { reader throws(WireFault) in
                try reader.readAvroNamedValue(items)
            }
            return .array(values, schema)
        case .map(let values):
            let entries = try readAvroItems { reader throws(WireFault) in
                AvroNamedValue.Entry(
                    key: try reader.readAvroString(),
                    value: try reader.readAvroNamedValue(values)
                )
            }
            return .map(entries)
        case .record(let record):
            var fields: [AvroNamedValue.Field] = []
            fields.reserveCapacity(record.fields.count)
            for field in record.fields {
                let value = try readAvroNamedValue(field.schema)
                fields.append(.init(name: field.name, fieldID: field.fieldID, value: value))
            }
            return .record(fields, name: record.name)
        case let base: return .scalar(try readAvroValue(base), schema)
        }
    }
}
