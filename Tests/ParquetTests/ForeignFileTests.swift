import Columns
import Diagnostics
import Parquet
import TableModel
import Testing

@Suite struct ForeignFileTests {
    private func read(_ bytes: [UInt8], _ types: [IcebergType]) throws -> [[String]] {
        let fields = types.enumerated().map {
            SchemaField(
                id: Int32($0.offset + 1),
                name: "c\($0.offset)",
                type: $0.element,
                isRequired: false
            )
        }
        return try decode(bytes, fields)
    }

    private func text(_ value: String) -> String { "\(Array(value.utf8))" }

    @Test("Delta-encoded integers and strings in pages of version 2 are read")
    func deltas() throws {
        let columns = try read(ForeignFiles.deltas, [.int, .long, .string])
        #expect(
            columns[0] == ["5", "NULL", "-7", "1000", "-2147483648"] + (0..<150).map { "\($0)" }
        )
        #expect(
            columns[1] == [
                "4611686018427387904", "NULL", "-9223372036854775808", "9223372036854775807", "0",
            ] + (0..<150).map { "\($0 * 10)" }
        )
        let keys = (0..<150).map { number in
            text("k" + String(String(1000 + number).dropFirst()))
        }
        #expect(
            columns[2] == [text("a"), text("apple"), "NULL", text("apply"), text("")] + keys
        )
    }

    @Test("Delta lengths, RLE booleans and split byte streams are read")
    func splits() throws {
        let types: [IcebergType] = [.binary, .boolean, .float, .double, .fixed(lengthBytes: 3)]
        let columns = try read(ForeignFiles.splits, types)
        #expect(columns[0] == [text("one"), "NULL", text(""), text("two"), text("three")])
        #expect(columns[1] == ["1", "0", "NULL", "1", "1"])
        let floats: [Float?] = [1.5, nil, -0.0, .infinity, 2.25]
        #expect(columns[2] == rows(of: SampleColumns.integers(.float, floats)))
        let doubles: [Double?] = [1.5, nil, -0.0, 1e300, 2.25]
        #expect(columns[3] == rows(of: SampleColumns.integers(.double, doubles)))
        #expect(columns[4] == [text("abc"), "NULL", text("def"), text("ghi"), text("jkl")])
    }

    @Test("Milliseconds and nanoseconds become microseconds, unsigned integers longs")
    func units() throws {
        let columns = try read(
            ForeignFiles.units,
            [.timestamp, .timestamp, .time, .time, .long, .decimal(precision: 4, scale: 2)]
        )
        #expect(columns[0] == ["-1000", "NULL", "1735787045678000"])
        #expect(columns[1] == ["-1", "NULL", "1735787045678901"])
        #expect(columns[2] == ["0", "NULL", "86399999000"])
        #expect(columns[3] == ["0", "NULL", "86399999999"])
        #expect(columns[4] == ["0", "NULL", "4294967295"])
        #expect(columns[5] == ["-123", "NULL", "9999"])
    }

    @Test("INT96 timestamps become microseconds")
    func int96() throws {
        let columns = try read(ForeignFiles.int96, [.timestamp])
        #expect(columns == [["-1000", "NULL", "1735787045678000"]])
    }

    @Test("Pages of DuckDB are read")
    func duckDB() throws {
        let columns = try read(
            ForeignFiles.duckDB,
            [.int, .string, .decimal(precision: 38, scale: 2)]
        )
        #expect(columns[0] == (0..<10).map { "\($0)" })
        #expect(columns[1] == (0..<10).map { $0 % 3 == 0 ? "NULL" : text("v\($0 % 4)") })
        #expect(columns[2] == (0..<10).map { "\($0 * 125)" })
    }

    @Test("A list between two leaves is read, and stepped over when it is not wanted")
    func nested() throws {
        let footer = try ParquetFooter(file: "t", bytes: ForeignFiles.nested)
        #expect(footer.schema.map(\.name) == ["id", "tags", "after"])
        let fields = try footer.inferredFields(file: "t")
        #expect(
            fields == [
                SchemaField(id: 1, name: "id", type: .long, isRequired: false),
                SchemaField(
                    id: 2,
                    name: "tags",
                    type: .list(
                        element: SchemaField(
                            id: 4,
                            name: "element",
                            type: .string,
                            isRequired: false
                        )
                    ),
                    isRequired: false
                ),
                SchemaField(id: 3, name: "after", type: .int, isRequired: false),
            ]
        )
        #expect(
            try readRows(ForeignFiles.nested) == [
                #"{"id":"1","tags":["a"],"after":10}"#, #"{"id":"2","tags":["b","c"],"after":20}"#,
            ]
        )
        #expect(
            try readRows(ForeignFiles.nested, fields: [fields[2]])
                == [#"{"after":10}"#, #"{"after":20}"#]
        )
        let wrong = SchemaField(id: 2, name: "tags", type: .string, isRequired: false)
        let error = try #require(throws: FormatError.self) {
            try readRows(ForeignFiles.nested, fields: [wrong])
        }
        #expect(error.message == "column tags is a list, it cannot be read as string")
    }
}
