import Bytes
import Testing

@testable import MySQLConnector

@Suite("Binary JSON")
struct JSONTests {
    private func text(_ document: [UInt8]) throws(WireFault) -> String {
        var output = ByteBuffer()
        let result = document.withUnsafeBytes { source -> Result<Void, WireFault> in
            do throws(WireFault) {
                return .success(try BinaryJSON.appendText(of: source, to: &output))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return String(decoding: output.toArray(), as: UTF8.self)
    }

    /// What MySQL 9.7 logs for `{"b": [1, null, true, "x", 2.5, 18446744073709551615], "a": {}}`.
    static let document = bytes(
        "00020040001200010013000100001400021800616200000400060028000501000400000401000c16000b1800"
            + "0a200001780000000000000440ffffffffffffffff"
    )

    @Test("a captured document gives the server's text")
    func capturedDocument() throws {
        #expect(
            try text(Self.document)
                == #"{"a": {}, "b": [1, null, true, "x", 2.5, 18446744073709551615]}"#
        )
    }

    @Test("a document cut anywhere throws")
    func everyCut() {
        for count in 1..<Self.document.count {
            #expect(throws: WireFault.self, "\(count) bytes") {
                try text(Array(Self.document[..<count]))
            }
        }
        #expect(throws: Never.self) { try text([]) }
    }

    @Test("a flipped byte gives a text or an error, never a trap")
    func flippedBytes() {
        for index in Self.document.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var damaged = Self.document
                damaged[index] = value
                _ = try? text(damaged)
            }
        }
    }

    @Test(
        "scalars",
        arguments: [
            ("", "null"), ("04 00", "null"), ("04 01", "true"), ("04 02", "false"),
            ("05 ffff", "-1"), ("06 ffff", "65535"), ("07 00000080", "-2147483648"),
            ("08 ffffffff", "4294967295"), ("09 0000000000000080", "-9223372036854775808"),
            ("0c 03 c3a921", #""é!""#), ("0c 05 22 5c 0a 01 09", #""\"\\\n\u0001\t""#),
            ("0f f6 04 03 02 81 19", "1.25"), ("0f 0f 01 05", #""base64:type15:BQ==""#),
            ("0f 0a 08 00000000000c8619", #""2010-06-06""#),
        ]
    )
    func scalars(_ hex: String, _ expected: String) throws {
        #expect(try text(bytes(hex)) == expected)
    }

    /// Texts as MySQL 9.7 prints them.
    @Test(
        "doubles are printed as the server prints them",
        arguments: [
            (1e20, "1e20"), (1.5e-20, "1.5e-20"), (0.1, "0.1"), (1.0, "1.0"),
            (1e14, "100000000000000.0"), (1e15, "1e15"),
            (1e16, "1e16"), (123456789012345.5, "123456789012345.5"), (1e-14, "0.00000000000001"),
            (1e-15, "0.000000000000001"), (1e-16, "1e-16"),
            (1.7976931348623157e308, "1.7976931348623157e308"),
            (Double.leastNonzeroMagnitude, "5e-324"), (-0.0, "-0.0"), (0.00001234, "0.00001234"),
            (-2.5, "-2.5"),
        ]
    )
    func doubles(_ value: Double, _ expected: String) {
        #expect(JSONNumber.text(of: value) == expected)
    }

    @Test("nesting beyond the server's limit is refused")
    func depth() {
        // Arrays of one array each: count, size, entry (type, offset to what follows).
        let level = bytes("0100 0700 02 0700")
        let nested = [UInt8(2)] + [[UInt8]](repeating: level, count: 200).flatMap { $0 }
        #expect(throws: WireFault.self) { try text(nested) }
    }
}
