import Columns
import Testing

@Suite("Nested columns")
struct NestedColumnTests {
    /// A list of structures of a number and a text.
    private static let shape = ColumnShape(
        .list,
        children: [
            ColumnShape(.structure, children: [ColumnShape(.int64), ColumnShape(.bytes)])
        ]
    )

    /// Rows: [(1, "a"), NULL], NULL, [], [(NULL, "b")].
    private func sample() -> ColumnBuilder {
        var builder = ColumnBuilder(Self.shape, expectedRows: 1)
        appendPair(1, "a", to: &builder)
        builder.children[0].appendNull()
        builder.closeElements()
        builder.appendNull()
        builder.closeElements()
        appendPair(nil, "b", to: &builder)
        builder.closeElements()
        return builder
    }

    private func appendPair(_ number: Int64?, _ text: String, to builder: inout ColumnBuilder) {
        let pair = builder.children
        if let number {
            pair[0].children[0].append(number)
        } else {
            pair[0].children[0].appendNull()
        }
        pair[0].children[1].append(utf8: text)
        pair[0].closeStructure()
    }

    /// A row as text, so that an expectation shows the whole row.
    private func shown(_ column: Column, _ row: Int) -> String {
        if column.isNull(row) { return "NULL" }
        switch column.type {
        case .int64: return "\(column.value(at: row, as: Int64.self))"
        case .bytes: return column.string(at: row) ?? "NULL"
        case .structure:
            return "(\(column.children.map { shown($0, row) }.joined(separator: ", ")))"
        default:
            let elements = column.elements(at: row).map { shown(column.children[0], $0) }
            return "[\(elements.joined(separator: ", "))]"
        }
    }

    @Test("NULL, empty and filled rows are told apart, at every level")
    func rows() {
        let column = sample().finish()
        let rows = (0..<4).map { shown(column, $0) }
        #expect(rows == ["[(1, a), NULL]", "NULL", "[]", "[(NULL, b)]"])
        #expect(column.nullCount == 1)
        #expect(column.shape == Self.shape)
        let structure = column.children[0]
        #expect(structure.rowCount == 3)
        #expect(structure.children.map(\.rowCount) == [3, 3])
        #expect(structure.children.map(\.nullCount) == [2, 1])
    }

    @Test("rows are copied with all they hold, in any order")
    func copying() {
        let source = sample().finish()
        var builder = ColumnBuilder(Self.shape, expectedRows: 1)
        builder.append(rows: [3, 0, 2, 1], of: source)
        builder.append(row: 0, of: source)
        let column = builder.finish()
        let rows = (0..<5).map { shown(column, $0) }
        #expect(
            rows == ["[(NULL, b)]", "[(1, a), NULL]", "[]", "NULL", "[(1, a), NULL]"]
        )
    }

    @Test("taking rows back takes their elements back", arguments: 0...4)
    func truncation(keptRows: Int) {
        var builder = sample()
        builder.truncate(toRows: keptRows)
        appendPair(7, "z", to: &builder)
        builder.closeElements()
        let column = builder.finish()
        let all = ["[(1, a), NULL]", "NULL", "[]", "[(NULL, b)]"]
        let rows = (0...keptRows).map { shown(column, $0) }
        #expect(rows == all.prefix(keptRows) + ["[(7, z)]"])
    }

    @Test("growing keeps offsets, NULLs and elements")
    func growth() {
        var builder = ColumnBuilder(Self.shape, expectedRows: 1)
        for row in 0..<1000 {
            if row % 7 == 3 {
                builder.appendNull()
                continue
            }
            for element in 0..<row % 5 { appendPair(Int64(row), "\(element)", to: &builder) }
            builder.closeElements()
        }
        let column = builder.finish()
        for row in 0..<1000 {
            let elements = (0..<row % 5).map { "(\(row), \($0))" }.joined(separator: ", ")
            #expect(shown(column, row) == (row % 7 == 3 ? "NULL" : "[\(elements)]"))
        }
    }

    @Test("a structure whose children have different lengths is refused")
    func ragged() async {
        await #expect(processExitsWith: .failure) {
            let shape = ColumnShape(.structure, children: [ColumnShape(.int64), .init(.int64)])
            var builder = ColumnBuilder(shape, expectedRows: 1)
            builder.children[0].append(Int64(1))
            builder.closeStructure()
        }
    }
}
