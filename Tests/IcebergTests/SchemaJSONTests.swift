import Bytes
import Diagnostics
import Iceberg
import TableModel
import Testing

/// A schema with every kind of nesting, and what a later version of the format may have added.
let nestedSchemaText = #"""
    {"type":"struct","schema-id":3,"identifier-field-ids":[1],"fields":[
    {"id":1,"name":"id","required":true,"type":"long","note":"n1"},
    {"id":2,"name":"spot","required":false,"type":{"type":"struct","fields":[
    {"id":5,"name":"x","required":true,"type":"double","doc":"east","note":{"deep":[1]}},
    {"id":6,"name":"at","required":false,"type":"timestamptz_ns"}]},
    "initial-default":{},"write-default":{}},
    {"id":3,"name":"tags","required":false,"type":{"type":"list","element-id":7,
    "element-required":true,"element":{"type":"map","key-id":8,"key":"string","value-id":9,
    "value-required":false,"value":"geography(srid:4326, karney)"}}},
    {"id":4,"name":"v","required":false,"type":"variant"},
    {"id":10,"name":"n","required":true,"type":"int","initial-default":3,"write-default":4}],
    "later":true}
    """#

@Suite("Schemas in metadata")
struct SchemaJSONTests {
    let nested = Schema(
        schemaID: 3,
        fields: [
            SchemaField(id: 1, name: "id", type: .long, isRequired: true),
            SchemaField(
                id: 2,
                name: "spot",
                type: .structure([
                    SchemaField(id: 5, name: "x", type: .double, isRequired: true, doc: "east"),
                    SchemaField(id: 6, name: "at", type: .timestamptzNanos, isRequired: false),
                ]),
                isRequired: false,
                initialDefault: [:],
                writeDefault: [:]
            ),
            SchemaField(
                id: 3,
                name: "tags",
                type: .list(
                    element: SchemaField(
                        id: 7,
                        name: "element",
                        type: .map(
                            key: SchemaField(id: 8, name: "key", type: .string, isRequired: true),
                            value: SchemaField(
                                id: 9,
                                name: "value",
                                type: .geography(crs: "srid:4326", algorithm: "karney"),
                                isRequired: false
                            )
                        ),
                        isRequired: true
                    )
                ),
                isRequired: false
            ),
            SchemaField(id: 4, name: "v", type: .variant, isRequired: false),
            SchemaField(
                id: 10,
                name: "n",
                type: .int,
                isRequired: true,
                initialDefault: 3,
                writeDefault: 4
            ),
        ],
        identifierFieldIDs: [1]
    )

    func stored(_ text: String = nestedSchemaText) throws -> StoredSchema {
        StoredSchema(schemaID: 3, json: try #require(JSONValue(parsing: text).objectValue))
    }

    @Test("nested columns, types of version 3 and defaults are read")
    func reading() throws {
        #expect(try stored().schema(file: "f") == nested)
        #expect(try stored().fieldIDs.sorted() == Array(1...10))
        #expect(try stored().highestFieldID == 10)
    }

    @Test("what is written is read again, and members of later versions stay")
    func writing() throws {
        #expect(try StoredSchema(nested).schema(file: "f") == nested)
        let kept = StoredSchema(nested, keepingUnknownMembersOf: try stored())
        let original = try #require(JSONValue(parsing: nestedSchemaText).objectValue)
        #expect(kept.json == original)
    }

    @Test(
        "what cannot be a schema is refused where it stands",
        arguments: [
            (
                #""type":"variant""#, #""type":"vibrant""#,
                "schema 3.fields[3]: column v has the type vibrant, which is not supported"
            ),
            (
                #""element-id":7"#, #""element-id":"7""#,
                #"schema 3.fields[2].type: "element-id" is a string, expected a 32-bit integer"#
            ),
            (
                #""key":"string""#, #""key":"strong""#,
                "schema 3.fields[2].type.element: column tags has the type strong, which is not "
                    + "supported"
            ),
            (
                #""type":"map""#, #""type":"mop""#,
                "schema 3.fields[2].type: column tags has the type mop, which is not supported"
            ),
            (
                #""initial-default":3"#, #""initial-default":"3""#,
                "schema 3.fields[4]: \"initial-default\": expected a value of the type int: it is a "
                    + "string, not an integer of its width"
            ),
            (#""id":6,"#, "", #"schema 3.fields[1].type.fields[1]: "id" is missing"#),
        ]
    )
    func refusal(_ part: String, _ replacement: String, _ message: String) throws {
        let text = nestedSchemaText.replacing(part, with: replacement)
        try #require(text != nestedSchemaText)
        let error = #expect(throws: FormatError.self) {
            try stored(text).schema(file: "f")
        }
        #expect(error?.message == message)
    }

    @Test("a new table numbers columns first, then what is inside of each")
    func numbering() throws {
        var schema = nested
        schema.fields[0].id = 100
        schema.identifierFieldIDs = [100]
        let metadata = try TableMetadata(
            creating: schema,
            properties: ["format-version": "3"],
            location: "/lake/t",
            nowMilliseconds: 0
        )
        let fresh = try metadata.currentSchema()
        #expect(fresh.fields.map(\.id) == [1, 2, 3, 4, 5])
        #expect(fresh.fields[1].type.children.map(\.id) == [6, 7])
        #expect(fresh.fields[2].type.children.map(\.id) == [8])
        #expect(fresh.fields[2].type.children[0].type.children.map(\.id) == [9, 10])
        #expect(fresh.identifierFieldIDs == [1])
        #expect(metadata.lastColumnID == 10)
    }

    @Test("an identifier field may be inside of required structs only")
    func nestedIdentifier() throws {
        func schema(isRequired: Bool, _ type: (SchemaField) -> IcebergType) -> Schema {
            let key = SchemaField(id: 2, name: "k", type: .long, isRequired: true)
            let outer = SchemaField(id: 1, name: "o", type: type(key), isRequired: isRequired)
            return Schema(schemaID: 0, fields: [outer], identifierFieldIDs: [2])
        }
        func create(_ schema: Schema) throws -> TableMetadata {
            try TableMetadata(creating: schema, location: "/t", nowMilliseconds: 0)
        }
        let good = try create(schema(isRequired: true) { .structure([$0]) })
        #expect(try good.currentSchema().identifierFieldIDs == [2])
        let optional = #expect(throws: TableUpdateError.self) {
            try create(schema(isRequired: false) { .structure([$0]) })
        }
        #expect(
            optional?.message
                == "column k cannot be an identifier field: o (struct<2: k: long>), which it is "
                + "inside of, is no required struct"
        )
        #expect(throws: TableUpdateError.self) {
            try create(schema(isRequired: true) { .list(element: $0) })
        }
    }

    @Test("names may repeat in different structs, not in one")
    func names() throws {
        let x = SchemaField(id: 1, name: "x", type: .int, isRequired: false)
        var inner = x
        inner.id = 3
        let twice = Schema(
            schemaID: 0,
            fields: [x, SchemaField(id: 2, name: "x", type: .int, isRequired: false)],
            identifierFieldIDs: []
        )
        let error = #expect(throws: TableUpdateError.self) {
            try TableMetadata(creating: twice, location: "/t", nowMilliseconds: 0)
        }
        #expect(error?.message == "two columns have the name x")
        let apart = Schema(
            schemaID: 0,
            fields: [
                x, SchemaField(id: 2, name: "s", type: .structure([inner]), isRequired: false),
            ],
            identifierFieldIDs: []
        )
        _ = try TableMetadata(creating: apart, location: "/t", nowMilliseconds: 0)
    }
}
