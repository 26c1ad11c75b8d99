import Bytes
import TableModel
import Testing

@Suite("SingleValue")
struct SingleValueTests {
    /// Type, JSON as the specification's table has it, value, and bytes for bounds.
    static let samples: [(IcebergType, JSONValue, SingleValue, [UInt8])] = [
        (.boolean, true, .boolean(true), [1]),
        (.int, 34, .integer(34), [34, 0, 0, 0]),
        (.int, -1, .integer(-1), [255, 255, 255, 255]),
        (.long, .integer(.min), .integer(.min), [0, 0, 0, 0, 0, 0, 0, 0x80]),
        (.float, .number("1.0"), .floating(1), [0, 0, 0x80, 0x3F]),
        (.float, .number("0.1"), .floating(Double(Float(0.1))), [0xCD, 0xCC, 0xCC, 0x3D]),
        (.double, .number("-0.0"), .floating(-0.0), [0, 0, 0, 0, 0, 0, 0, 0x80]),
        (
            .decimal(precision: 9, scale: 2), "14.20", .decimal(unscaled: 1420), [0x05, 0x8C]
        ),
        (.decimal(precision: 9, scale: 2), "-0.05", .decimal(unscaled: -5), [0xFB]),
        (.decimal(precision: 3, scale: 0), "-128", .decimal(unscaled: -128), [0x80]),
        (.decimal(precision: 3, scale: 0), "128", .decimal(unscaled: 128), [0x00, 0x80]),
        (.decimal(precision: 3, scale: 0), "0", .decimal(unscaled: 0), [0x00]),
        (.date, "2017-11-16", .integer(17_486), [0x4E, 0x44, 0, 0]),
        (.date, "1969-12-31", .integer(-1), [255, 255, 255, 255]),
        (
            .time, "22:31:08.123456", .integer(81_068_123_456),
            [0x40, 0x65, 0x09, 0xE0, 0x12, 0, 0, 0]
        ),
        (
            .timestamp, "2017-11-16T22:31:08.123456", .integer(1_510_871_468_123_456),
            [0x40, 0xA5, 0x28, 0x2D, 0x21, 0x5E, 0x05, 0x00]
        ),
        (
            .timestamptz, "1969-12-31T23:59:59.999999+00:00", .integer(-1),
            [UInt8](repeating: 255, count: 8)
        ),
        (
            .timestampNanos, "1970-01-01T00:00:00.000000789", .integer(789),
            [0x15, 0x03, 0, 0, 0, 0, 0, 0]
        ),
        (
            .timestamptzNanos, "1969-12-31T23:59:59.999999999+00:00", .integer(-1),
            [UInt8](repeating: 255, count: 8)
        ),
        (.string, "ice\u{301}", .text("ice\u{301}"), Array("ice\u{301}".utf8)),
        (
            .uuid, "f79c3e09-677c-4bbd-a479-3f349cb785e7",
            .uuid(0xf79c_3e09_677c_4bbd_a479_3f34_9cb7_85e7),
            [
                0xF7, 0x9C, 0x3E, 0x09, 0x67, 0x7C, 0x4B, 0xBD, 0xA4, 0x79, 0x3F, 0x34, 0x9C, 0xB7,
                0x85, 0xE7,
            ]
        ),
        (.fixed(lengthBytes: 4), "000102ff", .binary([0, 1, 2, 255]), [0, 1, 2, 255]),
        (.binary, "", .binary([]), []),
    ]

    @Test("each type's value is read from JSON, and written the same", arguments: samples)
    func json(_ type: IcebergType, _ json: JSONValue, _ value: SingleValue, _ bytes: [UInt8]) throws
    {
        #expect(try SingleValue.read(json, as: type) == value)
        #expect(value.json(as: type) == json)
    }

    @Test("each type's value has the specification's bytes", arguments: samples)
    func binary(
        _ type: IcebergType,
        _ json: JSONValue,
        _ value: SingleValue,
        _ bytes: [UInt8]
    ) throws {
        #expect(value.binary(as: type) == bytes)
        #expect(SingleValue(binary: bytes, type: type) == value)
    }

    @Test("null is no value of any type")
    func null() throws {
        for (type, _, _, _) in Self.samples {
            #expect(try SingleValue.read(.null, as: type) == nil)
        }
    }

    @Test(
        "text that says the same in another way is read",
        arguments: [
            (
                IcebergType.decimal(precision: 9, scale: 2), "14.2",
                SingleValue.decimal(unscaled: 1420)
            ),
            (.decimal(precision: 9, scale: 2), "1.42E+1", .decimal(unscaled: 1420)),
            (.decimal(precision: 9, scale: 0), "1500e-2", .decimal(unscaled: 15)),
            (.decimal(precision: 9, scale: 0), "0e900", .decimal(unscaled: 0)),
            (.time, "22:31", .integer(81_060_000_000)),
            (.time, "00:00:00.5", .integer(500_000)),
            (.time, "00:00:00.000001000", .integer(1)),
            (.timestamptz, "1970-01-01T00:00:01Z", .integer(1_000_000)),
            (.date, "+12345-01-01", .integer(3_789_391)),
            (.date, "-0001-01-01", .integer(-719_893)),
        ]
    )
    func alternatives(_ type: IcebergType, _ text: String, _ value: SingleValue) throws {
        #expect(try SingleValue.read(.string(text), as: type) == value)
    }

    @Test(
        "what is no value of the type is refused",
        arguments: [
            (IcebergType.int, 2_147_483_648),
            (.int, .number("1.5")), (.boolean, 1), (.long, "1"), (.double, .number("1e999")),
            (.float, .number("1e39")), (.decimal(precision: 3, scale: 0), "1000"),
            (.decimal(precision: 9, scale: 2), "14.205"),
            (.decimal(precision: 9, scale: 2), "1.2.3"),
            (.decimal(precision: 9, scale: 2), ""), (.decimal(precision: 9, scale: 2), "-"),
            (.decimal(precision: 38, scale: 0), "1E99"), (.date, "2017-02-29"),
            (.date, "2017-2-9"), (.date, "2017-11-16 "), (.time, "24:00:00"),
            (.time, "00:00:00.0000001"), (.time, "00:00:00."),
            (.timestamp, "2017-11-16T22:31:08+00:00"), (.timestamptz, "2017-11-16T22:31:08"),
            (.timestamptz, "2017-11-16T22:31:08+01:00"),
            (.timestampNanos, "+999999-01-01T00:00:00"),
            (.uuid, "f79c3e09677c4bbda4793f349cb785e7"),
            (.uuid, "f79c3e09-677c-4bbd-a479-3f349cb785eg"),
            (.fixed(lengthBytes: 4), "0001"), (.binary, "0"), (.binary, "0x"),
            (.geometry(crs: "OGC:CRS84"), "POINT (1 2)"), (.variant, "x"), (.unknown, true),
        ] as [(IcebergType, JSONValue)]
    )
    func refusal(_ type: IcebergType, _ json: JSONValue) {
        #expect(throws: SingleValueFault.self) { try SingleValue.read(json, as: type) }
    }

    @Test("nested values go by field ids, items, and keys beside values")
    func nested() throws {
        let key = SchemaField(id: 4, name: "key", type: .string, isRequired: true)
        let value = SchemaField(id: 5, name: "value", type: .int, isRequired: false)
        let type = IcebergType.structure([
            SchemaField(id: 1, name: "a", type: .list(element: value), isRequired: false),
            SchemaField(id: 2, name: "b", type: .map(key: key, value: value), isRequired: false),
            SchemaField(id: 3, name: "c", type: .date, isRequired: false),
        ])
        let json = try JSONValue(
            parsing: #"{"1":[1,null],"2":{"keys":["x","y"],"values":[null,7]},"3":null}"#
        )
        let expected = SingleValue.structure([
            .init(fieldID: 1, value: .list([.integer(1), nil])),
            .init(
                fieldID: 2,
                value: .map([
                    .init(key: .text("x"), value: nil), .init(key: .text("y"), value: .integer(7)),
                ])
            ),
            .init(fieldID: 3, value: nil),
        ])
        #expect(try SingleValue.read(json, as: type) == expected)
        #expect(expected.json(as: type) == json)
        #expect(try SingleValue.read([:], as: type) == .structure([]))
        #expect(throws: SingleValueFault.self) { try SingleValue.read(["9": 1], as: type) }
        #expect(throws: SingleValueFault.self) {
            try SingleValue.read(["2": ["keys": ["x"], "values": []]], as: type)
        }
        #expect(throws: SingleValueFault.self) {
            try SingleValue.read(["2": ["keys": [.null], "values": [1]]], as: type)
        }
    }

    @Test("bounds from before a column was widened are read by their width")
    func widened() {
        let four: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF]
        #expect(SingleValue(binary: four, type: .long) == .integer(-2))
        #expect(SingleValue(binary: four, type: .timestamp) == .integer(-172_800_000_000))
        #expect(SingleValue(binary: four, type: .timestampNanos) == .integer(-172_800_000_000_000))
        #expect(SingleValue(binary: [0, 0, 0x80, 0x3F], type: .double) == .floating(1))
        #expect(SingleValue(binary: [255, 255, 255, 0x7F], type: .timestampNanos) == nil)
        for (type, bytes) in [
            (IcebergType.int, [UInt8](repeating: 0, count: 8)), (.long, [0]), (.boolean, []),
            (.timestamptz, four), (.uuid, four), (.fixed(lengthBytes: 3), four),
            (.decimal(precision: 9, scale: 0), []),
            (.decimal(precision: 9, scale: 0), [UInt8](repeating: 0, count: 17)),
        ] {
            #expect(SingleValue(binary: bytes, type: type) == nil, "\(type)")
        }
    }

    @Test("values of widened types are equal, texts of other code points are not")
    func equality() {
        #expect(SingleValue.floating(Double(Float(1.5))) == .floating(1.5))
        #expect(SingleValue.floating(-Double.nan) == .floating(.nan))
        #expect(SingleValue.floating(0.0) != .floating(-0.0))
        #expect(SingleValue.text("e\u{301}") != .text("\u{e9}"))
    }

    @Test("values are ordered as bounds are")
    func order() {
        let ascending: [[SingleValue]] = [
            [.integer(-5), .integer(0), .integer(.max)],
            [.floating(-.infinity), .floating(-1), .floating(-0.0), .floating(0.0), .floating(2)],
            [.text(""), .text("a"), .text("b"), .text("\u{FFFF}"), .text("\u{10000}")],
            [.binary([]), .binary([0]), .binary([0, 1]), .binary([0x7F]), .binary([0x80])],
            [.uuid(1), .uuid(.max)],
            [.decimal(unscaled: -3), .decimal(unscaled: 2)],
            [.boolean(false), .boolean(true)],
        ]
        for values in ascending {
            for (left, first) in values.enumerated() {
                for (right, second) in values.enumerated() {
                    #expect(first.precedes(second) == (left < right), "\(first) \(second)")
                }
            }
        }
    }
}
