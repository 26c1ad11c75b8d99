import TableModel
import Testing

@testable import Parquet

/// What nodes of a file's schema mean, in all the forms that writers have given lists and maps.
@Suite struct SchemaMeaningTests {
    private static func leaf(
        _ name: String,
        _ type: ParquetPhysicalType = .int32,
        _ repetition: ParquetSchemaNode.Repetition = .optional,
        _ annotation: ColumnAnnotation = .none,
        lengthBytes: Int = 0
    ) -> ParquetSchemaNode {
        ParquetSchemaNode(
            name: name,
            fieldID: nil,
            repetition: repetition,
            kind: .leaf(type),
            lengthBytes: lengthBytes,
            annotation: annotation,
            children: [],
            leaves: 0..<1
        )
    }

    private static func group(
        _ name: String,
        _ repetition: ParquetSchemaNode.Repetition = .optional,
        _ annotation: ColumnAnnotation = .none,
        _ children: [ParquetSchemaNode]
    ) -> ParquetSchemaNode {
        ParquetSchemaNode(
            name: name,
            fieldID: nil,
            repetition: repetition,
            kind: .group,
            lengthBytes: 0,
            annotation: annotation,
            children: children,
            leaves: 0..<children.count
        )
    }

    private static let key = leaf("key", .byteArray, .required, .string)

    /// A node, and the type with `?` behind what may be NULL.
    private static let forms: [(node: ParquetSchemaNode, meaning: String)] = [
        (leaf("a"), "int?"),
        (leaf("a", .int32, .required), "int"),
        // Three levels, under any names.
        (
            group("a", .optional, .list, [group("list", .repeated, .none, [leaf("element")])]),
            "list<int?>?"
        ),
        (
            group("a", .required, .list, [group("bag", .repeated, .none, [leaf("array_element")])]),
            "list<int?>"
        ),
        (
            group(
                "a",
                .optional,
                .list,
                [group("list", .repeated, .none, [leaf("item", .int32, .required)])]
            ),
            "list<int>?"
        ),
        // Two levels: the repeated node is the element.
        (group("a", .optional, .list, [leaf("element", .int32, .repeated)]), "list<int>?"),
        (
            group("a", .optional, .list, [group("array", .repeated, .none, [leaf("x")])]),
            "list<struct<x int?>>?"
        ),
        (
            group("a", .optional, .list, [group("a_tuple", .repeated, .none, [leaf("x")])]),
            "list<struct<x int?>>?"
        ),
        (
            group(
                "a",
                .optional,
                .list,
                [group("element", .repeated, .none, [leaf("x"), leaf("y")])]
            ),
            "list<struct<x int?, y int?>>?"
        ),
        (
            group(
                "a",
                .required,
                .list,
                [
                    group("array", .repeated, .list, [leaf("array", .int32, .repeated)])
                ]
            ),
            "list<list<int>>"
        ),
        (
            group(
                "a",
                .optional,
                .list,
                [
                    group("element", .repeated, .none, [leaf("x", .int32, .repeated)])
                ]
            ),
            "list<struct<x list<int>>>?"
        ),
        // Repeated without a word about it.
        (leaf("a", .int32, .repeated), "list<int>"),
        (group("a", .repeated, .none, [leaf("x")]), "list<struct<x int?>>"),
        // An annotation that the group cannot have is passed over.
        (group("a", .optional, .list, [leaf("x")]), "struct<x int?>?"),
        (group("a", .optional, .map, [leaf("x"), leaf("y")]), "struct<x int?, y int?>?"),
        // Maps, under all their names.
        (
            group(
                "a",
                .optional,
                .map,
                [group("key_value", .repeated, .none, [key, leaf("value")])]
            ),
            "map<string, int?>?"
        ),
        (
            group(
                "a",
                .optional,
                .mapKeyValue,
                [group("map", .repeated, .mapKeyValue, [key, leaf("v")])]
            ),
            "map<string, int?>?"
        ),
        (
            group(
                "a",
                .required,
                .map,
                [
                    group(
                        "entries",
                        .repeated,
                        .none,
                        [leaf("k", .byteArray, .optional, .string), leaf("v", .int32, .required)]
                    )
                ]
            ),
            "map<string?, int>"
        ),
        // A map without values is a set.
        (
            group("a", .required, .map, [group("key_value", .repeated, .none, [key])]),
            "list<string>"
        ),
        // Leaves whose annotation does not go with their type are what the type says.
        (leaf("a", .int64, .required, .date), "long"),
        (leaf("a", .byteArray, .required, .uuid), "binary"),
        (leaf("a", .int32, .required, .decimal(precision: 0, scale: 0)), "int"),
        (
            leaf(
                "a",
                .fixedLengthByteArray,
                .required,
                .decimal(precision: 60, scale: 2),
                lengthBytes: 25
            ), "fixed[25]"
        ),
        (leaf("a", .fixedLengthByteArray, .required, .interval, lengthBytes: 12), "fixed[12]"),
        (leaf("a", .fixedLengthByteArray, .required, .float16, lengthBytes: 2), "float"),
        (leaf("a", .int32, .optional, .null), "unknown?"),
        (leaf("a", .int64, .required, .integer(bitWidth: 64, isSigned: false)), "decimal(20, 0)"),
        (leaf("a", .int32, .required, .integer(bitWidth: 32, isSigned: false)), "long"),
        (
            leaf("a", .int64, .required, .timestamp(.nanoseconds, isAdjustedToUTC: true)),
            "timestamptz_ns"
        ),
        (leaf("a", .int96, .required), "timestamp"),
        (leaf("a", .byteArray, .required, .other(number: 99)), "binary"),
        (
            leaf("a", .byteArray, .required, .geography(crs: nil, algorithm: "karney")),
            "geography(OGC:CRS84, karney)"
        ),
        (
            group(
                "a",
                .optional,
                .variant,
                [
                    leaf("value", .byteArray, .required), leaf("metadata", .byteArray, .required),
                ]
            ),
            "variant?"
        ),
    ]

    @Test("Every form of a column has its meaning", arguments: forms.indices)
    func meaning(index: Int) throws {
        let form = Self.forms[index]
        let fields = FileField.withInferredIDs([FileField(form.node)])
        #expect(shown(try fields[0].inferred(file: "t")) == form.meaning)
    }

    private func shown(_ field: SchemaField) -> String {
        let type: String =
            switch field.type {
            case .structure(let fields):
                "struct<\(fields.map { "\($0.name) \(shown($0))" }.joined(separator: ", "))>"
            case .list(let element): "list<\(shown(element))>"
            case .map(let key, let value): "map<\(shown(key)), \(shown(value))>"
            default: "\(field.type)"
            }
        return type + (field.isRequired ? "" : "?")
    }

    @Test("Levels count what is optional and what is repeated around a leaf")
    func levels() {
        let node = Self.group(
            "a",
            .optional,
            .list,
            [
                Self.group(
                    "list",
                    .repeated,
                    .none,
                    [
                        Self.group(
                            "element",
                            .optional,
                            .none,
                            [
                                Self.leaf("required", .int32, .required), Self.leaf("optional"),
                                Self.leaf("more", .int32, .repeated),
                            ]
                        )
                    ]
                )
            ]
        )
        guard case .list(let element) = FileField(node).content,
            case .structure(let fields) = element.content, case .list(let more) = fields[2].content
        else {
            Issue.record("not a list of structures")
            return
        }
        #expect(element.levels == .init(definition: 3, slotDefinition: 2, repetition: 1))
        #expect(fields[0].levels == .init(definition: 3, slotDefinition: 2, repetition: 1))
        #expect(fields[1].levels == .init(definition: 4, slotDefinition: 2, repetition: 1))
        #expect(fields[2].levels == .init(definition: 3, slotDefinition: 2, repetition: 1))
        #expect(more.levels == .init(definition: 4, slotDefinition: 4, repetition: 2))
    }

    @Test("Fields without an id, or with that of another, get ids that none has")
    func inferredIDs() throws {
        var first = Self.leaf("first")
        first.fieldID = 2
        var second = Self.leaf("second")
        second.fieldID = 2
        let third = Self.group("third", .optional, .none, [Self.leaf("x")])
        let fields = FileField.withInferredIDs([first, second, third].map { FileField($0) })
        #expect(fields.map(\.inferredID) == [2, 1, 3])
        #expect(fields[2].children.map(\.inferredID) == [4])
    }
}
