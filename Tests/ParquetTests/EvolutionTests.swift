import Bytes
import Columns
import Diagnostics
import Parquet
import TableModel
import Testing

/// Files that were written under an older schema than they are read by.
@Suite struct EvolutionTests {
    private func field(
        _ id: Int32,
        _ type: IcebergType,
        initialDefault: JSONValue? = nil
    ) -> SchemaField {
        SchemaField(
            id: id,
            name: "f\(id)",
            type: type,
            isRequired: false,
            initialDefault: initialDefault
        )
    }

    private func file(_ type: IcebergType, _ column: Column) throws -> [UInt8] {
        try encode([SampleColumns.field(type)], [[column]]).bytes
    }

    private func read(_ bytes: [UInt8], as type: IcebergType) throws -> [String] {
        try readRows(bytes, fields: [field(1, type)], matching: .fieldID)
    }

    @Test("Dates are read as timestamps without a zone, and as nothing else")
    func dates() throws {
        let days = SampleColumns.integers(.date, [17_486, -1, nil] as [Int32?])
        let bytes = try file(.date, days)
        #expect(
            try read(bytes, as: .timestamp) == [
                #"{"f1":"2017-11-16T00:00:00.000000"}"#, #"{"f1":"1969-12-31T00:00:00.000000"}"#,
                #"{"f1":null}"#,
            ]
        )
        #expect(
            try read(bytes, as: .timestampNanos)[0] == #"{"f1":"2017-11-16T00:00:00.000000000"}"#
        )
        for type: IcebergType in [.timestamptz, .timestamptzNanos, .long, .int] {
            #expect(throws: FormatError.self) { try read(bytes, as: type) }
        }
    }

    @Test("A date that nanoseconds cannot reach is refused")
    func farDate() throws {
        let bytes = try file(.date, SampleColumns.integers(.date, [200_000] as [Int32?]))
        #expect(try read(bytes, as: .timestamp) == [#"{"f1":"2517-08-01T00:00:00.000000"}"#])
        let error = try #require(throws: FormatError.self) {
            try read(bytes, as: .timestampNanos)
        }
        #expect(error.message.contains("malformed value"))
    }

    @Test("Bounds are of the type that the column is read as")
    func promotedBounds() throws {
        let bytes = try file(.date, SampleColumns.integers(.date, [3, 1, nil, 2] as [Int32?]))
        let reader = ParquetReader(
            file: "t",
            fileByteCount: bytes.count,
            footer: try ParquetFooter(file: "t", bytes: bytes)
        )
        let projection = try reader.projection(of: [field(1, .timestamp)])
        #expect(
            try reader.bounds(ofField: 1, rowGroup: 0, projection)
                == ColumnBounds(
                    lower: .integer(86_400_000_000),
                    upper: .integer(3 * 86_400_000_000),
                    rowCount: 4,
                    nullCount: 1
                )
        )
    }

    /// Types, their defaults as metadata has them, and the same in rows.
    private static let defaults: [(type: IcebergType, json: JSONValue, text: String)] = [
        (.boolean, true, "true"), (.int, 34, "34"), (.long, 34, #""34""#),
        (.float, .number("1.5"), "1.5"), (.double, .number("-2.25"), "-2.25"),
        (.decimal(precision: 9, scale: 2), "14.20", #""14.20""#),
        (.decimal(precision: 38, scale: 0), "-7", #""-7""#),
        (.date, "2017-11-16", #""2017-11-16""#),
        (.time, "22:31:08.123456", #""22:31:08.123456""#),
        (.timestamp, "2017-11-16T22:31:08.123456", #""2017-11-16T22:31:08.123456""#),
        (
            .timestamptz, "2017-11-16T22:31:08.123456+00:00",
            #""2017-11-16T22:31:08.123456+00:00""#
        ),
        (
            .timestampNanos, "2017-11-16T22:31:08.123456789",
            #""2017-11-16T22:31:08.123456789""#
        ),
        (.string, "iceberg", #""iceberg""#),
        (
            .uuid, "f79c3e09-677c-4bbd-a479-3f349cb785e7",
            #""f79c3e09-677c-4bbd-a479-3f349cb785e7""#
        ),
        (.fixed(lengthBytes: 2), "00ff", #""AP8=""#), (.binary, "000102", #""AAEC""#),
        (
            .structure([
                SchemaField(id: 8, name: "a", type: .int, isRequired: false),
                SchemaField(
                    id: 9,
                    name: "b",
                    type: .string,
                    isRequired: false,
                    initialDefault: "of the field"
                ),
            ]), ["8": 1], #"{"a":1,"b":"of the field"}"#
        ),
        (
            .list(element: SchemaField(id: 8, name: "element", type: .int, isRequired: false)),
            [1, .null, 3], "[1,null,3]"
        ),
        (
            .map(
                key: SchemaField(id: 8, name: "key", type: .string, isRequired: true),
                value: SchemaField(id: 9, name: "value", type: .int, isRequired: false)
            ), ["keys": ["a", "b"], "values": [1, .null]],
            #"[{"key":"a","value":1},{"key":"b","value":null}]"#
        ),
    ]

    @Test("A column that the file does not have is its initial default", arguments: defaults)
    func initialDefaults(_ sample: (type: IcebergType, json: JSONValue, text: String)) throws {
        let bytes = try file(.int, SampleColumns.integers(.int, [1, 2] as [Int32?]))
        let missing = field(2, sample.type, initialDefault: sample.json)
        for rowsMax in [1, 10] {
            #expect(
                try readRows(
                    bytes,
                    fields: [field(1, .int), missing],
                    matching: .fieldID,
                    rowsMax: rowsMax
                ) == ["{\"f1\":1,\"f2\":\(sample.text)}", "{\"f1\":2,\"f2\":\(sample.text)}"]
            )
        }
    }

    @Test("A default that is none of its type is refused by the column's name")
    func damagedDefault() throws {
        let bytes = try file(.int, SampleColumns.integers(.int, [1] as [Int32?]))
        let missing = field(2, .int, initialDefault: "x")
        let error = try #require(throws: FormatError.self) {
            try readRows(bytes, fields: [missing], matching: .fieldID)
        }
        #expect(
            error.message == "the default of column f2, which the file does not have, is damaged: "
                + "expected a value of the type int: it is a string, not an integer of its width"
        )
    }

    @Test("A new field of a structure is its default where there is a structure, else NULL")
    func defaultInStructure() throws {
        let old = field(2, .int)
        let type = IcebergType.structure([old])
        var builder = ColumnBuilder(type.columnShape, expectedRows: 3)
        for value: Int32? in [5, nil] {
            if let value {
                builder.children[0].append(value)
            } else {
                builder.children[0].appendNull()
            }
            builder.closeStructure()
        }
        builder.appendNull()
        let bytes = try file(type, builder.finish())
        let newer = field(3, .string, initialDefault: "new")
        #expect(
            try read(bytes, as: .structure([newer, old])) == [
                #"{"f1":{"f3":"new","f2":5}}"#, #"{"f1":{"f3":"new","f2":null}}"#, #"{"f1":null}"#,
            ]
        )
        // Nothing of the structure is left in the file but whether it is there.
        #expect(
            try read(bytes, as: .structure([newer]))
                == [#"{"f1":{"f3":"new"}}"#, #"{"f1":{"f3":"new"}}"#, #"{"f1":null}"#]
        )
        #expect(
            try read(bytes, as: .structure([]))
                == [#"{"f1":{}}"#, #"{"f1":{}}"#, #"{"f1":null}"#]
        )
    }

    @Test("A column of the type unknown is NULL in every file")
    func unknown() throws {
        let bytes = try file(.int, SampleColumns.integers(.int, [1, 2] as [Int32?]))
        #expect(try read(bytes, as: .unknown) == [#"{"f1":null}"#, #"{"f1":null}"#])
    }

    @Test("A name mapping finds columns by any of their names, at any depth")
    func nameMapping() throws {
        let element = IcebergType.structure([field(3, .int), field(4, .int)])
        let type = IcebergType.list(
            element: SchemaField(id: 2, name: "element", type: element, isRequired: false)
        )
        var builder = ColumnBuilder(type.columnShape, expectedRows: 1)
        builder.children[0].children[0].append(Int32(5))
        builder.children[0].children[1].append(Int32(6))
        builder.children[0].closeStructure()
        builder.closeElements()
        let bytes = try file(type, builder.finish())
        let mapping = try NameMapping(
            parsing: """
                [{"field-id": 10, "names": ["other", "value"], "fields": [
                  {"field-id": 11, "names": ["element"], "fields": [
                    {"field-id": 13, "names": ["f4"]}, {"names": ["f3"]}]}]},
                 {"field-id": 20, "names": ["gone"]}]
                """,
            file: "t"
        )
        let wanted = SchemaField(
            id: 10,
            name: "list",
            type: .list(
                element: SchemaField(
                    id: 11,
                    name: "element",
                    type: .structure([
                        SchemaField(id: 13, name: "a", type: .int, isRequired: false),
                        SchemaField(id: 3, name: "b", type: .int, isRequired: false),
                    ]),
                    isRequired: false
                )
            ),
            isRequired: false
        )
        let gone = SchemaField(id: 20, name: "gone", type: .int, isRequired: false)
        #expect(
            try readRows(bytes, fields: [wanted, gone], matching: .mapping(mapping))
                == [#"{"list":[{"a":6,"b":null}],"gone":null}"#]
        )
    }

    @Test(
        "Text that is no name mapping is refused",
        arguments: ["", "{}", "[1]", #"[{"names": "a"}]"#, #"[{"names": ["a"], "field-id": 1e9}]"#]
    )
    func damagedMapping(text: String) {
        #expect(throws: FormatError.self) { try NameMapping(parsing: text, file: "t") }
    }
}
