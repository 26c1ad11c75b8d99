/// What the values of a node mean beyond their physical type.
///
/// Source: apache/parquet-format, LogicalTypes.md.
public enum ColumnAnnotation: Hashable, Sendable {
    public enum Unit: Hashable, Sendable { case milliseconds, microseconds, nanoseconds }

    case none
    case string
    case enumeration
    case json
    case bson
    case decimal(precision: Int, scale: Int)
    case date
    case time(Unit, isAdjustedToUTC: Bool)
    case timestamp(Unit, isAdjustedToUTC: Bool)
    case integer(bitWidth: Int, isSigned: Bool)
    case uuid
    case float16
    /// Months, days and milliseconds in twelve bytes.
    case interval
    /// Every value is NULL, whatever the physical type.
    case null
    case list
    case map
    /// The older annotation of maps, found on the outer and on the repeated group.
    case mapKeyValue
    case variant
    case geometry(crs: String?)
    case geography(crs: String?, algorithm: String?)
    /// An annotation that is younger than this reader; its values are what the physical type says.
    case other(number: Int)
}

extension ColumnAnnotation: CustomStringConvertible {
    public var description: String {
        switch self {
        case .none: "none"
        case .string: "string"
        case .enumeration: "enum"
        case .json: "json"
        case .bson: "bson"
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .date: "date"
        case .time(let unit, let isAdjusted): "time(\(unit)\(isAdjusted ? ", UTC" : ""))"
        case .timestamp(let unit, let isAdjusted):
            "timestamp(\(unit)\(isAdjusted ? ", UTC" : ""))"
        case .integer(let bitWidth, let isSigned): "\(isSigned ? "" : "u")int\(bitWidth)"
        case .uuid: "uuid"
        case .float16: "float16"
        case .interval: "interval"
        case .null: "null"
        case .list: "list"
        case .map: "map"
        case .mapKeyValue: "map_key_value"
        case .variant: "variant"
        case .geometry(let crs): crs.map { "geometry(\($0))" } ?? "geometry"
        case .geography(let crs, let algorithm):
            "geography(\([crs, algorithm].compactMap { $0 }.joined(separator: ", ")))"
        case .other(let number): "logical type \(number)"
        }
    }
}
