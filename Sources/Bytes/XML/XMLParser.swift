extension XMLElement {
    /// Reads one document in UTF-8.
    ///
    /// A document type is refused: with it come entities that grow beyond what they are written in.
    ///
    /// Source: Extensible Markup Language 1.0, fifth edition.
    public init(parsing bytes: [UInt8]) throws(XMLFault) {
        var parser = XMLParser(bytes: bytes)
        self = try parser.parseDocument()
    }
}

/// Walks the bytes of a document once, front to back.
private struct XMLParser {
    let bytes: [UInt8]
    var cursor = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseDocument() throws(XMLFault) -> XMLElement {
        skip([0xEF, 0xBB, 0xBF])
        try skipBetween()
        guard skip("<") else { throw fault("expected an element") }
        let root = try parseElement(depth: 1)
        try skipBetween()
        guard cursor == bytes.count else { throw fault("unexpected text after the document") }
        return root
    }

    private func fault(_ message: String) -> XMLFault { XMLFault(message, offset: cursor) }

    /// Steps over white space, declarations and comments outside of the root.
    private mutating func skipBetween() throws(XMLFault) {
        while true {
            while cursor < bytes.count, isSpace(bytes[cursor]) { cursor += 1 }
            if skip("<?") {
                _ = try take(until: "?>")
            } else if skip("<!--") {
                _ = try take(until: "-->")
            } else {
                return
            }
        }
    }

    /// Reads an element behind its `<`.
    private mutating func parseElement(depth: Int) throws(XMLFault) -> XMLElement {
        guard depth <= xmlDepthMax else { throw fault("more than \(xmlDepthMax) levels") }
        let fullName = try parseName()
        var element = XMLElement(name: Self.localName(fullName))
        guard try !skipAttributes() else { return element }
        var text: [UInt8] = []
        while true {
            appendText(to: &text)
            if skip("</") {
                guard try parseName() == fullName else { throw fault("\(fullName) is not closed") }
                while cursor < bytes.count, isSpace(bytes[cursor]) { cursor += 1 }
                guard skip(">") else { throw fault("expected >") }
                guard let decoded = String(validating: text, as: UTF8.self) else {
                    throw fault("text that is not UTF-8")
                }
                element.text = decoded
                return element
            } else if skip("<!--") {
                _ = try take(until: "-->")
            } else if skip("<![CDATA[") {
                text += try take(until: "]]>")
            } else if skip("<?") {
                _ = try take(until: "?>")
            } else if skip("<!") {
                throw fault("a document type is not read")
            } else if skip("<") {
                element.children.append(try parseElement(depth: depth + 1))
            } else if skip("&") {
                text += Array(try parseReference().utf8)
            } else {
                throw fault("\(fullName) is not closed")
            }
        }
    }

    private mutating func appendText(to text: inout [UInt8]) {
        let start = cursor
        while cursor < bytes.count, bytes[cursor] != UInt8(ascii: "<"),
            bytes[cursor] != UInt8(ascii: "&")
        {
            cursor += 1
        }
        text += bytes[start..<cursor]
    }

    private mutating func parseName() throws(XMLFault) -> String {
        let start = cursor
        while cursor < bytes.count, isNameByte(bytes[cursor]) { cursor += 1 }
        guard cursor > start, let name = String(validating: bytes[start..<cursor], as: UTF8.self)
        else { throw fault("expected a name") }
        return name
    }

    private static func localName(_ name: String) -> String {
        name.lastIndex(of: ":").map { String(name[$0...].dropFirst()) } ?? name
    }

    /// Steps over attributes to the end of the tag; true when the element is empty.
    private mutating func skipAttributes() throws(XMLFault) -> Bool {
        while cursor < bytes.count {
            if skip("/>") { return true }
            if skip(">") { return false }
            let byte = bytes[cursor]
            cursor += 1
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                _ = try take(until: String(UnicodeScalar(byte)))
            } else if byte == UInt8(ascii: "<") {
                throw fault("a tag within a tag")
            }
        }
        throw fault("a tag is not closed")
    }

    /// Reads a reference behind its `&`.
    private mutating func parseReference() throws(XMLFault) -> String {
        let start = cursor
        let limit = min(bytes.count, start + Self.referenceBytesMax)
        guard let end = bytes[start..<limit].firstIndex(of: UInt8(ascii: ";")) else {
            throw fault("a reference is not closed")
        }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        guard let text = Self.text(ofReference: name) else {
            throw fault("a reference to what is not known")
        }
        cursor = end + 1
        return text
    }

    private static let referenceBytesMax = 16

    private static func text(ofReference name: String) -> String? {
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let isHexadecimal = digits.hasPrefix("x")
            let number = UInt32(
                isHexadecimal ? digits.dropFirst() : digits,
                radix: isHexadecimal ? 16 : 10
            )
            return number.flatMap { UnicodeScalar($0) }.map { String(Character($0)) }
        }
    }

    /// The bytes up to `end`, which is stepped over, too.
    private mutating func take(until end: String) throws(XMLFault) -> ArraySlice<UInt8> {
        let start = cursor
        let wanted = Array(end.utf8)
        while cursor + wanted.count <= bytes.count {
            if bytes[cursor..<cursor + wanted.count].elementsEqual(wanted) {
                defer { cursor += wanted.count }
                return bytes[start..<cursor]
            }
            cursor += 1
        }
        throw fault("expected \(end)")
    }

    @discardableResult
    private mutating func skip(_ text: String) -> Bool { skip(Array(text.utf8)) }

    @discardableResult
    private mutating func skip(_ wanted: [UInt8]) -> Bool {
        guard cursor + wanted.count <= bytes.count,
            bytes[cursor..<cursor + wanted.count].elementsEqual(wanted)
        else { return false }
        cursor += wanted.count
        return true
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: ":"), 0x80...0xFF:
            true
        default: false
        }
    }
}
