import Bytes
import Columns
import RowText
import TableModel
import Testing

@Suite struct JSONRowsTests {
    private func json(_ type: IcebergType, _ column: Column, name: String = "c") -> [String] {
        let rows = JSONRows(
            fields: [SchemaField(id: 1, name: name, type: type, isRequired: false)]
        )
        var output = ByteBuffer()
        for row in 0..<column.rowCount { rows.append(row: row, of: [column], to: &output) }
        return String(decoding: output.toArray(), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) }
    }

    private func values<T: BitwiseCopyable>(_ type: IcebergType, _ values: [T?]) -> [String] {
        json(type, SampleColumns.integers(type, values)).map {
            String($0.dropFirst(#"{"c":"#.count).dropLast())
        }
    }

    @Test("Numbers lose nothing: what a double cannot hold is a string")
    func numbers() {
        #expect(values(.boolean, [1, 0, nil] as [UInt8?]) == ["true", "false", "null"])
        #expect(values(.int, [Int32.min, 0] as [Int32?]) == ["-2147483648", "0"])
        #expect(values(.long, [Int64.max] as [Int64?]) == [#""9223372036854775807""#])
        #expect(
            values(.float, [0.1, .infinity, -.infinity, .nan, -0.0] as [Float?])
                == ["0.1", #""Infinity""#, #""-Infinity""#, #""NaN""#, "-0.0"]
        )
        #expect(values(.double, [1e300, 0.1] as [Double?]) == ["1e+300", "0.1"])
        #expect(
            values(.decimal(precision: 9, scale: 2), [-5, 1420] as [Int64?])
                == [#""-0.05""#, #""14.20""#]
        )
        #expect(
            values(.decimal(precision: 38, scale: 0), [Int128.max] as [Int128?])
                == [#""170141183460469231731687303715884105727""#]
        )
    }

    @Test("Dates and times are ISO 8601, with all their digits")
    func times() {
        #expect(values(.date, [0, -719_529] as [Int32?]) == [#""1970-01-01""#, #""-0001-12-31""#])
        #expect(
            values(.time, [86_399_999_999, 90_000_000_000] as [Int64?])
                == [#""23:59:59.999999""#, #""90000000000""#]
        )
        #expect(values(.timestamp, [-1] as [Int64?]) == [#""1969-12-31T23:59:59.999999""#])
        #expect(values(.timestamptz, [0] as [Int64?]) == [#""1970-01-01T00:00:00.000000+00:00""#])
        #expect(values(.timestampNanos, [1] as [Int64?]) == [#""1970-01-01T00:00:00.000000001""#])
        #expect(
            values(.timestamptzNanos, [1] as [Int64?])
                == [#""1970-01-01T00:00:00.000000001+00:00""#]
        )
    }

    @Test("Texts are quoted, bytes are Base64, uuids have their dashes")
    func texts() {
        #expect(
            json(.string, SampleColumns.texts(["é\"\\\n\u{1}", "", nil]), name: "a\"b")
                == [
                    #"{"a\"b":"é\"\\\u000a\u0001"}"#, #"{"a\"b":""}"#, #"{"a\"b":null}"#,
                ]
        )
        #expect(json(.string, SampleColumns.bytes([[0xFF]])) == ["{\"c\":\"\u{FFFD}\"}"])
        #expect(
            json(
                .binary,
                SampleColumns.bytes([[], [0], [0, 1], [0, 1, 2], [255, 254, 253, 252]])
            )
                == ["", "AA==", "AAE=", "AAEC", "//79/A=="].map { #"{"c":"\#($0)"}"# }
        )
        #expect(
            values(.uuid, [UInt128(0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F).bigEndian])
                == [#""00010203-0405-0607-0809-0a0b0c0d0e0f""#]
        )
    }

    @Test("Structures are objects, lists arrays, maps arrays of entries, variants their two parts")
    func nested() {
        let list = IcebergType.list(
            element: SchemaField(id: 2, name: "element", type: .int, isRequired: false)
        )
        let map = IcebergType.map(
            key: SchemaField(id: 3, name: "key", type: .string, isRequired: true),
            value: SchemaField(id: 4, name: "value", type: list, isRequired: false)
        )
        let type = IcebergType.structure([
            SchemaField(id: 5, name: "m", type: map, isRequired: false),
            SchemaField(id: 6, name: "v", type: .variant, isRequired: false),
            SchemaField(id: 7, name: "u", type: .unknown, isRequired: false),
        ])
        var builder = ColumnBuilder(type.columnShape, expectedRows: 2)
        let (mapBuilder, variant) = (builder.children, builder.children + 1)
        mapBuilder.pointee.children[0].append(utf8: "a")
        mapBuilder.pointee.children[1].children[0].append(Int32(1))
        mapBuilder.pointee.children[1].children[0].appendNull()
        mapBuilder.pointee.children[1].closeElements()
        mapBuilder.pointee.children[0].append(utf8: "b")
        mapBuilder.pointee.children[1].appendNull()
        mapBuilder.pointee.closeElements()
        variant.pointee.children[0].append(utf8: "M")
        variant.pointee.children[1].append(utf8: "V")
        variant.pointee.closeStructure()
        builder.children[2].appendNull()
        builder.closeStructure()
        builder.appendNull()
        #expect(
            json(type, builder.finish()) == [
                #"{"c":{"m":[{"key":"a","value":[1,null]},{"key":"b","value":null}],"#
                    + #""v":{"metadata":"TQ==","value":"Vg=="},"u":null}}"#,
                #"{"c":null}"#,
            ]
        )
    }
}
