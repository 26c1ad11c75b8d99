import Bytes
import Testing

@Suite("XML")
struct XMLTests {
    @Test("elements, text, references, CDATA, comments and prefixes")
    func everything() throws {
        let text = """
            \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
            <!-- before -->
            <s:Result xmlns:s="http://x/" note="a>b">
              <Key>a&amp;b &lt;&#233;&#x1F600;&gt;&quot;&apos;</Key>
              <Empty/><Empty attribute='/>' />
              <Key>one<!-- c --> two<![CDATA[ <three> & ]]>four</Key >
              <Deep><Deeper>käse</Deeper></Deep>
            </s:Result>

            """
        let root = try XMLElement(parsing: Array(text.utf8))
        #expect(root.name == "Result")
        #expect(root.children.map(\.name) == ["Key", "Empty", "Empty", "Key", "Deep"])
        #expect(root.text(of: "Key") == "a&b <é😀>\"'")
        #expect(root.children("Key")[1].text == "one two <three> & four")
        #expect(root.child("Deep")?.text(of: "Deeper") == "käse")
        #expect(root.text(of: "Empty") == "")
        #expect(root.text(of: "Absent") == nil)
    }

    static let document =
        "<?xml version='1.0'?><a x='1'><b>t&amp;<![CDATA[c]]></b><!-- d --><e/></a>"

    @Test("a document that is cut anywhere is refused")
    func everyCut() throws {
        let bytes = Array(Self.document.utf8)
        _ = try XMLElement(parsing: bytes)
        for count in 0..<bytes.count {
            #expect(throws: XMLFault.self, "\(count) bytes") {
                try XMLElement(parsing: Array(bytes[..<count]))
            }
        }
    }

    @Test(
        "what is not XML, or not for us, is refused",
        arguments: [
            "", "text", "<a></b>", "<a><b></a></b>", "<a></a><b></b>", "<a></a>text",
            "<a>&nope;</a>",
            "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#;</a>", "<a>&amp</a>", "<a b='<c>'><d",
            "<>",
            "<a <b>></a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><!DOCTYPE b></a>",
        ]
    )
    func refused(_ text: String) {
        #expect(throws: XMLFault.self) { try XMLElement(parsing: Array(text.utf8)) }
    }

    @Test("bytes that are no UTF-8 and nesting beyond the limit are refused")
    func limits() throws {
        #expect(throws: XMLFault.self) {
            try XMLElement(parsing: Array("<a>".utf8) + [0xFF] + Array("</a>".utf8))
        }
        func nested(_ depth: Int) -> [UInt8] {
            let open = String(repeating: "<a>", count: depth)
            return Array((open + String(repeating: "</a>", count: depth)).utf8)
        }
        _ = try XMLElement(parsing: nested(xmlDepthMax))
        #expect(throws: XMLFault.self) { try XMLElement(parsing: nested(xmlDepthMax + 1)) }
        #expect(throws: XMLFault.self) { try XMLElement(parsing: nested(100_000)) }
    }
}
