internal import Bytes

/// What values mean beyond the type they are stored as.
///
/// Source: Apache Avro 1.12 specification, "Logical Types"; Iceberg specification, appendix A, for
/// `map` and `adjust-to-utc`.
public enum AvroLogicalType: Hashable, Sendable {
    public enum Unit: Int64, Sendable {
        case milliseconds = 1000
        case microseconds = 1_000_000
        case nanoseconds = 1_000_000_000

        public var unitsPerSecond: Int64 { rawValue }
    }

    /// Big-endian two's complement digits.
    case decimal(precision: Int, scale: Int)
    case uuid
    /// Days from 1970-01-01.
    case date
    /// Units from midnight.
    case time(Unit)
    /// Units from 1970-01-01.
    case timestamp(Unit, isAdjustedToUTC: Bool)
    /// Months, days and milliseconds, four little-endian bytes each.
    case duration
    /// An array of records `key` and `value`.
    case map
    /// A type that this program does not know, by its name.
    case other(String)

    /// Reads the attributes of a type; `nil` where there are none or they do not fit the type, which
    /// then counts as what it is stored as.
    init?(_ object: JSONObject, of base: AvroSchema) {
        guard let name = object["logicalType"]?.stringValue else { return nil }
        switch (name, base) {
        case ("decimal", .bytes), ("decimal", .fixed):
            let scale = object["scale"]?.integerValue ?? 0
            guard let precision = object["precision"]?.integerValue,
                (1...Self.precisionMax).contains(precision), (0...precision).contains(scale)
            else { return nil }
            self = .decimal(precision: Int(precision), scale: Int(scale))
        case ("uuid", .string), ("uuid", .fixed(_, 16)): self = .uuid
        case ("date", .int): self = .date
        case ("time-millis", .int): self = .time(.milliseconds)
        case ("time-micros", .long): self = .time(.microseconds)
        case ("duration", .fixed(_, 12)): self = .duration
        case ("map", .array): self = .map
        case (_, .long):
            guard let type = Self.timestamp(name, object) else { return nil }
            self = type
        default:
            guard !Self.known.contains(name) else { return nil }
            self = .other(name)
        }
    }

    /// Digits of a decimal; more than any type of a table has.
    private static let precisionMax: Int64 = 1000

    private static let units: [(suffix: String, unit: Unit)] = [
        ("-millis", .milliseconds), ("-micros", .microseconds), ("-nanos", .nanoseconds),
    ]

    /// Names that mean nothing on types other than theirs.
    private static let known: Set<String> = [
        "decimal", "uuid", "date", "time-millis", "time-micros", "duration", "map",
        "timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis",
        "local-timestamp-micros", "local-timestamp-nanos",
    ]

    private static func timestamp(_ name: String, _ object: JSONObject) -> AvroLogicalType? {
        for (suffix, unit) in units {
            if name == "timestamp" + suffix {
                let isAdjusted = object["adjust-to-utc"]?.boolValue ?? true
                return .timestamp(unit, isAdjustedToUTC: isAdjusted)
            }
            if name == "local-timestamp" + suffix {
                return .timestamp(unit, isAdjustedToUTC: false)
            }
        }
        return known.contains(name) ? nil : .other(name)
    }
}
