import Avro
import Bytes
import Diagnostics
import Testing

@Suite("Avro resolution")
struct AvroResolverTests {
    private func schema(_ text: String) throws -> AvroSchema {
        try AvroSchema(json: try JSONValue(parsing: text), file: "f")
    }

    /// Writes a value as one type and reads it as another.
    private func read(
        _ value: AvroValue,
        from writer: String,
        to reader: String
    ) throws -> AvroValue {
        let writer = try schema(writer)
        var buffer = ByteBuffer()
        try buffer.appendAvroValue(value, writer)
        let bytes = buffer.toArray()
        let resolver = try AvroResolver(from: writer, to: try schema(reader), file: "f")
        var byteReader = ByteReader(bytes.span.bytes)
        let result = try resolver.read(&byteReader)
        let remaining = byteReader.remaining
        #expect(remaining == 0)
        return result
    }

    private func record(_ fields: String, name: String = "r") -> String {
        #"{"type":"record","name":"\#(name)","fields":[\#(fields)]}"#
    }

    @Test(
        "values widen as the specification allows",
        arguments: [
            ("int", .int(-7), "long", .long(-7)),
            ("int", .int(3), "float", .float(bits: Float(3).bitPattern)),
            ("int", .int(Int32.min), "double", .double(bits: Double(Int32.min).bitPattern)),
            ("long", .long(1 << 40), "float", .float(bits: Float(1 << 40).bitPattern)),
            (
                "long", .long(-9_007_199_254_740_992), "double",
                .double(bits: Double(-9_007_199_254_740_992).bitPattern)
            ),
            (
                "float", .float(bits: Float(0.1).bitPattern), "double",
                .double(bits: Double(Float(0.1)).bitPattern)
            ),
            ("string", .string("é"), "bytes", .bytes([0xC3, 0xA9])),
            ("bytes", .bytes([0xC3, 0xA9]), "string", .string("é")),
        ] as [(String, AvroValue, String, AvroValue)]
    )
    func promotions(writer: String, value: AvroValue, reader: String, expected: AvroValue) throws {
        #expect(try read(value, from: "\"\(writer)\"", to: "\"\(reader)\"") == expected)
        // The same inside of unions, arrays, maps and records.
        #expect(
            try read(value, from: #"["null","\#(writer)"]"#, to: #"["\#(reader)","null"]"#)
                == expected
        )
        #expect(
            try read(
                .array([value, value]),
                from: #"{"type":"array","items":"\#(writer)"}"#,
                to: #"{"type":"array","items":"\#(reader)"}"#
            ) == .array([expected, expected])
        )
        #expect(
            try read(
                .map([.init(key: "k", value: value)]),
                from: #"{"type":"map","values":"\#(writer)"}"#,
                to: #"{"type":"map","values":"\#(reader)"}"#
            ) == .map([.init(key: "k", value: expected)])
        )
        #expect(
            try read(
                .record([value]),
                from: record(#"{"name":"a","type":"\#(writer)"}"#),
                to: record(#"{"name":"a","type":"\#(reader)"}"#)
            ) == .record([expected])
        )
    }

    @Test("bytes that are no UTF-8 are not read as a string")
    func notText() {
        #expect(throws: WireFault.self) {
            try read(.bytes([0xFF]), from: "\"bytes\"", to: "\"string\"")
        }
    }

    @Test(
        "types that do not fit are refused by their names",
        arguments: [
            ("\"long\"", "\"int\"", "its type is long, which cannot be read as int"),
            ("\"double\"", "\"float\"", "its type is double, which cannot be read as float"),
            ("\"string\"", "\"long\"", "its type is string, which cannot be read as long"),
            (#"["null","string"]"#, "\"long\"", "its type is string, which cannot be read as long"),
            (
                "\"string\"", #"["null","long"]"#,
                "its type is string, which cannot be read as [null, long]"
            ),
            (
                #"{"type":"fixed","name":"f","size":3}"#, #"{"type":"fixed","name":"f","size":4}"#,
                "its type is fixed[3], which cannot be read as fixed[4]"
            ),
            (
                #"{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"record","#
                    + #""name":"s","fields":[{"name":"b","type":"string"}]}}]}"#,
                #"{"type":"record","name":"r","fields":[{"name":"a","type":{"type":"record","#
                    + #""name":"s","fields":[{"name":"b","type":"int"}]}}]}"#,
                "field a.b: its type is string, which cannot be read as int"
            ),
            (
                #"{"type":"record","name":"r","fields":[]}"#,
                #"{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}"#,
                "field a: the file does not have it and it has no default"
            ),
            (
                #"{"type":"record","name":"r","fields":[]}"#,
                #"{"type":"record","name":"r","fields":[{"name":"a","type":"int","default":"x"}]}"#,
                "field a: its default is no int"
            ),
        ]
    )
    func refusals(writer: String, reader: String, message: String) throws {
        let writer = try schema(writer)
        let reader = try schema(reader)
        #expect(throws: FormatError(file: "f", message)) {
            try AvroResolver(from: writer, to: reader, file: "f")
        }
    }

    @Test("fields are found by id, whatever they are called and wherever they stand")
    func fieldIDs() throws {
        let result = try read(
            .record([.int(1), .string("x"), .long(3)]),
            from: record(
                #"{"name":"old","type":"int","field-id":4},{"name":"gone","type":"string","#
                    + #""field-id":5},{"name":"c","type":"long","field-id":6}"#,
                name: "written"
            ),
            to: record(
                #"{"name":"c","type":"long","field-id":6},{"name":"new","type":"long","#
                    + #""field-id":4}"#,
                name: "wanted"
            )
        )
        #expect(result == .record([.long(3), .long(1)]))
    }

    @Test("a field with the same name and another id is another field")
    func sameNameOtherID() throws {
        let result = try read(
            .record([.int(1)]),
            from: record(#"{"name":"a","type":"int","field-id":4}"#),
            to: record(#"{"name":"a","type":["null","int"],"default":null,"field-id":9}"#)
        )
        #expect(result == .record([.null]))
    }

    @Test("fields without ids are found by name and by alias")
    func names() throws {
        let result = try read(
            .record([.int(1), .int(2), .int(3)]),
            from: record(
                #"{"name":"a","type":"int"},{"name":"was","type":"int"},"#
                    + #"{"name":"c","type":"int","field-id":3}"#
            ),
            to: record(
                #"{"name":"is","type":"int","field-id":2,"aliases":["never","was"]},"#
                    + #"{"name":"a","type":"int","field-id":1},{"name":"c","type":"int"}"#
            )
        )
        #expect(result == .record([.int(2), .int(1), .int(3)]))
    }

    @Test(
        "what the file does not have takes its default",
        arguments: [
            ("\"null\"", "null", .null),
            ("\"boolean\"", "true", .boolean(true)),
            ("\"int\"", "-5", .int(-5)),
            ("\"long\"", "9007199254740993", .long(9_007_199_254_740_993)),
            ("\"float\"", "1.5", .float(bits: Float(1.5).bitPattern)),
            ("\"double\"", "7", .double(bits: Double(7).bitPattern)),
            ("\"string\"", "\"é\"", .string("é")),
            ("\"bytes\"", "\"\\u00ff\\u0000a\"", .bytes([0xFF, 0, 0x61])),
            (#"{"type":"fixed","name":"f","size":2}"#, "\"\\u00ffa\"", .fixed([0xFF, 0x61])),
            (#"{"type":"enum","name":"e","symbols":["x","y"]}"#, "\"y\"", .enumeration(1)),
            (#"{"type":"array","items":"int"}"#, "[1,2]", .array([.int(1), .int(2)])),
            (
                #"{"type":"map","values":"int"}"#, "{\"k\":1}",
                .map([.init(key: "k", value: .int(1))])
            ),
            (#"["null","int"]"#, "null", .null),
            (#"["int","null"]"#, "4", .int(4)),
            (#"["null","int"]"#, "4", .int(4)),
            (#"{"type":"int","logicalType":"date"}"#, "4", .int(4)),
            (
                #"{"type":"record","name":"s","fields":[{"name":"x","type":"int"},"#
                    + #"{"name":"y","type":"int","default":8}]}"#,
                "{\"x\":1}", .record([.int(1), .int(8)])
            ),
        ] as [(String, String, AvroValue)]
    )
    func defaults(type: String, json: String, expected: AvroValue) throws {
        let result = try read(
            .record([.int(1)]),
            from: record(#"{"name":"a","type":"int"}"#),
            to: record(
                #"{"name":"d","type":\#(type),"default":\#(json)},{"name":"a","type":"int"}"#
            )
        )
        #expect(result == .record([expected, .int(1)]))
    }

    @Test(
        "a default that is no value of its type is refused",
        arguments: [
            ("\"int\"", "2147483648"), ("\"float\"", "\"1\""), ("\"boolean\"", "0"),
            ("\"bytes\"", "\"\\u0100\""), (#"{"type":"fixed","name":"f","size":2}"#, "\"a\""),
            (#"{"type":"enum","name":"e","symbols":["x"]}"#, "\"y\""),
            (#"{"type":"array","items":"int"}"#, "[1,\"2\"]"),
            (#"{"type":"map","values":"int"}"#, "{\"k\":null}"), (#"["null","int"]"#, "\"x\""),
            (#"{"type":"record","name":"s","fields":[{"name":"x","type":"int"}]}"#, "{}"),
        ]
    )
    func badDefaults(type: String, json: String) throws {
        let writer = try schema(record(""))
        let reader = try schema(record(#"{"name":"d","type":\#(type),"default":\#(json)}"#))
        let error = #expect(throws: FormatError.self) {
            try AvroResolver(from: writer, to: reader, file: "f")
        }
        #expect(error?.message.hasPrefix("field d: its default is no ") == true)
    }

    @Test("a union's branch that does not fit is refused when a value is of it")
    func branches() throws {
        let writer = #"["string","null","int"]"#
        #expect(try read(.int(4), from: writer, to: #"["null","long"]"#) == .long(4))
        #expect(try read(.null, from: writer, to: #"["null","long"]"#) == .null)
        #expect(throws: WireFault.self) {
            try read(.string("x"), from: writer, to: #"["null","long"]"#)
        }
        // Optional in the file, required by the reader.
        #expect(try read(.int(4), from: #"["null","int"]"#, to: "\"int\"") == .int(4))
        #expect(throws: WireFault.self) { try read(.null, from: #"["null","int"]"#, to: "\"int\"") }
        // Required in the file, optional for the reader.
        #expect(try read(.int(4), from: "\"int\"", to: #"["null","int"]"#) == .int(4))
    }

    @Test("of several branches the one of the same kind is taken before one that it widens to")
    func sameKindFirst() throws {
        #expect(try read(.int(4), from: "\"int\"", to: #"["double","int"]"#) == .int(4))
        #expect(
            try read(.int(4), from: "\"int\"", to: #"["double","long"]"#)
                == .double(bits: 4.0.bitPattern)
        )
    }

    @Test("symbols are found by their names, unknown ones become the default")
    func symbols() throws {
        let writer = #"{"type":"enum","name":"e","symbols":["a","b","c"]}"#
        let reader = #"{"type":"enum","name":"e","symbols":["c","a"]"#
        #expect(try read(.enumeration(2), from: writer, to: reader + "}") == .enumeration(0))
        #expect(try read(.enumeration(0), from: writer, to: reader + "}") == .enumeration(1))
        #expect(throws: WireFault.self) {
            try read(.enumeration(1), from: writer, to: reader + "}")
        }
        #expect(
            try read(.enumeration(1), from: writer, to: reader + #","default":"a"}"#)
                == .enumeration(1)
        )
    }

    @Test("logical types do not stand in the way")
    func logicalTypes() throws {
        #expect(
            try read(.int(4), from: #"{"type":"int","logicalType":"date"}"#, to: "\"long\"")
                == .long(4)
        )
        #expect(
            try read(
                .array([.record([.int(1), .int(2)])]),
                from: #"{"type":"array","logicalType":"map","items":"#
                    + record(
                        #"{"name":"key","type":"int","field-id":1},"#
                            + #"{"name":"value","type":"int","field-id":2}"#
                    ) + "}",
                to: #"{"type":"array","items":"#
                    + record(
                        #"{"name":"v","type":"long","field-id":2},"#
                            + #"{"name":"k","type":"int","field-id":1}"#
                    ) + "}"
            ) == .array([.record([.long(2), .int(1)])])
        )
    }

    @Test("a file's records are read as another type")
    func file() throws {
        let file = try AvroFile(
            avroFile(
                schema: record(#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#),
                blocks: [(2, hex("02 0278 04 0279")), (1, hex("06 00"))]
            ),
            file: "f"
        )
        var values: [AvroValue] = []
        try file.forEachValue(as: try schema(record(#"{"name":"a","type":"long"}"#))) {
            values.append($0)
        }
        #expect(values == [.record([.long(1)]), .record([.long(2)]), .record([.long(3)])])
    }
}
