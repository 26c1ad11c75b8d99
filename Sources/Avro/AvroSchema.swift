/// The type of an Avro value, as the writer of a file declared it.
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
    case enumeration(name: String, symbols: [String])
    case array(AvroSchema, elementID: Int32?)
    case map(AvroSchema)
    case union([AvroSchema])
    case record(Record)

    public struct Record: Hashable, Sendable {
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

        public init(name: String, schema: AvroSchema, fieldID: Int32?) {
            self.name = name
            self.schema = schema
            self.fieldID = fieldID
        }
    }
}
