/// JSON that is written for people and machines to read, with its members in the order given.
///
/// Source: RFC 8259.
public indirect enum JSONText: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number that is not finite is written as null: JSON has no word for it.
    case number(Double)
    case text(String)
    case array([JSONText])
    case object([(String, JSONText)])

    /// The text of an optional value, or null.
    public static func text(orNull text: String?) -> JSONText {
        text.map { .text($0) } ?? .null
    }

    /// The number of an optional value, or null.
    public static func integer(orNull number: Int64?) -> JSONText {
        number.map { .integer($0) } ?? .null
    }

    /// In one line.
    public var line: String {
        var output = ""
        write(to: &output, indent: nil)
        return output
    }

    /// One member in each line, indented by two spaces.
    public var indented: String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    private func write(to output: inout String, indent: Int?) {
        switch self {
        case .null: output += "null"
        case .boolean(let value): output += value ? "true" : "false"
        case .integer(let number): output += "\(number)"
        case .number(let number): output += number.isFinite ? "\(number)" : "null"
        case .text(let text): Self.quote(text, to: &output)
        case .array(let items):
            Self.writeList(items, "[", "]", to: &output, indent: indent) { item, output, indent in
                item.write(to: &output, indent: indent)
            }
        case .object(let members):
            Self.writeList(members, "{", "}", to: &output, indent: indent) {
                member,
                output,
                indent in
                Self.quote(member.0, to: &output)
                output += indent == nil ? ":" : ": "
                member.1.write(to: &output, indent: indent)
            }
        }
    }

    private static func writeList<Item>(
        _ items: [Item],
        _ opening: String,
        _ closing: String,
        to output: inout String,
        indent: Int?,
        _ writeItem: (Item, inout String, Int?) -> Void
    ) {
        output += opening
        let inner = indent.map { $0 + 1 }
        for (index, item) in items.enumerated() {
            if index > 0 { output += "," }
            newLine(inner, to: &output)
            writeItem(item, &output, inner)
        }
        if !items.isEmpty { newLine(indent, to: &output) }
        output += closing
    }

    private static func newLine(_ indent: Int?, to output: inout String) {
        guard let indent else { return }
        output += "\n" + String(repeating: "  ", count: indent)
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
