internal import Bytes
internal import Diagnostics

extension Report {
    /// Writes one JSON document and a line end, in pieces.
    ///
    /// An object or array of plain values stands in one line, others have a member in each line.
    public func writeJSON(_ write: (String) throws -> Void) rethrows {
        try ReportJSON.write(.object(self), indent: 0, write)
        try write("\n")
    }
}

private enum ReportJSON {
    static func write(
        _ value: ReportValue,
        indent: Int,
        _ output: (String) throws -> Void
    ) rethrows {
        switch value {
        case .null: try output("null")
        case .boolean(let value): try output(value ? "true" : "false")
        case .integer(let number), .count(let number): try output("\(number)")
        case .share(let share): try output(JSONText.number(share).line)
        case .text(let text): try output(JSONText.text(text).line)
        case .value(let json, _): try output(json.text)
        case .list(let values):
            let isPlain = values.allSatisfy(\.isPlain)
            try writeList("[", "]", count: values.count, indent, isPlain, output) { index, indent in
                try write(values[index], indent: indent, output)
            }
        case .object(let report): try writeObject(report, indent: indent, output)
        case .generated(let count, let make):
            try writeList("[", "]", count: count, indent, false, output) { index, indent in
                try writeObject(make(index), indent: indent, output)
            }
        }
    }

    private static func writeObject(
        _ report: Report,
        indent: Int,
        _ output: (String) throws -> Void
    ) rethrows {
        let members = report.members(for: .machines)
        let isPlain = indent > 0 && members.allSatisfy(\.value.isPlain)
        try writeList("{", "}", count: members.count, indent, isPlain, output) { index, indent in
            try output("\(JSONText.text(members[index].name).line): ")
            try write(members[index].value, indent: indent, output)
        }
    }

    private static func writeList(
        _ opening: String,
        _ closing: String,
        count: Int,
        _ indent: Int,
        _ isPlain: Bool,
        _ output: (String) throws -> Void,
        _ writeItem: (Int, Int) throws -> Void
    ) rethrows {
        try output(opening)
        let margin = "\n" + String(repeating: "  ", count: indent)
        for index in 0..<count {
            if index > 0 { try output(isPlain ? ", " : ",") }
            if !isPlain { try output(margin + "  ") }
            try writeItem(index, indent + 1)
        }
        if count > 0, !isPlain { try output(margin) }
        try output(closing)
    }
}

extension ReportValue {
    /// Whether the value has no parts.
    fileprivate var isPlain: Bool {
        switch self {
        case .list(let values): values.isEmpty
        case .object(let report): report.members(for: .machines).isEmpty
        case .generated(let count, _): count == 0
        default: true
        }
    }
}
