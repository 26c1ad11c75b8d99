public import Columns

/// A type of an Iceberg schema, primitive or nested.
///
/// Source: Iceberg specification, "Schemas and Data Types".
public indirect enum IcebergType: Hashable, Sendable {
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
    /// Nanoseconds; format version 3.
    case timestampNanos
    /// Nanoseconds of an instant; format version 3.
    case timestamptzNanos
    case string
    case uuid
    case fixed(lengthBytes: Int)
    case binary
    /// Always NULL, never in a file; format version 3.
    case unknown
    /// Semi-structured values as a pair of metadata and value; format version 3.
    case variant
    /// Well-known binary on a plane; format version 3.
    case geometry(crs: String)
    /// Well-known binary on a globe; format version 3.
    case geography(crs: String, algorithm: String)
    case structure([SchemaField])
    /// The element is a field named `element`.
    case list(element: SchemaField)
    /// Key and value are fields named `key` and `value`; the key is required.
    case map(key: SchemaField, value: SchemaField)

    /// The coordinate reference system of spatial columns that name none.
    public static let defaultCRS = "OGC:CRS84"
    /// How edges of geographies that name no algorithm run.
    public static let defaultEdgeAlgorithm = "spherical"

    /// How values of this type lie in a ``Column``.
    public var physicalType: PhysicalType {
        switch self {
        case .boolean, .unknown: .boolean
        case .int, .date: .int32
        case .long, .time, .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos: .int64
        case .float: .float
        case .double: .double
        case .decimal(let precision, _): precision <= 18 ? .int64 : .int128
        case .uuid: .uuid
        case .string, .fixed, .binary, .geometry, .geography: .bytes
        case .structure, .variant: .structure
        case .list: .list
        case .map: .map
        }
    }

    /// How values of this type and of the types inside it lie in a ``Column``.
    public var columnShape: ColumnShape {
        switch self {
        case .variant:
            ColumnShape(.structure, children: [ColumnShape(.bytes), ColumnShape(.bytes)])
        default: ColumnShape(physicalType, children: children.map(\.type.columnShape))
        }
    }

    /// The fields directly inside a nested type, in order; none for the others.
    public var children: [SchemaField] {
        switch self {
        case .structure(let fields): fields
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        default: []
        }
    }

    public var isNested: Bool {
        switch self {
        case .structure, .list, .map: true
        default: false
        }
    }

    /// Whether the type may be part of a row's identity and of an equality delete.
    ///
    /// Source: Iceberg specification, "Identifier Field IDs": primitive, and not float or double.
    public var isIdentifierType: Bool {
        switch self {
        case .float, .double, .unknown, .variant, .geometry, .geography, .structure, .list, .map:
            false
        default: true
        }
    }

    /// The lowest format version of tables that may have such a column.
    public var formatVersionMin: Int {
        switch self {
        case .timestampNanos, .timestamptzNanos, .unknown, .variant, .geometry, .geography: 3
        default: children.map(\.type.formatVersionMin).max() ?? 1
        }
    }
}

extension IcebergType: CustomStringConvertible {
    /// The type as people write it; of primitive types exactly as table metadata spells it.
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
        case .timestampNanos: "timestamp_ns"
        case .timestamptzNanos: "timestamptz_ns"
        case .string: "string"
        case .uuid: "uuid"
        case .fixed(let lengthBytes): "fixed[\(lengthBytes)]"
        case .binary: "binary"
        case .unknown: "unknown"
        case .variant: "variant"
        case .geometry(Self.defaultCRS): "geometry"
        case .geometry(let crs): "geometry(\(crs))"
        case .geography(Self.defaultCRS, Self.defaultEdgeAlgorithm): "geography"
        case .geography(let crs, Self.defaultEdgeAlgorithm): "geography(\(crs))"
        case .geography(let crs, let algorithm): "geography(\(crs), \(algorithm))"
        case .structure(let fields):
            "struct<\(fields.map { "\($0.id): \($0.name): \($0.type)" }.joined(separator: ", "))>"
        case .list(let element): "list<\(element.type)>"
        case .map(let key, let value): "map<\(key.type), \(value.type)>"
        }
    }
}
