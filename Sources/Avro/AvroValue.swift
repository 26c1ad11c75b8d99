/// A value of any Avro type, for the few places where the type is not known beforehand.
public enum AvroValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case int(Int32)
    case long(Int64)
    /// The IEEE bits, so that NaN equals itself.
    case float(bits: UInt32)
    case double(bits: UInt64)
    case bytes([UInt8])
    case string(String)
    case fixed([UInt8])
    /// The symbol's index.
    case enumeration(Int32)
    case array([AvroValue])
    /// Entries in file order.
    case map([MapEntry])
    /// Field values in the schema's order.
    case record([AvroValue])

    public struct MapEntry: Hashable, Sendable {
        public var key: String
        public var value: AvroValue

        public init(key: String, value: AvroValue) {
            self.key = key
            self.value = value
        }
    }
}
