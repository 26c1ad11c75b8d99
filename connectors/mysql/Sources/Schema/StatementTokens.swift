/// The words of one SQL statement, without its comments.
struct StatementTokens {
    enum Token: Equatable {
        /// A keyword or a bare identifier, as written.
        case word(String)
        case quotedIdentifier(String)
        /// A text literal with its content; `x'…'` is a word `x` in front of it.
        case text(String)
        case symbol(UInt8)
    }

    private(set) var tokens: [Token] = []

    /// With ANSI quotes, `"name"` is an identifier rather than a text.
    init(_ statement: String, hasANSIQuotes: Bool) {
        var scanner = Scanner(bytes: Array(statement.utf8), hasANSIQuotes: hasANSIQuotes)
        while let token = scanner.next() { tokens.append(token) }
    }

    private struct Scanner {
        let bytes: [UInt8]
        let hasANSIQuotes: Bool
        var cursor = 0

        func byte(_ offset: Int = 0) -> UInt8 {
            bytes.indices.contains(cursor + offset) ? bytes[cursor + offset] : 0
        }

        mutating func next() -> Token? {
            skipSpaceAndComments()
            guard cursor < bytes.count else { return nil }
            switch byte() {
            case UInt8(ascii: "`"): return .quotedIdentifier(readQuoted(hasBackslashes: false))
            case UInt8(ascii: "\"") where hasANSIQuotes:
                return .quotedIdentifier(readQuoted(hasBackslashes: false))
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                return .text(readQuoted(hasBackslashes: true))
            case let first where Self.isWordByte(first):
                let start = cursor
                while cursor < bytes.count, Self.isWordByte(byte()) { cursor += 1 }
                return .word(String(decoding: bytes[start..<cursor], as: UTF8.self))
            case let symbol:
                cursor += 1
                return .symbol(symbol)
            }
        }

        static func isWordByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"),
                UInt8(ascii: "@"), 0x80...0xFF:
                true
            default: false
            }
        }

        /// Comments that servers execute (`/*! … */`, `/*M! … */`) lose only their brackets.
        mutating func skipSpaceAndComments() {
            while cursor < bytes.count {
                switch byte() {
                case 0...0x20: cursor += 1
                case UInt8(ascii: "#"): skipLine()
                case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-") && byte(2) <= 0x20:
                    skipLine()
                case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): enterComment()
                case UInt8(ascii: "*") where byte(1) == UInt8(ascii: "/"): cursor += 2
                default: return
                }
            }
        }

        mutating func skipLine() {
            while cursor < bytes.count, byte() != UInt8(ascii: "\n") { cursor += 1 }
        }

        mutating func enterComment() {
            let isExecutable =
                byte(2) == UInt8(ascii: "!")
                || (byte(2) == UInt8(ascii: "M") && byte(3) == UInt8(ascii: "!"))
            if isExecutable {
                cursor += byte(2) == UInt8(ascii: "!") ? 3 : 4
                while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte()) { cursor += 1 }
                return
            }
            cursor += 2
            while cursor < bytes.count,
                !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/"))
            {
                cursor += 1
            }
            cursor = min(cursor + 2, bytes.count)
        }

        /// Reads up to the closing quote; a doubled quote stands for one.
        mutating func readQuoted(hasBackslashes: Bool) -> String {
            let quote = byte()
            cursor += 1
            var content: [UInt8] = []
            while cursor < bytes.count {
                let current = byte()
                if current == UInt8(ascii: "\\"), hasBackslashes {
                    content.append(byte(1))
                    cursor += 2
                } else if current == quote {
                    cursor += 1
                    guard byte() == quote, cursor < bytes.count else { break }
                    content.append(quote)
                    cursor += 1
                } else {
                    content.append(current)
                    cursor += 1
                }
            }
            return String(decoding: content, as: UTF8.self)
        }
    }
}
