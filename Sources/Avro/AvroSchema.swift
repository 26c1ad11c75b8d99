public import Bytes

/// The type of an Avro value, as the writer of a file declared it.
///
/// Types that hold themselves are not supported, so names are gone: each use of a named type holds
/// the type itself.
///
/// Source: Apache Avro 1.12 specification, "Schema Declaration".
public indirect enum AvroSchema: Hashable, Sendable {
    case null
    case boolean
    case int
    case long
    case float
    case double
    case bytes
    case string
    case fixed(name: String, lengthBytes: Int)
    /// The default stands in for symbols that a reader does not know.
    case enumeration(name: String, symbols: [String], defaultSymbol: String? = nil)
    case array(AvroSchema, elementID: Int32?)
    case map(AvroSchema)
    case union([AvroSchema])
    case record(Record)
    /// A type whose values mean something else than what they are stored as.
    case logical(AvroLogicalType, AvroSchema)

    public struct Record: Hashable, Sendable {
        /// With its namespace, where it has one: `space.name`.
        public var name: String
        public var fields: [Field]

        public init(name: String, fields: [Field]) {
            self.name = name
            self.fields = fields
        }
    }

    public struct Field: Hashable, Sendable {
        public var name: String
        public var schema: AvroSchema
        /// Iceberg's `field-id` attribute.
        public var fieldID: Int32?
        /// Other names under which a writer may know the field.
        public var aliases: [String]
        /// What a reader takes where the writer does not have the field.
        public var defaultValue: JSONValue?

        public init(
            name: String,
            schema: AvroSchema,
            fieldID: Int32?,
            aliases: [String] = [],
            defaultValue: JSONValue? = nil
        ) {
            self.name = name
            self.schema = schema
            self.fieldID = fieldID
            self.aliases = aliases
            self.defaultValue = defaultValue
        }
    }

    /// What the values are stored as.
    public var base: AvroSchema {
        if case .logical(_, let base) = self { return base.base }
        return self
    }

    /// What the values mean, where it is not what they are stored as.
    public var logicalType: AvroLogicalType? {
        if case .logical(let type, _) = self { return type }
        return nil
    }
}

extension AvroSchema: CustomStringConvertible {
    /// The kind of type, for messages.
    public var description: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .bytes: "bytes"
        case .string: "string"
        case .fixed(_, let lengthBytes): "fixed[\(lengthBytes)]"
        case .enumeration(let name, _, _): "enum \(name)"
        case .array: "array"
        case .map: "map"
        case .union(let branches): "[\(branches.map(\.description).joined(separator: ", "))]"
        case .record(let record): "record \(record.name)"
        case .logical(_, let base): base.description
        }
    }
}
