internal import TableModel

/// What a node of a file's schema means: a leaf, a structure, a list or a map.
///
/// The nodes that only make lists and maps possible are gone. What is left is counted in levels:
/// the definition level says how deep an entry is there, the repetition level which list it
/// continues.
///
/// Source: apache/parquet-format, README.md "Nested Encoding", LogicalTypes.md "Nested Types".
struct FileField: Sendable {
    indirect enum Content: Sendable {
        case leaf(FileLeafType)
        case structure([FileField])
        case list(FileField)
        case map(key: FileField, value: FileField)
        /// A leaf whose physical type is none of the format's.
        case foreign(number: Int)
    }

    /// The levels of one place in the schema.
    struct Levels: Sendable, Hashable {
        /// From this definition level on the value is not NULL.
        var definition = 0
        /// From this definition level on the innermost list around it has an element here.
        var slotDefinition = 0
        /// Lists around it.
        var repetition = 0

        /// The levels inside of a repeated node here.
        var repeated: Levels {
            Levels(
                definition: definition + 1,
                slotDefinition: definition + 1,
                repetition: repetition + 1
            )
        }
    }

    var name: String
    var fieldID: Int32?
    var levels: Levels
    var isOptional: Bool
    var annotation: ColumnAnnotation
    /// The leaves at and below it, by their place among a row group's column chunks.
    var leaves: Range<Int>
    var content: Content
    /// Its own id or, where it has none, one that no other field of the file has.
    var inferredID: Int32 = 0

    /// The fields directly inside.
    var children: [FileField] {
        switch content {
        case .structure(let fields): fields
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        case .leaf, .foreign: []
        }
    }
}

extension FileField {
    init(_ node: ParquetSchemaNode, in outer: Levels = Levels()) {
        guard node.repetition == .repeated else {
            self.init(node, single: outer)
            return
        }
        // Repeated outside of lists and maps: a list that is there, of elements that are.
        self.init(
            name: node.name,
            fieldID: node.fieldID,
            levels: outer,
            isOptional: false,
            annotation: .list,
            leaves: node.leaves,
            content: .list(FileField(node, elementIn: outer.repeated))
        )
    }

    /// A node as one value, whatever its repetition says.
    private init(_ node: ParquetSchemaNode, single outer: Levels) {
        var levels = outer
        let isOptional = node.repetition == .optional
        if isOptional { levels.definition += 1 }
        self.init(
            name: node.name,
            fieldID: node.fieldID,
            levels: levels,
            isOptional: isOptional,
            annotation: node.annotation,
            leaves: node.leaves,
            content: Self.content(node, levels)
        )
    }

    /// A repeated node as an element, which is there; its id is the element's.
    private init(_ node: ParquetSchemaNode, elementIn levels: Levels) {
        var element = node
        element.repetition = .required
        self.init(element, single: levels)
    }

    private static func content(_ node: ParquetSchemaNode, _ levels: Levels) -> Content {
        switch node.kind {
        case .leaf(let physicalType):
            .leaf(
                FileLeafType(
                    physicalType: physicalType,
                    lengthBytes: node.lengthBytes,
                    annotation: node.annotation
                )
            )
        case .foreignLeaf(let number): .foreign(number: number)
        case .group:
            switch node.annotation {
            case .list: listContent(node, levels) ?? structureContent(node, levels)
            case .map, .mapKeyValue: mapContent(node, levels) ?? structureContent(node, levels)
            default: structureContent(node, levels)
            }
        }
    }

    private static func structureContent(
        _ node: ParquetSchemaNode,
        _ levels: Levels
    ) -> Content {
        .structure(node.children.map { FileField($0, in: levels) })
    }

    /// A list in its three-level form, or in one of the older ones where the repeated node is the
    /// element itself; `nil` where it is neither.
    private static func listContent(
        _ node: ParquetSchemaNode,
        _ levels: Levels
    ) -> Content? {
        guard node.children.count == 1, let repeated = node.children.first,
            repeated.repetition == .repeated
        else { return nil }
        if isElement(repeated, of: node) {
            return .list(FileField(repeated, elementIn: levels.repeated))
        }
        return .list(FileField(repeated.children[0], in: levels.repeated))
    }

    private static func isElement(
        _ repeated: ParquetSchemaNode,
        of list: ParquetSchemaNode
    ) -> Bool {
        guard repeated.kind == .group, repeated.children.count == 1 else { return true }
        return repeated.children[0].repetition == .repeated || repeated.name == "array"
            || repeated.name == list.name + "_tuple"
    }

    /// A map; one without values is a list of its keys.
    private static func mapContent(
        _ node: ParquetSchemaNode,
        _ levels: Levels
    ) -> Content? {
        guard node.children.count == 1, let entry = node.children.first,
            entry.repetition == .repeated, entry.kind == .group
        else { return nil }
        let fields = entry.children.map { FileField($0, in: levels.repeated) }
        switch fields.count {
        case 1: return .list(fields[0])
        case 2: return .map(key: fields[0], value: fields[1])
        default: return nil
        }
    }
}
