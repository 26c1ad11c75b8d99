/// Rows of values with their columns aligned, below the names of the columns.
///
/// A column that is empty in every row is left out; numbers stand at the right.
struct TextTable {
    private struct Column {
        var name: String
        var cells: [String]
        var isNumeric: Bool
        var width: Int
    }

    private let columns: [Column]
    private let rowCount: Int

    init(_ rows: [Report]) {
        var names: [String] = []
        var cells: [String: [String]] = [:]
        var isText: Set<String> = []
        for (row, report) in rows.enumerated() {
            for member in report.members(for: .people) {
                let name = member.label
                guard let cell = member.value.cell, !cell.isEmpty else { continue }
                if cells[name] == nil {
                    cells[name] = [String](repeating: "", count: rows.count)
                }
                cells[name]?[row] = cell
                if !member.value.isNumber { isText.insert(name) }
            }
        }
        // In the order of the members, whichever row has them.
        for report in rows {
            for member in report.members(for: .people)
            where cells[member.label] != nil && !names.contains(member.label) {
                names.append(member.label)
            }
        }
        columns = names.map { name in
            let cells = cells[name] ?? []
            return Column(
                name: name,
                cells: cells,
                isNumeric: !isText.contains(name),
                width: max(name.count, cells.map(\.count).max() ?? 0)
            )
        }
        rowCount = rows.count
    }

    func writeLines(_ write: (String) throws -> Void) rethrows {
        if columns.contains(where: { !$0.name.isEmpty }) {
            try write(line(columns.map(\.name)))
        }
        for row in 0..<rowCount { try write(line(columns.map { $0.cells[row] })) }
    }

    private func line(_ cells: [String]) -> String {
        var line = ""
        for (index, (cell, column)) in zip(cells, columns).enumerated() {
            if index > 0 { line += "  " }
            line += Self.padded(cell, column.width, atRight: column.isNumeric)
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Text with spaces up to a width in characters.
    static func padded(_ text: String, _ width: Int, atRight: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - text.count))
        return atRight ? spaces + text : text + spaces
    }
}

/// Numbers with a comma between each three digits.
enum GroupedDigits {
    static func text(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var result = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }
}

/// Text of a file as people may see it: in one line, and without power over the terminal.
enum PlainLine {
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isControl) else { return text }
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                line.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                line.append(scalar)
            }
        }
        return String(line)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: true
        default: false
        }
    }
}
