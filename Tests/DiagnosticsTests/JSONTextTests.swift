import Diagnostics
import Testing

@Suite("JSONText")
struct JSONTextTests {
    private let value = JSONText.object([
        ("b", .array([.integer(1), .null, .boolean(true)])),
        ("a\"\\", .text("é\n\t\u{1}\u{1F600}")),
        ("none", .array([])),
        ("x", .number(0.5)),
        ("infinite", .number(.infinity)),
    ])

    @Test("one line keeps the order of members and escapes what JSON must")
    func line() {
        #expect(
            value.line
                == #"{"b":[1,null,true],"a\"\\":"é\n\t\u0001😀","none":[],"x":0.5,"infinite":null}"#
        )
    }

    @Test("the indented form holds one member in each line")
    func indented() {
        #expect(
            value.indented == #"""
                {
                  "b": [
                    1,
                    null,
                    true
                  ],
                  "a\"\\": "é\n\t\u0001😀",
                  "none": [],
                  "x": 0.5,
                  "infinite": null
                }
                """#
        )
    }
}
