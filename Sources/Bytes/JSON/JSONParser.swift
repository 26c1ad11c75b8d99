/// Text that is not JSON, or is nested too deeply.
public struct JSONFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var message: String
    /// Bytes from the start of the document.
    public var offset: Int

    public init(_ message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }

    public var description: String { "\(message) at byte \(offset)" }
}

/// Levels of arrays and objects a document may have; metadata files use fewer than twenty.
public let jsonDepthMax = 256

extension JSONValue {
    /// Reads one document; only white space may follow it.
    public init(parsing bytes: [UInt8]) throws(JSONFault) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.parseDocument()
    }

    /// Reads one document from text.
    public init(parsing text: String) throws(JSONFault) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// Walks the bytes of a document once, front to back.
private struct JSONParser {
    let bytes: [UInt8]
    var cursor = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseDocument() throws(JSONFault) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard cursor == bytes.count else { throw fault("unexpected text after the document") }
        return value
    }

    private func fault(_ message: String) -> JSONFault { JSONFault(message, offset: cursor) }

    private var current: UInt8? { cursor < bytes.count ? bytes[cursor] : nil }

    private mutating func skipSpace() {
        while cursor < bytes.count {
            switch bytes[cursor] {
            case 0x20, 0x09, 0x0A, 0x0D: cursor += 1
            default: return
            }
        }
    }

    private mutating func parseValue(depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= jsonDepthMax else {
            throw fault("more than \(jsonDepthMax) levels of arrays and objects")
        }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            return try parseNumber()
        case nil: throw fault("the document ends where a value should be")
        default: throw fault("no value starts with this character")
        }
    }

    private mutating func parseWord(
        _ word: StaticString,
        _ value: JSONValue
    ) throws(JSONFault) -> JSONValue {
        let length = word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { expected in
            length <= bytes.count - cursor
                && expected.elementsEqual(bytes[cursor..<(cursor + length)])
        }
        guard matches else { throw fault("expected \(word)") }
        cursor += length
        return value
    }

    private mutating func parseObject(depth: Int) throws(JSONFault) -> JSONObject {
        var object = JSONObject()
        cursor += 1
        skipSpace()
        if current == UInt8(ascii: "}") {
            cursor += 1
            return object
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw fault("expected a member's name") }
            let name = try parseString()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw fault("expected ':'") }
            cursor += 1
            object.append(name, try parseValue(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): cursor += 1
            case UInt8(ascii: "}"):
                cursor += 1
                return object
            default: throw fault("expected ',' or '}'")
            }
        }
    }

    private mutating func parseArray(depth: Int) throws(JSONFault) -> [JSONValue] {
        var elements: [JSONValue] = []
        cursor += 1
        skipSpace()
        if current == UInt8(ascii: "]") {
            cursor += 1
            return elements
        }
        while true {
            elements.append(try parseValue(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): cursor += 1
            case UInt8(ascii: "]"):
                cursor += 1
                return elements
            default: throw fault("expected ',' or ']'")
            }
        }
    }

    private mutating func skipDigits() throws(JSONFault) {
        let start = cursor
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            cursor += 1
        }
        guard cursor > start else { throw fault("expected a digit") }
    }

    private mutating func parseNumber() throws(JSONFault) -> JSONValue {
        let start = cursor
        var isInteger = true
        if current == UInt8(ascii: "-") { cursor += 1 }
        let digits = cursor
        try skipDigits()
        if cursor - digits > 1, bytes[digits] == UInt8(ascii: "0") {
            throw JSONFault("a number starts with 0", offset: start)
        }
        if current == UInt8(ascii: ".") {
            isInteger = false
            cursor += 1
            try skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            cursor += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { cursor += 1 }
            try skipDigits()
        }
        let text = String(decoding: bytes[start..<cursor], as: UTF8.self)
        // "-0" is no integer: writing it again would lose its sign.
        if isInteger, text != "-0", let value = Int64(text) { return .integer(value) }
        return .number(text)
    }

    private mutating func parseString() throws(JSONFault) -> String {
        cursor += 1
        let start = cursor
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try decode(bytes[start..<cursor])
                cursor += 1
                return text
            case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
            case 0..<0x20: throw fault("a control character in a string")
            default: cursor += 1
            }
        }
        throw fault("the document ends inside a string")
    }

    private func decode(_ slice: ArraySlice<UInt8>) throws(JSONFault) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONFault("a string is not UTF-8", offset: slice.startIndex)
        }
        return text
    }

    /// Goes on where a string holds its first backslash.
    private mutating func parseEscapedString(from start: Int) throws(JSONFault) -> String {
        var collected = Array(bytes[start..<cursor])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: collected, as: UTF8.self) else {
                    throw JSONFault("a string is not UTF-8", offset: start)
                }
                cursor += 1
                return text
            case UInt8(ascii: "\\"):
                cursor += 1
                try appendEscape(to: &collected)
            case 0..<0x20: throw fault("a control character in a string")
            default:
                collected.append(byte)
                cursor += 1
            }
        }
        throw fault("the document ends inside a string")
    }

    private mutating func appendEscape(to collected: inout [UInt8]) throws(JSONFault) {
        guard let byte = current else { throw fault("the document ends inside an escape") }
        cursor += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
        case UInt8(ascii: "b"): collected.append(0x08)
        case UInt8(ascii: "f"): collected.append(0x0C)
        case UInt8(ascii: "n"): collected.append(0x0A)
        case UInt8(ascii: "r"): collected.append(0x0D)
        case UInt8(ascii: "t"): collected.append(0x09)
        case UInt8(ascii: "u"):
            collected.append(contentsOf: String(Character(try parseUnicodeEscape())).utf8)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func parseUnicodeEscape() throws(JSONFault) -> Unicode.Scalar {
        let first = try parseFourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A surrogate: its partner must follow in a second escape.
        guard first < 0xDC00, current == UInt8(ascii: "\\"), cursor + 1 < bytes.count,
            bytes[cursor + 1] == UInt8(ascii: "u")
        else { throw fault("half of a surrogate pair") }
        cursor += 2
        let second = try parseFourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw fault("half of a surrogate pair") }
        return scalar
    }

    private mutating func parseFourHexDigits() throws(JSONFault) -> UInt32 {
        guard bytes.count - cursor >= 4 else { throw fault("the document ends inside an escape") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit = bytes[cursor]
            let nibble: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): nibble = digit - UInt8(ascii: "A") + 10
            default: throw fault("expected a hexadecimal digit")
            }
            value = value << 4 | UInt32(nibble)
            cursor += 1
        }
        return value
    }
}
