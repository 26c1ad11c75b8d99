/// One node of a file's schema, as the file declares it.
///
/// Source: apache/parquet-format, parquet.thrift "SchemaElement".
public struct ParquetSchemaNode: Sendable, Hashable {
    public enum Repetition: Int, Sendable {
        case required = 0
        case optional = 1
        case repeated = 2
    }

    public enum Kind: Sendable, Hashable {
        case group
        case leaf(ParquetPhysicalType)
        /// A leaf whose physical type is none of the format's.
        case foreignLeaf(number: Int)
    }

    public var name: String
    /// Absent in files of writers that know no field ids.
    public var fieldID: Int32?
    public var repetition: Repetition
    public var kind: Kind
    /// Bytes of a FIXED_LEN_BYTE_ARRAY value; zero otherwise.
    public var lengthBytes: Int
    public var annotation: ColumnAnnotation
    public var children: [ParquetSchemaNode]
    /// The leaves at and below this node, by their place among a row group's column chunks.
    public var leaves: Range<Int>
}

/// One element of the flattened schema tree.
struct SchemaElement {
    var physicalType: Int?
    var lengthBytes = 0
    var repetition = 0
    var name = ""
    var childCount: Int?
    var convertedType: Int?
    var scale = 0
    var precision = 0
    var fieldID: Int?
    var logical: ColumnAnnotation?

    /// Groups have no physical type; some writers give leaves a child count of zero.
    var isGroup: Bool { physicalType == nil }
}

/// Makes the tree out of its elements, which come each before what it holds.
struct SchemaTreeBuilder {
    let elements: [SchemaElement]
    private(set) var leafCount = 0
    private var next = 0

    init(_ elements: [SchemaElement]) { self.elements = elements }

    /// The nodes below the root; `nil` when the child counts do not add up or the tree is too deep.
    mutating func build() -> [ParquetSchemaNode]? {
        guard let root = elements.first else { return nil }
        next = 1
        guard let nodes = children(root.childCount ?? 0, depth: 0), next == elements.count else {
            return nil
        }
        return nodes
    }

    private mutating func children(_ count: Int, depth: Int) -> [ParquetSchemaNode]? {
        guard (0...elements.count - next).contains(count), depth < ParquetLimits.schemaDepthMax
        else { return nil }
        var nodes: [ParquetSchemaNode] = []
        for _ in 0..<count {
            guard let node = node(depth: depth) else { return nil }
            nodes.append(node)
        }
        return nodes
    }

    private mutating func node(depth: Int) -> ParquetSchemaNode? {
        guard next < elements.count else { return nil }
        let element = elements[next]
        next += 1
        guard let repetition = ParquetSchemaNode.Repetition(rawValue: element.repetition) else {
            return nil
        }
        let firstLeaf = leafCount
        var below: [ParquetSchemaNode] = []
        if element.isGroup {
            guard let children = children(element.childCount ?? 0, depth: depth + 1) else {
                return nil
            }
            below = children
        } else {
            guard element.childCount ?? 0 == 0 else { return nil }
            leafCount += 1
        }
        return ParquetSchemaNode(
            name: element.name,
            fieldID: element.fieldID.flatMap { Int32(exactly: $0) },
            repetition: repetition,
            kind: Self.kind(element),
            lengthBytes: element.lengthBytes,
            annotation: element.logical
                ?? AnnotationParser.convertedType(
                    element.convertedType,
                    precision: element.precision,
                    scale: element.scale
                ),
            children: below,
            leaves: firstLeaf..<leafCount
        )
    }

    private static func kind(_ element: SchemaElement) -> ParquetSchemaNode.Kind {
        guard let number = element.physicalType else { return .group }
        guard let type = ParquetPhysicalType(rawValue: number),
            type != .fixedLengthByteArray || element.lengthBytes > 0
        else { return .foreignLeaf(number: number) }
        return .leaf(type)
    }
}
