import Bytes
import Columns
import Testing

@testable import MySQLConnector

@Suite("Values")
struct ValueTests {
    // MARK: Decimals

    @Test(
        "packed decimals of every size and sign",
        arguments: [
            (10, 3, "7fed2978fc84", "-1234567891", "-1234567.891"),
            (10, 3, "80 000000 0000", "0", "0.000"),
            (5, 2, "8001 19", "125", "1.25"),
            (5, 2, "7ffe e6", "-125", "-1.25"),
            (18, 0, "bb9ac9ff3b9ac9ff", "999999999999999999", "999999999999999999"),
            (9, 9, "bb9ac9ff", "999999999", "0.999999999"),
            (2, 0, "e3", "99", "99"),
        ]
    )
    func decimals(_ precision: Int, _ scale: Int, _ hex: String, _ unscaled: String, _ text: String)
    {
        let packed = bytes(hex)
        #expect(packed.count == DecimalFormat.byteCount(precision: precision, scale: scale))
        let format = DecimalFormat(precision: precision, scale: scale)
        packed.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            #expect("\(format.decodeInt64(start))" == unscaled)
            #expect("\(format.decodeInt128(start))" == unscaled)
            #expect(String(decoding: format.decodeText(start, scale: scale), as: UTF8.self) == text)
        }
    }

    @Test("38 digits of either sign fit")
    func wideDecimal() {
        let packed = bytes("e3 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff")
        let format = DecimalFormat(precision: 38, scale: 0)
        #expect(DecimalFormat.byteCount(precision: 38, scale: 0) == packed.count)
        packed.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            #expect("\(format.decodeInt128(start))" == String(repeating: "9", count: 38))
        }
        packed.map { ~$0 }.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            #expect("\(format.decodeInt128(start))" == "-" + String(repeating: "9", count: 38))
        }
    }

    @Test(
        "decimal text of a result row is read exactly or refused",
        arguments: [
            ("-1.25", 2, "-125"), ("0.00", 2, "0"), ("007", 0, "7"), ("1.2", 2, nil), ("", 0, nil),
            ("-", 0, nil), ("1.2.3", 2, nil), ("1e3", 0, nil), ("1.", 0, "1"),
            ("999999999999999999999999999999999999999999", 0, nil),
        ] as [(String, Int, String?)]
    )
    func decimalText(_ text: String, _ scale: Int, _ unscaled: String?) {
        var value: Int128?
        Array(text.utf8).withUnsafeBytes { source in
            value = try? DecimalText.unscaled(source, scale: scale)
        }
        #expect(value.map { "\($0)" } == unscaled)
    }

    // MARK: Addresses

    /// Text as MariaDB 10.11 prints it.
    @Test(
        "IPv6 addresses are printed as the server prints them",
        arguments: [
            ("00000000000000000000000000000000", "::"), ("00000000000000000000000000000001", "::1"),
            ("00010000000200030004000500060007", "1::2:3:4:5:6:7"),
            ("00000000000000000000000001020304", "::1.2.3.4"),
            ("00000000000000000000ffff01020304", "::ffff:1.2.3.4"),
            ("00010000000000020000000000000000", "1:0:0:2::"),
            ("fe800000000000000001000000000001", "fe80::1:0:0:1"),
            ("00000000000000000000000000010000", "::0.1.0.0"),
            ("0000000000000000000000000000ffff", "::ffff"),
            ("20010db8000000000000ff0000428329", "2001:db8::ff00:42:8329"),
            ("00010000000000000000000000000000", "1::"),
            ("00000000000100000000000000010000", "0:0:1::1:0"),
        ]
    )
    func inet6(_ hex: String, _ text: String) {
        #expect(AddressText.inet6(bytes(hex)) == text)
    }

    // MARK: Text

    @Test("latin1 is code page 1252 with C1 controls in its gaps")
    func latin1() {
        let source: [UInt8] = [0x61, 0x80, 0x81, 0x8D, 0x8F, 0x90, 0x9D, 0x9F, 0xA0, 0xE9, 0xFF]
        let text = String(decoding: Latin1.convert(source), as: UTF8.self)
        #expect(text == "a€\u{81}\u{8D}\u{8F}\u{90}\u{9D}Ÿ\u{A0}éÿ")
    }

    @Test(
        "other character sets are converted",
        arguments: [
            ("sjis", "93fa967b8cea", "日本語"),
            ("gbk", "d6d0cec4", "中文"), ("ucs2", "00e94e2d", "é中"),
            ("utf16le", "e9003dd800de", "é😀"),
            ("big5", "a4a4a4e5", "中文"),
            ("utf32", "0001f600", "😀"), ("euckr", "c7d1", "한"),
        ]
    )
    func characterSets(_ name: String, _ hex: String, _ text: String) throws {
        let set = try #require(CharacterSet(serverName: name))
        let converter = try #require(TextConverter(set))
        #expect(String(decoding: converter.convert(bytes(hex)), as: UTF8.self) == text)
    }

    @Test("a byte without meaning becomes a question mark, and the rest stays")
    func invalidText() throws {
        let converter = try #require(TextConverter(.converted(from: "SJIS")))
        #expect(String(decoding: converter.convert(bytes("61 ff 62")), as: UTF8.self) == "a?b")
        #expect(String(decoding: converter.convert(bytes("61 93")), as: UTF8.self) == "a?")
    }

    @Test("tables of the server's are used for single bytes and for pairs")
    func serverTables() throws {
        var singles = (0..<256).map { [UInt8($0 < 0x80 ? $0 : 0x3F)] }
        singles[0xD0] = Array("п".utf8)
        let pairs: [UInt16: [UInt8]] = [0xA2_40: Array("日".utf8)]
        let converter = TextConverter(ServerCharacterTable(singles: singles, pairs: pairs))
        let text = converter.convert(bytes("61 d0 a240 a241 a2"))
        #expect(String(decoding: text, as: UTF8.self) == "aп日?A?")
    }

    @Test("every character set that we know has a converter")
    func allConverters() throws {
        for name in CharacterSet.knownNames {
            let set = try #require(CharacterSet(serverName: name))
            if set == .singleByte { continue }
            #expect(TextConverter(set) != nil, "\(name)")
        }
        #expect(CharacterSet(serverName: "klingon") == nil)
    }

    // MARK: Compressed columns

    @Test("compressed columns expand, raw ones lose their head, damaged ones throw")
    func compressedColumns() throws {
        let value = bytes("8a 012c 2b2c1c05c40200")
        #expect(
            try parsing(value) { bytes throws(WireFault) in
                try CompressedField.expandColumn(bytes.bytes)
            }
                == [UInt8](repeating: UInt8(ascii: "q"), count: 300)
        )
        #expect(
            try parsing(bytes("00 7a7a")) { bytes throws(WireFault) in
                try CompressedField.expandColumn(bytes.bytes)
            } == bytes("7a7a")
        )
        #expect(
            try parsing([UInt8]()) { bytes throws(WireFault) in
                try CompressedField.expandColumn(bytes.bytes)
            } == []
        )
        for count in 1..<value.count {
            #expect(throws: WireFault.self) {
                try parsing(value[..<count]) { bytes throws(WireFault) in
                    try CompressedField.expandColumn(bytes.bytes)
                }
            }
        }
    }
}
