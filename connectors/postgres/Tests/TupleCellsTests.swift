import Bytes
import Testing

@testable import PostgresConnector

@Suite("Rows of COPY")
struct TupleCellsTests {
    /// The fields of a line; nil for NULL.
    private func split(_ line: String, columnCount: Int) throws -> [String?] {
        let cells = TupleCells()
        var bytes = Array(line.utf8)
        let count = bytes.count
        bytes.append(0)
        return try bytes.withUnsafeMutableBufferPointer { buffer in
            let start = try #require(buffer.baseAddress)
            try cells.split(copyLine: start, byteCount: count, columnCount: columnCount)
            return (0..<cells.count).map { index in
                let cell = cells.cells[index]
                guard cell.kind == .text else { return nil }
                return String(
                    decoding: UnsafeBufferPointer(start: cell.start, count: cell.count),
                    as: UTF8.self
                )
            }
        }
    }

    @Test(
        "a line is taken apart and its escapes are taken out",
        arguments: [
            ("1\tabc\n", ["1", "abc"]), ("\t\n", ["", ""]), ("\\N\t\\N\n", [nil, nil]),
            ("a\\tb\tc\\nd\n", ["a\tb", "c\nd"]), ("\\\\N\t\\\\\n", ["\\N", "\\"]),
            ("\\b\\f\\n\\r\\t\\v\tx\n", ["\u{8}\u{C}\n\r\t\u{B}", "x"]), ("é\t\\.\n", ["é", "."]),
            ("a\\N\t\\Nb\n", ["aN", "Nb"]), ("x\t\\N\n", ["x", nil]), ("\\\\\\N\ty", ["\\N", "y"]),
        ] as [(String, [String?])]
    )
    func fields(_ line: String, expected: [String?]) throws {
        #expect(try split(line, columnCount: 2) == expected)
    }

    @Test("one empty field is a field")
    func emptyLine() throws {
        #expect(try split("\n", columnCount: 1) == [""])
    }

    @Test(
        "a line with another number of fields is malformed",
        arguments: ["a\n", "a\tb\tc\n", "\n"]
    )
    func fieldCount(_ line: String) {
        let fault = #expect(throws: WireFault.self) { try split(line, columnCount: 2) }
        #expect(fault?.kind == .malformedValue)
        #expect(fault?.wanted == 2)
    }

    @Test("an escape that nothing follows is malformed")
    func danglingEscape() {
        let fault = #expect(throws: WireFault.self) { try split("a\tb\\\n", columnCount: 2) }
        #expect(fault == WireFault(.truncated, offset: 3, wanted: 2, available: 1))
    }
}
