internal import Bytes

extension Report {
    /// Writes the report for people, in pieces of whole lines.
    ///
    /// Plain members stand below each other with their values aligned; objects become sections, and
    /// lists of plain objects tables.
    public func writeText(_ write: (String) throws -> Void) rethrows {
        if let title { try write("\(PlainLine.text(title))\n") }
        try ReportText.writeMembers(self, indent: 0, write)
    }
}

private enum ReportText {
    typealias Output = (String) throws -> Void

    static func writeMembers(_ report: Report, indent: Int, _ write: Output) rethrows {
        var plain: [(String, String)] = []
        for member in report.members(for: .people) {
            if let text = member.value.cell {
                if !text.isEmpty { plain.append((member.label, text)) }
                continue
            }
            try writePlain(plain, indent: indent, write)
            plain = []
            try writeSection(member, indent: indent, write)
        }
        try writePlain(plain, indent: indent, write)
    }

    private static func writePlain(
        _ members: [(String, String)],
        indent: Int,
        _ write: Output
    ) rethrows {
        let width = members.map(\.0.count).max() ?? 0
        for (label, text) in members {
            try write("\(margin(indent))\(TextTable.padded(label, width))  \(text)\n")
        }
    }

    private static func writeSection(
        _ member: Report.Member,
        indent: Int,
        _ write: Output
    ) rethrows {
        if indent == 0 { try write("\n") }
        switch member.value {
        case .object(let report):
            try write("\(margin(indent))\(heading(report, else: member.label))\n")
            try writeMembers(report, indent: indent + 2, write)
        case .generated(let count, let make):
            guard count > 0 else { return }
            try write("\(margin(indent))\(member.label)\n")
            for index in 0..<count {
                try writeItem(make(index), index, indent: indent + 2, write)
            }
        case .list(let values):
            try write("\(margin(indent))\(member.label)\n")
            let reports = values.map(\.asReport)
            if reports.allSatisfy(\.isRow) {
                let table = TextTable(reports)
                try table.writeLines { try write("\(margin(indent + 2))\($0)\n") }
            } else {
                for (index, report) in reports.enumerated() {
                    try writeItem(report, index, indent: indent + 2, write)
                }
            }
        default: break
        }
    }

    /// One object of a list whose objects are no rows of a table.
    private static func writeItem(
        _ report: Report,
        _ index: Int,
        indent: Int,
        _ write: Output
    ) rethrows {
        try write("\(margin(indent))\(heading(report, else: "\(index)"))\n")
        try writeMembers(report, indent: indent + 2, write)
    }

    private static func heading(_ report: Report, else name: String) -> String {
        report.title.map { PlainLine.text($0) } ?? name
    }

    private static func margin(_ indent: Int) -> String { String(repeating: " ", count: indent) }
}

extension Report.Member {
    /// The name as people read it.
    var label: String {
        PlainLine.text(isGivenName ? name : String(name.map { $0 == "_" ? " " : $0 }))
    }
}

extension Report {
    /// Whether it can be a row of a table: every member fits a cell.
    fileprivate var isRow: Bool {
        title == nil && members(for: .people).allSatisfy { $0.value.cell != nil }
    }
}

extension ReportValue {
    fileprivate var asReport: Report {
        if case .object(let report) = self { return report }
        return Report([.init("", self)])
    }

    /// The value in one line; `nil` where it has parts that need more.
    var cell: String? {
        switch self {
        case .null: ""
        case .boolean(let value): value ? "yes" : "no"
        case .integer(let number): "\(number)"
        case .count(let number): GroupedDigits.text(number)
        case .share(let share): "\((share * 1000).rounded() / 10) %"
        case .text(let text): PlainLine.text(text)
        case .value(_, let text): PlainLine.text(text)
        case .list(let values): Self.line(values)
        case .object(let report): report.members(for: .people).isEmpty ? "" : nil
        case .generated(let count, _): count == 0 ? "" : nil
        }
    }

    private static func line(_ values: [ReportValue]) -> String? {
        var cells: [String] = []
        for value in values {
            guard case .list = value else {
                guard let cell = value.cell else { return nil }
                cells.append(cell)
                continue
            }
            return nil
        }
        return cells.joined(separator: ", ")
    }

    /// Whether people compare it digit by digit, so that it stands at the right of its column.
    var isNumber: Bool {
        switch self {
        case .integer, .count, .share: true
        default: false
        }
    }
}
