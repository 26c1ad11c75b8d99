public import TableModel
internal import TestKit

/// Random fields of any type and depth.
public struct RandomSchema {
    /// Primitive types, those of format version 3 included.
    public static let primitiveTypes: [IcebergType] = [
        .boolean, .int, .long, .float, .double, .decimal(precision: 5, scale: 2),
        .decimal(precision: 9, scale: 0), .decimal(precision: 18, scale: 4),
        .decimal(precision: 20, scale: 0), .decimal(precision: 38, scale: 10), .date, .time,
        .timestamp, .timestamptz, .timestampNanos, .timestamptzNanos, .string, .uuid,
        .fixed(lengthBytes: 1), .fixed(lengthBytes: 5), .binary,
        .geometry(crs: IcebergType.defaultCRS), .geometry(crs: "EPSG:4326"),
        .geography(crs: IcebergType.defaultCRS, algorithm: "karney"),
    ]

    /// Types of keys, of which any number can differ.
    static let keyTypes: [IcebergType] = [.int, .long, .string, .binary, .uuid]

    private var generator: SeededGenerator
    private var nextID: Int32 = 1

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Makes one to `countMax` columns, nested up to `depthMax` deep.
    public mutating func fields(countMax: Int = 5, depthMax: Int = 3) -> [SchemaField] {
        let count = Int.random(in: 1...countMax, using: &generator)
        return (0..<count).map { field(named: "column \($0)", depthMax: depthMax) }
    }

    private mutating func field(
        named name: String,
        depthMax: Int,
        isRequired: Bool? = nil
    ) -> SchemaField {
        let id = nextID
        nextID += 1
        let isRequired = isRequired ?? generator.isOne(in: 2)
        // Names repeat in other structures and look like paths on purpose.
        return SchemaField(id: id, name: name, type: type(depthMax), isRequired: isRequired)
    }

    private mutating func type(_ depthMax: Int) -> IcebergType {
        guard depthMax > 0, !generator.isOne(in: 3) else {
            return Self.primitiveTypes.randomElement(using: &generator) ?? .int
        }
        switch Int.random(in: 0..<7, using: &generator) {
        case 0, 1:
            let count = Int.random(in: 1...4, using: &generator)
            return .structure((0..<count).map { field(named: "a.\($0)", depthMax: depthMax - 1) })
        case 2, 3: return .list(element: field(named: "element", depthMax: depthMax - 1))
        case 4, 5:
            var key = field(named: "key", depthMax: 0, isRequired: true)
            key.type = Self.keyTypes.randomElement(using: &generator) ?? .int
            return .map(key: key, value: field(named: "value", depthMax: depthMax - 1))
        default: return .variant
        }
    }
}
