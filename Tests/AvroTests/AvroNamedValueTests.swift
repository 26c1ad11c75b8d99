import Avro
import Bytes
import Testing

@Suite("Avro named values")
struct AvroNamedValueTests {
    private func read(_ value: AvroValue, _ schemaText: String) throws -> AvroNamedValue {
        let schema = try AvroSchema(json: try JSONValue(parsing: schemaText), file: "f")
        var buffer = ByteBuffer()
        try buffer.appendAvroValue(value, schema)
        let bytes = buffer.toArray()
        var reader = ByteReader(bytes.span.bytes)
        let named = try reader.readAvroNamedValue(schema)
        let remaining = reader.remaining
        #expect(remaining == 0)
        return named
    }

    private static let entrySchema = #"""
        {"type":"record","name":"manifest_entry","fields":[
        {"name":"status","type":"int","field-id":0},
        {"name":"snapshot_id","type":["null","long"],"field-id":1},
        {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
          {"name":"file_path","type":"string","field-id":100},
          {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[
            {"name":"day","field-id":1000,"type":["null",{"type":"int","logicalType":"date"}]}]}},
          {"name":"lower_bounds","field-id":125,"type":["null",{"type":"array",
            "logicalType":"map","items":{"type":"record","name":"k126_v127","fields":[
            {"name":"key","type":"int","field-id":126},
            {"name":"value","type":"bytes","field-id":127}]}}]},
          {"name":"split_offsets","field-id":132,
            "type":["null",{"type":"array","items":"long","element-id":133}]}]}}]}
        """#

    @Test("a manifest entry is shown with its names")
    func manifestEntry() throws {
        let entry = try read(
            .record([
                .int(1), .long(9_007_199_254_740_993),
                .record([
                    .string("s3://b/f.parquet"), .record([.int(19_000)]),
                    .array([
                        .record([.int(3), .bytes([0xAB, 0])]), .record([.int(7), .bytes([])]),
                    ]),
                    .array([.long(4)]),
                ]),
            ]),
            Self.entrySchema
        )
        #expect(
            entry.json.text
                == #"{"status":1,"snapshot_id":9007199254740993,"data_file":{"file_path":"#
                + #""s3://b/f.parquet","partition":{"day":"2022-01-08"},"lower_bounds":"#
                + #"{"3":"ab00","7":""},"split_offsets":[4]}}"#
        )
        #expect(entry["status"] == .scalar(.int(1), .int))
        #expect(entry["data_file"]?["file_path"] == .scalar(.string("s3://b/f.parquet"), .string))
        #expect(entry[fieldID: 2]?[fieldID: 100] == entry["data_file"]?["file_path"])
        #expect(
            entry["data_file"]?["partition"]?["day"]
                == .scalar(.int(19_000), .logical(.date, .int))
        )
        #expect(entry["nothing"] == nil)
    }

    @Test(
        "values are shown as what they mean",
        arguments: [
            ("\"null\"", .null, "null"),
            ("\"boolean\"", .boolean(true), "true"),
            ("\"float\"", .float(bits: Float(0.1).bitPattern), "0.1"),
            ("\"double\"", .double(bits: Double(1e300).bitPattern), "1e+300"),
            ("\"double\"", .double(bits: Double.nan.bitPattern), "\"nan\""),
            ("\"float\"", .float(bits: (-Float.infinity).bitPattern), "\"-inf\""),
            ("\"bytes\"", .bytes([0, 0xFF]), "\"00ff\""),
            (#"{"type":"fixed","name":"f","size":2}"#, .fixed([1, 2]), "\"0102\""),
            (#"{"type":"enum","name":"e","symbols":["x","y"]}"#, .enumeration(1), "\"y\""),
            (
                #"{"type":"map","values":"int"}"#, .map([.init(key: "k", value: .int(1))]),
                "{\"k\":1}"
            ),
            (#"{"type":"int","logicalType":"date"}"#, .int(-1), "\"1969-12-31\""),
            (#"{"type":"int","logicalType":"time-millis"}"#, .int(1), "\"00:00:00.001000\""),
            (
                #"{"type":"long","logicalType":"time-micros"}"#, .long(86_399_999_999),
                "\"23:59:59.999999\""
            ),
            (
                #"{"type":"long","logicalType":"timestamp-millis"}"#, .long(-1),
                "\"1969-12-31T23:59:59.999000+00:00\""
            ),
            (
                #"{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":false}"#,
                .long(1), "\"1970-01-01T00:00:00.000001\""
            ),
            (
                #"{"type":"long","logicalType":"timestamp-nanos"}"#, .long(1),
                "\"1970-01-01T00:00:00.000000001+00:00\""
            ),
            // What no text can hold is shown as the number.
            (#"{"type":"long","logicalType":"time-micros"}"#, .long(-5), "-5"),
            (
                #"{"type":"long","logicalType":"timestamp-millis"}"#, .long(.max),
                "9223372036854775807"
            ),
            (
                #"{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}"#,
                .fixed([UInt8](0..<16)), "\"00010203-0405-0607-0809-0a0b0c0d0e0f\""
            ),
            (
                #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
                .bytes([0xFF]), "\"-0.01\""
            ),
            (
                #"{"type":"fixed","name":"d","size":3,"logicalType":"decimal","precision":5,"#
                    + #""scale":2}"#,
                .fixed([0, 0x30, 0x39]), "\"123.45\""
            ),
            (
                #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#, .bytes([]),
                "\"\""
            ),
            (#"["null",{"type":"int","logicalType":"other"}]"#, .int(5), "5"),
        ] as [(String, AvroValue, String)]
    )
    func json(schema: String, value: AvroValue, expected: String) throws {
        #expect(try read(value, schema).json.text == expected)
    }

    @Test("an array that is no map, for all its logical type, stays an array")
    func noMap() throws {
        let schema = #"{"type":"array","logicalType":"map","items":"int"}"#
        #expect(try read(.array([.int(1)]), schema).json.text == "[1]")
    }

    @Test("a record takes the names of its own branch, also when branches look alike")
    func alikeBranches() throws {
        let file = try AvroFile(
            avroFile(
                schema: #"[{"type":"record","name":"p","fields":[{"name":"x","type":"int"}]},"#
                    + #"{"type":"record","name":"q","fields":[{"name":"y","type":"int"}]}]"#,
                blocks: [(2, hex("00 02 02 04"))]
            ),
            file: "f"
        )
        var texts: [String] = []
        try file.forEachNamedValue { texts.append($0.json.text) }
        #expect(texts == [#"{"x":1}"#, #"{"y":2}"#])
    }
}
