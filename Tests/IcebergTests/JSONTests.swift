import Bytes
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "what is read is written again, digit for digit",
        arguments: [
            "9223372036854775807", "-9223372036854775808", "9007199254740993", "0", "-0",
            "9223372036854775808", "1.50", "1e400", "-0.0", "null", "true", "false", "\"\"",
            "[]", "{}", #"{"b":[1,{"a":null}],"a":"x"}"#, #""a\"\\\n\u0001é😀""#,
        ]
    )
    func roundTrip(_ text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
    }

    @Test("integers of 64 bits keep every digit")
    func exactIntegers() throws {
        let value = try JSONValue(parsing: " [ 9007199254740993 , -1 ] ")
        #expect(value == .array([.integer(9_007_199_254_740_993), .integer(-1)]))
        #expect(try JSONValue(parsing: "9223372036854775808").integerValue == nil)
    }

    @Test("escapes mean what they stand for")
    func escapes() throws {
        let text = #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#
        #expect(try JSONValue(parsing: text) == .string("\"\\/\u{8}\u{c}\n\r\té😀"))
    }

    @Test(
        "text that is no JSON is refused where it stops being JSON",
        arguments: [
            ("", "the document ends where a value should be", 0),
            ("[1,]", "no value starts with this character", 3),
            ("[1 2]", "expected ',' or ']'", 3),
            (#"{"a" 1}"#, "expected ':'", 5),
            (#"{a:1}"#, "expected a member's name", 1),
            (#"{"a":1"#, "expected ',' or '}'", 6),
            ("01", "a number starts with 0", 0),
            ("1.", "expected a digit", 2),
            ("-", "expected a digit", 1),
            ("tru", "expected true", 0),
            ("1 1", "unexpected text after the document", 2),
            ("\"a", "the document ends inside a string", 2),
            (#""\x""#, "an unknown escape", 3),
            (#""\ud83d""#, "half of a surrogate pair", 7),
            (#""\ude00\ud83d""#, "half of a surrogate pair", 7),
            (#""\u12"#, "the document ends inside an escape", 3),
            ("\"\n\"", "a control character in a string", 1),
        ]
    )
    func refusal(text: String, message: String, offset: Int) {
        #expect(throws: JSONFault(message, offset: offset)) { try JSONValue(parsing: text) }
    }

    @Test("a string that is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: JSONFault("a string is not UTF-8", offset: 1)) {
            try JSONValue(parsing: [0x22, 0xFF, 0x22])
        }
    }

    @Test("nesting has a limit, so that a file cannot exhaust the stack")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try JSONValue(parsing: nested(jsonDepthMax + 1))
        #expect(throws: JSONFault.self) { try JSONValue(parsing: nested(jsonDepthMax + 2)) }
        #expect(throws: JSONFault.self) {
            try JSONValue(parsing: String(repeating: "[", count: 1_000_000))
        }
    }

    @Test("members keep their order, and the last of two equal names counts")
    func members() throws {
        var object = try #require(JSONValue(parsing: #"{"b":1,"a":2,"b":3}"#).objectValue)
        #expect(object["b"] == 3)
        object["c"] = 4
        object["a"] = nil
        #expect(JSONValue.object(object).text == #"{"b":1,"b":3,"c":4}"#)
    }
}
