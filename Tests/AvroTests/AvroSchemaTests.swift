import Avro
import Bytes
import Diagnostics
import Testing

@Suite("Avro schema")
struct AvroSchemaTests {
    private func schema(_ text: String) throws -> AvroSchema {
        try AvroSchema(json: try JSONValue(parsing: text), file: "f")
    }

    private func refusal(_ text: String) throws -> String? {
        let json = try JSONValue(parsing: text)
        let error = #expect(throws: FormatError.self) { try AvroSchema(json: json, file: "f") }
        return error?.message
    }

    @Test("a field keeps its id, its default and its aliases")
    func field() throws {
        let schema = try schema(
            #"{"type":"record","name":"r","fields":[{"name":"a","type":["null","long"],"#
                + #""default":null,"field-id":7,"aliases":["b","c"]},{"name":"d","type":"int"}]}"#
        )
        #expect(
            schema
                == .record(
                    .init(
                        name: "r",
                        fields: [
                            .init(
                                name: "a",
                                schema: .union([.null, .long]),
                                fieldID: 7,
                                aliases: ["b", "c"],
                                defaultValue: .null
                            ),
                            .init(name: "d", schema: .int, fieldID: nil),
                        ]
                    )
                )
        )
    }

    @Test("a fixed type keeps what its values mean where its name is used again")
    func repeatedLogicalType() throws {
        let schema = try schema(
            """
            {"type":"record","name":"r","fields":[
            {"name":"a","type":{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}},
            {"name":"b","type":["null","u"]}]}
            """
        )
        guard case .record(let record) = schema else {
            Issue.record("no record")
            return
        }
        let uuid = AvroSchema.logical(.uuid, .fixed(name: "u", lengthBytes: 16))
        #expect(record.fields.map(\.schema) == [uuid, .union([.null, uuid])])
    }

    @Test("names are found in their namespaces")
    func namespaces() throws {
        let schema = try schema(
            """
            {"type":"record","name":"outer","namespace":"a.b","fields":[
            {"name":"f","type":{"type":"fixed","name":"id","size":2}},
            {"name":"g","type":{"type":"fixed","name":"id","namespace":"c","size":3}},
            {"name":"h","type":{"type":"record","name":"c.inner","fields":[
                {"name":"i","type":"id"},{"name":"j","type":"a.b.id"}]}},
            {"name":"k","type":"id"},{"name":"l","type":{"type":"c.id"}}]}
            """
        )
        guard case .record(let outer) = schema, case .record(let inner) = outer.fields[2].schema
        else {
            Issue.record("no records")
            return
        }
        #expect(outer.name == "a.b.outer")
        #expect(inner.name == "c.inner")
        let two = AvroSchema.fixed(name: "a.b.id", lengthBytes: 2)
        let three = AvroSchema.fixed(name: "c.id", lengthBytes: 3)
        #expect(outer.fields[0].schema == two)
        #expect(outer.fields[1].schema == three)
        #expect(inner.fields.map(\.schema) == [three, two])
        #expect(outer.fields[3].schema == two)
        #expect(outer.fields[4].schema == three)
    }

    @Test("a name is found by its alias, and without its namespace where writers leave it out")
    func looseNames() throws {
        let schema = try schema(
            """
            ["null",{"type":"enum","name":"n.e","symbols":["x"],"default":"x","aliases":["o"]},
            {"type":"array","items":"n.o"},{"type":"map","values":"e"}]
            """
        )
        let enumeration = AvroSchema.enumeration(name: "n.e", symbols: ["x"], defaultSymbol: "x")
        #expect(
            schema
                == .union([
                    .null, enumeration, .array(enumeration, elementID: nil), .map(enumeration),
                ])
        )
    }

    @Test(
        "logical types are kept, with what they are stored as",
        arguments: [
            (#""int","logicalType":"date""#, .date),
            (#""int","logicalType":"time-millis""#, .time(.milliseconds)),
            (#""long","logicalType":"time-micros""#, .time(.microseconds)),
            (
                #""long","logicalType":"timestamp-millis""#,
                .timestamp(.milliseconds, isAdjustedToUTC: true)
            ),
            (
                #""long","logicalType":"timestamp-micros","adjust-to-utc":false"#,
                .timestamp(.microseconds, isAdjustedToUTC: false)
            ),
            (
                #""long","logicalType":"timestamp-nanos","adjust-to-utc":true"#,
                .timestamp(.nanoseconds, isAdjustedToUTC: true)
            ),
            (
                #""long","logicalType":"local-timestamp-micros""#,
                .timestamp(.microseconds, isAdjustedToUTC: false)
            ),
            (
                #""bytes","logicalType":"decimal","precision":9,"scale":2"#,
                .decimal(precision: 9, scale: 2)
            ),
            (
                #""fixed","name":"f","size":4,"logicalType":"decimal","precision":9"#,
                .decimal(precision: 9, scale: 0)
            ),
            (#""string","logicalType":"uuid""#, .uuid),
            (#""fixed","name":"f","size":16,"logicalType":"uuid""#, .uuid),
            (#""fixed","name":"f","size":12,"logicalType":"duration""#, .duration),
            (#""array","items":"int","logicalType":"map""#, .map),
            (#""int","logicalType":"shoe-size""#, .other("shoe-size")),
            (#""long","logicalType":"shoe-size""#, .other("shoe-size")),
            // These do not fit: the type counts as what it is stored as.
            (#""long","logicalType":"date""#, nil),
            (#""int","logicalType":"timestamp-micros""#, nil),
            (#""string","logicalType":"decimal","precision":9"#, nil),
            (#""bytes","logicalType":"decimal","precision":0"#, nil),
            (#""bytes","logicalType":"decimal","precision":3,"scale":4"#, nil),
            (#""bytes","logicalType":"decimal""#, nil),
            (#""fixed","name":"f","size":15,"logicalType":"uuid""#, nil),
            (#""fixed","name":"f","size":11,"logicalType":"duration""#, nil),
            (#""int","logicalType":7"#, nil),
        ] as [(String, AvroLogicalType?)]
    )
    func logicalTypes(text: String, expected: AvroLogicalType?) throws {
        let schema = try schema("{\"type\":\(text)}")
        #expect(schema.logicalType == expected)
        #expect(schema.base.logicalType == nil)
        #expect(schema != .null)
    }

    @Test("a schema whose names multiply is refused before it fills the memory")
    func exponentialSchema() throws {
        var fields = #"{"name":"x","type":"int"}"#
        var text = #"{"type":"record","name":"r0","fields":[\#(fields)]}"#
        for level in 1..<30 {
            fields = #"{"name":"a","type":\#(text)},{"name":"b","type":"r\#(level - 1)"}"#
            text = #"{"type":"record","name":"r\#(level)","fields":[\#(fields)]}"#
        }
        #expect(try refusal(text) == "the Avro schema is not valid: more than 100000 types")
    }

    @Test(
        "what is no schema is refused with its reason",
        arguments: [
            (
                #"{"type":"record","name":"r","namespace":"n","fields":["#
                    + #"{"name":"next","type":["null","r"]}]}"#,
                "the record n.r holds itself, which is not supported"
            ),
            (#""r""#, "the type r is not known"),
            (#"{"type":"record","name":"r"}"#, "a record has no fields"),
            (#"{"type":"record","fields":[]}"#, "a named type has no name"),
            (
                #"{"type":"record","name":"r","fields":[{"name":"a"}]}"#,
                "a field of record r has no name or no type"
            ),
            (#"{"type":"fixed","name":"f","size":-1}"#, "a fixed type has no valid size"),
            (#"{"type":"array"}"#, "an array has no items"),
            (#"{"type":"map"}"#, "a map has no values"),
            ("[]", "a union has no branches"),
            ("7", "a type is a number"),
            ("{}", "a type has no member \"type\""),
            // Counts of what takes no byte would bound no memory.
            (
                #"{"type":"array","items":"null"}"#,
                "the items of an array hold 1 values that take no byte, in 0 bytes at least"
            ),
            (
                #"{"type":"array","items":{"type":"record","name":"r","fields":[]}}"#,
                "the items of an array hold 1 values that take no byte, in 0 bytes at least"
            ),
            (
                #"{"type":"array","items":{"type":"fixed","name":"f","size":0}}"#,
                "the items of an array hold 1 values that take no byte, in 0 bytes at least"
            ),
        ]
    )
    func refusals(text: String, message: String) throws {
        #expect(try refusal(text) == "the Avro schema is not valid: \(message)")
    }

    @Test("many nulls beside one byte are refused in an array, and a few are not")
    func emptyFields() throws {
        func text(_ count: Int) -> String {
            let fields = (0..<count).map { #"{"name":"n\#($0)","type":"null"},"# }.joined()
            return #"{"type":"map","values":{"type":"record","name":"r","fields":[\#(fields)"#
                + #"{"name":"b","type":"boolean"}]}}"#
        }
        // The record itself counts as one.
        #expect(throws: Never.self) { try schema(text(31)) }
        #expect(
            try refusal(text(32))
                == "the Avro schema is not valid: the items of a map hold 33 values that take no "
                + "byte, in 2 bytes at least"
        )
    }

    @Test("a schema nested too deeply is refused")
    func depth() throws {
        func text(_ depth: Int) -> String {
            String(repeating: #"{"type":"array","items":"#, count: depth) + #""int""#
                + String(repeating: "}", count: depth)
        }
        #expect(throws: Never.self) { try schema(text(64)) }
        #expect(
            try refusal(text(65)) == "the Avro schema is not valid: more than 64 levels of types"
        )
    }
}
