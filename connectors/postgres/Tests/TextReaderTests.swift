import Columns
import TableModel
import Testing

@testable import PostgresConnector

/// Runs one text through the reader of a lake's type, as snapshot and stream do.
private func read(
    _ text: String,
    as type: IcebergType
) -> (outcome: ValueForm.Outcome, column: Column) {
    var builder = ColumnBuilder(type.physicalType, expectedRows: 1)
    let form = ValueForm(type)
    var outcome = ValueForm.Outcome.malformed
    let bytes = Array(text.utf8) + [0]
    bytes.withUnsafeBufferPointer { buffer in
        if let start = buffer.baseAddress {
            outcome = form.append(start, buffer.count - 1, to: &builder)
        }
    }
    return (outcome, builder.finish())
}

private func value<T: BitwiseCopyable>(_ text: String, as type: IcebergType, _: T.Type) -> T? {
    let (outcome, column) = read(text, as: type)
    return outcome == .appended ? column.value(at: 0, as: T.self) : nil
}

@Suite("Reading texts")
struct TextReaderTests {
    @Test(
        "integers to both ends of their range",
        arguments: [
            ("0", 0), ("-1", -1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("4294967295", 4_294_967_295), ("999999999999999999", 999_999_999_999_999_999),
            ("1000000000000000000", 1_000_000_000_000_000_000),
        ] as [(String, Int64)]
    )
    func integers(_ text: String, expected: Int64) {
        #expect(value(text, as: .long, Int64.self) == expected)
    }

    @Test(
        "what is no integer of the type is malformed",
        arguments: [
            ("", .long), ("-", .long), ("1a", .long), ("+1", .long), (" 1", .long), ("1.0", .long),
            ("9223372036854775808", .long), ("-9223372036854775809", .long), ("--1", .long),
            ("18446744073709551617", .long), ("2147483648", .int), ("-2147483649", .int),
        ] as [(String, IcebergType)]
    )
    func badIntegers(_ text: String, type: IcebergType) {
        #expect(read(text, as: type).outcome == .malformed)
    }

    @Test("32-bit integers to both ends")
    func shortIntegers() {
        #expect(value("2147483647", as: .int, Int32.self) == .max)
        #expect(value("-2147483648", as: .int, Int32.self) == .min)
    }

    @Test(
        "decimals of up to 18 digits",
        arguments: [
            ("0.00", 0), ("-0.01", -1), ("1.5", 150), ("12345678.90", 1_234_567_890), ("7", 700),
            ("-99999999.99", -9_999_999_999), ("007.10", 710),
        ] as [(String, Int64)]
    )
    func decimals(_ text: String, expected: Int64) {
        #expect(value(text, as: .decimal(precision: 10, scale: 2), Int64.self) == expected)
    }

    @Test("decimals of 38 digits to both ends")
    func longDecimals() {
        let type = IcebergType.decimal(precision: 38, scale: 10)
        let digits = "9999999999999999999999999999.9999999999"
        let expected: Int128 = 99_999_999_999_999_999_999_999_999_999_999_999_999
        #expect(value(digits, as: type, Int128.self) == expected)
        #expect(value("-" + digits, as: type, Int128.self) == -expected)
    }

    @Test("decimals without integer digits")
    func fractions() {
        let type = IcebergType.decimal(precision: 2, scale: 2)
        #expect(value("0.12", as: type, Int64.self) == 12)
        #expect(read("1.12", as: type).outcome == .malformed)
    }

    @Test(
        "what is no decimal(10, 2) is malformed, never rounded or cut",
        arguments: [
            "", "-", ".", "1.", ".5", "-.5", "1.234", "123456789.00", "1e5", "1,5", "1.5.5", "NaN1",
            "nan", "- 1", "Infinit",
        ]
    )
    func badDecimals(_ text: String) {
        #expect(read(text, as: .decimal(precision: 10, scale: 2)).outcome == .malformed)
    }

    @Test(
        "values that the lake has no form for become NULL",
        arguments: [
            ("NaN", .decimal(precision: 10, scale: 2)),
            ("Infinity", .decimal(precision: 38, scale: 2)),
            ("-Infinity", .decimal(precision: 10, scale: 2)), ("infinity", .date),
            ("-infinity", .date), ("infinity", .timestamp), ("-infinity", .timestamptz),
            ("24:00:00", .time), ("294276-12-31 23:59:59.999999", .timestamp),
        ] as [(String, IcebergType)]
    )
    func specialValues(_ text: String, type: IcebergType) {
        let (outcome, column) = read(text, as: type)
        #expect(outcome == .special)
        #expect(column.isNull(0))
    }

    @Test(
        "doubles keep every bit",
        arguments: [
            ("0", 0.0), ("-0", -0.0), ("1.1", 1.1), ("1e-300", 1e-300),
            ("5e-324", .leastNonzeroMagnitude),
            ("1.7976931348623157e+308", .greatestFiniteMagnitude),
            ("123456789012", 123_456_789_012),
            ("9007199254740993", 9_007_199_254_740_992), ("1e+22", 1e22), ("1e+23", 1e23),
            ("0.1", 0.1), ("2.2250738585072014e-308", .leastNormalMagnitude),
            ("Infinity", .infinity), ("-Infinity", -.infinity),
            ("12345678901234567890123", 12_345_678_901_234_567_741_440),
        ] as [(String, Double)]
    )
    func doubles(_ text: String, expected: Double) {
        let found = value(text, as: .double, Double.self)
        #expect(found?.bitPattern == expected.bitPattern)
    }

    @Test(
        "floats are rounded once, from the text",
        arguments: [
            ("1.1", 1.1), ("3.4028235e+38", .greatestFiniteMagnitude),
            ("1e-45", .leastNonzeroMagnitude),
            ("16777217", 16_777_216), ("-0", -0.0), ("0.1", 0.1),
            ("1.17549435e-38", .leastNormalMagnitude),
        ] as [(String, Float)]
    )
    func floats(_ text: String, expected: Float) {
        let found = value(text, as: .float, Float.self)
        #expect(found?.bitPattern == expected.bitPattern)
    }

    @Test("not a number stays not a number")
    func notANumber() {
        #expect(value("NaN", as: .double, Double.self)?.isNaN == true)
        #expect(value("NaN", as: .float, Float.self)?.isNaN == true)
    }

    @Test(
        "what is no number is malformed",
        arguments: [
            "", "-", ".", ".5", "5.", "1e5", "1e+", "1e+x", "0x1p3", "inf", "1 ", "1e+1e+1",
        ]
    )
    func badDoubles(_ text: String) {
        #expect(read(text, as: .double).outcome == .malformed)
    }

    @Test(
        "dates from 4713 BC to 5874897",
        arguments: [
            ("1970-01-01", 0), ("1969-12-31", -1), ("2000-01-01", 10_957), ("2024-02-29", 19_782),
            ("0001-01-01", -719_162), ("0001-12-31 BC", -719_163), ("0044-03-15 BC", -735_160),
            ("4713-01-01 BC", -2_440_550), ("12024-01-01", 3_672_148),
            ("5874897-12-31", 2_145_042_905),
        ] as [(String, Int32)]
    )
    func dates(_ text: String, expected: Int32) {
        #expect(value(text, as: .date, Int32.self) == expected)
    }

    @Test(
        "what is no date is malformed",
        arguments: [
            "", "2023-02-29", "2024-13-01", "2024-00-10", "2024-1-01", "24-01-01", "0000-01-01",
            "2024-01-01 AD", "2024-01-01T", "12345678-01-01", "2024/01/01", "Infinity", " BC",
        ]
    )
    func badDates(_ text: String) {
        #expect(read(text, as: .date).outcome == .malformed)
    }

    @Test(
        "timestamps to the microsecond",
        arguments: [
            ("1970-01-01 00:00:00", 0), ("1969-12-31 23:59:59.999999", -1),
            ("2024-02-29 12:34:56.789", 1_709_210_096_789_000),
            ("0044-03-15 01:02:03.000001 BC", -63_517_820_276_999_999),
            ("294247-01-10 04:00:54.775807", .max),
        ] as [(String, Int64)]
    )
    func timestamps(_ text: String, expected: Int64) {
        #expect(value(text, as: .timestamp, Int64.self) == expected)
    }

    @Test(
        "timestamps with any offset are the instant",
        arguments: [
            ("1970-01-01 00:00:00+00", 0), ("1970-01-01 05:30:00+05:30", 0),
            ("1969-12-31 23:58:45-00:01:15", 0),
            ("2024-02-29 10:34:56.789+00", 1_709_202_896_789_000),
            ("0044-03-15 01:02:03.000001+00 BC", -63_517_820_276_999_999),
        ] as [(String, Int64)]
    )
    func instants(_ text: String, expected: Int64) {
        #expect(value(text, as: .timestamptz, Int64.self) == expected)
    }

    @Test(
        "what is no timestamp of the type is malformed",
        arguments: [
            ("2024-01-01", .timestamp), ("2024-01-01 00:00", .timestamp),
            ("2024-01-01 00:00:60", .timestamp), ("2024-01-01 25:00:00", .timestamp),
            ("2024-01-01 00:00:00.", .timestamp), ("2024-01-01 00:00:00.1234567", .timestamp),
            ("2024-01-01 00:00:00+00", .timestamp), ("2024-01-01 00:00:00", .timestamptz),
            ("2024-01-01 00:00:00+0", .timestamptz), ("2024-01-01 00:00:00+05:3", .timestamptz),
            ("2024-01-01 00:00:00 UTC", .timestamptz), ("24:00:00.000001", .time),
            ("1:00:00", .time), ("", .time), ("12:00:00+00", .time),
        ] as [(String, IcebergType)]
    )
    func badTimestamps(_ text: String, type: IcebergType) {
        #expect(read(text, as: type).outcome == .malformed)
    }

    @Test("times to the last microsecond of the day")
    func times() {
        #expect(value("00:00:00", as: .time, Int64.self) == 0)
        #expect(value("23:59:59.999999", as: .time, Int64.self) == 86_399_999_999)
        #expect(value("12:00:00.5", as: .time, Int64.self) == 43_200_500_000)
    }

    @Test("uuids lie in memory as they are written")
    func uuids() throws {
        let text = "f81d4fae-7dec-11d0-a765-00A0C91E6BF6"
        let found = try #require(value(text, as: .uuid, UInt128.self))
        let bytes = withUnsafeBytes(of: found) { Array($0) }
        #expect(
            bytes == [
                0xF8, 0x1D, 0x4F, 0xAE, 0x7D, 0xEC, 0x11, 0xD0, 0xA7, 0x65, 0x00, 0xA0, 0xC9, 0x1E,
                0x6B, 0xF6,
            ]
        )
    }

    @Test(
        "what is no uuid is malformed",
        arguments: [
            "", "f81d4fae7dec11d0a76500a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf", "f81d4fae07dec-11d0-a765-00a0c91e6bf6",
        ]
    )
    func badUUIDs(_ text: String) {
        #expect(read(text, as: .uuid).outcome == .malformed)
    }

    @Test("bytea is its bytes, zero bytes and none included")
    func bytea() {
        // The column owns the bytes that it lends.
        func bytes(_ text: String) -> [UInt8]? {
            let (outcome, column) = read(text, as: .binary)
            guard outcome == .appended else { return nil }
            return withExtendedLifetime(column) { Array(column.bytes(at: 0)) }
        }
        #expect(bytes("\\x00fF10") == [0x00, 0xFF, 0x10])
        #expect(bytes("\\x") == [])
    }

    @Test(
        "what is no hexadecimal bytea is malformed",
        arguments: ["", "\\", "\\x0", "\\x0g", "ab"]
    )
    func badBytea(_ text: String) {
        #expect(read(text, as: .binary).outcome == .malformed)
    }

    @Test("booleans are t and f only")
    func booleans() {
        #expect(value("t", as: .boolean, UInt8.self) == 1)
        #expect(value("f", as: .boolean, UInt8.self) == 0)
        for text in ["", "true", "T", "1"] {
            #expect(read(text, as: .boolean).outcome == .malformed)
        }
    }

    @Test("text is its bytes, spaces at the end included")
    func text() {
        #expect(read("ab   ", as: .string).column.string(at: 0) == "ab   ")
        #expect(read("", as: .string).column.string(at: 0) == "")
    }
}
