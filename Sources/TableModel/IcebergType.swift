public import Columns

/// A primitive type of an Iceberg schema.
///
/// Source: Iceberg specification, "Schemas and Data Types".
public enum IcebergType: Hashable, Sendable {
    case boolean
    case int
    case long
    case float
    case double
    case decimal(precision: Int, scale: Int)
    case date
    case time
    case timestamp
    case timestamptz
    case string
    case uuid
    case fixed(lengthBytes: Int)
    case binary

    /// How values of this type lie in a ``Column``.
    public var physicalType: PhysicalType {
        switch self {
        case .boolean: .boolean
        case .int, .date: .int32
        case .long, .time, .timestamp, .timestamptz: .int64
        case .float: .float
        case .double: .double
        case .decimal(let precision, _): precision <= 18 ? .int64 : .int128
        case .uuid: .uuid
        case .string, .fixed, .binary: .bytes
        }
    }

    /// Whether the type may be part of a row's identity and of an equality delete.
    ///
    /// Source: Iceberg specification, "Identifier Field IDs": float and double are excluded.
    public var isIdentifierType: Bool { self != .float && self != .double }
}

extension IcebergType: CustomStringConvertible {
    /// The type's name as table metadata spells it, such as `decimal(12, 2)`.
    public var description: String {
        switch self {
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestamptz: "timestamptz"
        case .string: "string"
        case .uuid: "uuid"
        case .fixed(let lengthBytes): "fixed[\(lengthBytes)]"
        case .binary: "binary"
        }
    }
}

extension IcebergType {
    /// Reads a type's name as table metadata spells it; `nil` for nested and unknown types.
    public init?(named name: String) {
        switch name {
        case "boolean": self = .boolean
        case "int": self = .int
        case "long": self = .long
        case "float": self = .float
        case "double": self = .double
        case "date": self = .date
        case "time": self = .time
        case "timestamp": self = .timestamp
        case "timestamptz": self = .timestamptz
        case "string": self = .string
        case "uuid": self = .uuid
        case "binary": self = .binary
        default:
            if let arguments = Self.arguments(of: name, prefix: "decimal(", suffix: ")"),
                arguments.count == 2, (1...38).contains(arguments[0]),
                (0...arguments[0]).contains(arguments[1])
            {
                self = .decimal(precision: arguments[0], scale: arguments[1])
            } else if let arguments = Self.arguments(of: name, prefix: "fixed[", suffix: "]"),
                arguments.count == 1, arguments[0] >= 0
            {
                self = .fixed(lengthBytes: arguments[0])
            } else {
                return nil
            }
        }
    }

    private static func arguments(of name: String, prefix: String, suffix: String) -> [Int]? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let inner = name.dropFirst(prefix.count).dropLast(suffix.count)
        let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0.filter { $0 != " " }) }
        return numbers.count == parts.count ? numbers : nil
    }
}
