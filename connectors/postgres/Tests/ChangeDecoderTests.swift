import ChangeModel
import Columns
import SourceInterface
import TableModel
import Testing

@testable import PostgresConnector

/// Knows the built-in types, and that new columns have no default.
private final class FixedSchema: SchemaLookup {
    var readsOldRows = false

    func types(of columns: [RelationMessage.Column]) throws -> TypeCatalog { TypeCatalog() }

    func describe(
        _ columns: [RelationMessage.Column],
        of relationID: UInt32,
        types: TypeCatalog
    ) throws -> (columns: [SourceColumn], readsOldRows: Bool) {
        let described = columns.compactMap { column -> SourceColumn? in
            guard case .mapped(let type) = types.mapping(of: column.type, modifier: column.modifier)
            else { return nil }
            return SourceColumn(
                name: column.name,
                declaredType: "type \(column.type)",
                type: type,
                isNullable: true
            )
        }
        return (described, readsOldRows)
    }
}

/// Builds messages as the server frames them.
private enum Message {
    static let tableID: UInt32 = 16_522

    static func begin(_ start: UInt64, id: UInt32 = 1000) -> [UInt8] {
        [UInt8(ascii: "B")] + big(start) + big(Int64(0)) + big(id)
    }

    static func commit(_ start: UInt64) -> [UInt8] {
        [UInt8(ascii: "C"), 0] + big(start) + big(start + 0x30) + big(Int64(5))
    }

    static func relation(
        _ name: String = "t",
        id: UInt32 = tableID,
        identity: Character = "d",
        columns: [(name: String, isKey: Bool, type: UInt32)]
    ) -> [UInt8] {
        var bytes = [UInt8(ascii: "R")] + big(id) + text("s") + text(name)
        bytes += [identity.asciiValue ?? 0] + big(UInt16(columns.count))
        for column in columns {
            bytes += [column.isKey ? 1 : 0] + text(column.name) + big(column.type) + big(Int32(-1))
        }
        return bytes
    }

    static func insert(_ cells: String?...) -> [UInt8] {
        [UInt8(ascii: "I")] + big(tableID) + [UInt8(ascii: "N")] + tuple(cells)
    }

    static func update(
        old: (Character, [String?])? = nil,
        _ cells: String?...
    ) -> [UInt8] {
        var bytes = [UInt8(ascii: "U")] + big(tableID)
        if let old { bytes += [old.0.asciiValue ?? 0] + tuple(old.1) }
        return bytes + [UInt8(ascii: "N")] + tuple(cells)
    }

    static func delete(_ tag: Character = "K", _ cells: String?...) -> [UInt8] {
        [UInt8(ascii: "D")] + big(tableID) + [tag.asciiValue ?? 0] + tuple(cells)
    }

    static func truncate() -> [UInt8] {
        [UInt8(ascii: "T")] + big(Int32(1)) + [0] + big(tableID)
    }

    /// `~` stands for "unchanged".
    private static func tuple(_ cells: [String?]) -> [UInt8] {
        cells.reduce(into: big(UInt16(cells.count))) { bytes, cell in
            switch cell {
            case nil: bytes.append(UInt8(ascii: "n"))
            case "~": bytes.append(UInt8(ascii: "u"))
            case .some(let text):
                bytes += [UInt8(ascii: "t")] + big(Int32(text.utf8.count)) + Array(text.utf8)
            }
        }
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

/// Plays messages to a decoder of one table `s.t(id int key, v text)` and writes down what comes.
private final class Script {
    let table = SourceTable(
        name: SourceTableName(schema: "s", table: "t"),
        columns: [
            SourceColumn(name: "id", declaredType: "integer", type: .int, isNullable: false),
            SourceColumn(name: "v", declaredType: "text", type: .string, isNullable: true),
        ],
        keyColumns: [0],
        incarnation: "16522"
    )
    let schema = FixedSchema()
    var lines: [String] = []
    private var columnNames = ["id", "v"]

    static let layout = [("id", true, UInt32(23)), ("v", false, UInt32(25))]

    func play(
        _ messages: [[UInt8]],
        watermark: String = "0/0",
        batchBytesMax: Int = 1 << 20
    ) throws -> [String] {
        let streamed = StreamedTable(
            table,
            watermark: try PostgresPosition(parsing: SourcePosition(watermark))
        )
        let decoder = ChangeDecoder(
            tables: [streamed],
            schema: schema,
            batchBytesMax: batchBytesMax,
            countSpecialValues: { _ in },
            emit: { [unowned self] in write($0) }
        )
        for message in messages { try message.withUnsafeBytes { try decoder.handle($0) } }
        try decoder.flushAll()
        return lines
    }

    private func write(_ event: SourceEvent) {
        switch event {
        case .rows(let batch):
            for row in 0..<batch.rowCount {
                let operation = ChangeOperation(rawValue: batch.operations[row])
                let cells = batch.columns.indices.map { column in
                    if !batch.unchanged.isEmpty, batch.unchanged[column].contains(row) {
                        return "~"
                    }
                    let values = batch.columns[column]
                    if values.isNull(row) { return "NULL" }
                    return values.type == .int32
                        ? "\(values.value(at: row, as: Int32.self))"
                        : values.string(at: row) ?? ""
                }
                let name = operation.map { "\($0)" } ?? "?"
                lines.append("\(name) \(cells.joined(separator: " "))")
            }
        case .truncated: lines.append("truncated")
        case .columnsAdded(let table, let needsSnapshot):
            let names = table.columns.map(\.name).joined(separator: ",")
            lines.append("columns \(names) copy=\(needsSnapshot)")
        case .stopped(_, let error): lines.append("stopped \(error.kind) \(error.message)")
        case .boundary: lines.append("boundary")
        }
    }
}

@Suite("ChangeDecoder")
struct ChangeDecoderTests {
    private func transaction(
        _ messages: [[UInt8]],
        layout: [(String, Bool, UInt32)] = Script.layout,
        identity: Character = "d",
        at start: UInt64 = 0x100,
        id: UInt32 = 1000
    ) -> [[UInt8]] {
        [Message.begin(start, id: id), Message.relation(identity: identity, columns: layout)]
            + messages
            + [Message.commit(start)]
    }

    @Test("inserts, updates and deletes become rows in their order")
    func plainRows() throws {
        let lines = try Script().play(
            transaction([
                Message.insert("1", "a"), Message.update("1", "b"), Message.update("1", nil),
                Message.delete("K", "1", nil),
            ])
        )
        #expect(lines == ["insert 1 a", "update 1 b", "update 1 NULL", "delete 1 NULL"])
    }

    @Test("a key that changes is a deletion and a moved row, with its unchanged value")
    func movedKey() throws {
        let lines = try Script().play(
            transaction([Message.update(old: ("K", ["1", nil]), "2", "~")])
        )
        #expect(lines == ["delete 1 NULL", "insertMoved 2 ~"])
    }

    @Test("an old key that equals the new one is a plain update")
    func sameKeySent() throws {
        let lines = try Script().play(
            transaction([Message.update(old: ("K", ["1", nil]), "1", "c")])
        )
        #expect(lines == ["update 1 c"])
    }

    @Test("with REPLICA IDENTITY FULL an unchanged value comes from the old row")
    func fullIdentity() throws {
        let layout = [("id", true, UInt32(23)), ("v", true, UInt32(25))]
        let lines = try Script().play(
            transaction(
                [
                    Message.update(old: ("O", ["1", "big"]), "1", "~"),
                    Message.update(old: ("O", ["1", "big"]), "2", "~"),
                    Message.delete("O", "2", "big"),
                ],
                layout: layout,
                identity: "f"
            )
        )
        #expect(lines == ["update 1 big", "delete 1 NULL", "insertMoved 2 big", "delete 2 NULL"])
    }

    @Test("an unchanged key comes from the old tuple")
    func unchangedKey() throws {
        let lines = try Script().play(
            transaction([Message.update(old: ("K", ["1", nil]), "~", "x")])
        )
        #expect(lines == ["update 1 x"])
    }

    @Test("rows that the watermark covers are not sent, by position and by snapshot")
    func coveredRows() throws {
        let messages =
            transaction([Message.insert("1", "a")], at: 0x80, id: 741)
            + transaction([Message.insert("2", "a")], at: 0x100, id: 742)
            + transaction([Message.insert("3", "a")], at: 0x140, id: 741)
            + transaction([Message.truncate()], at: 0x160, id: 742)
        let lines = try Script().play(
            messages,
            watermark: "0/100 snapshot 740:745:741,743 to 0/200"
        )
        #expect(lines == ["insert 3 a"])
    }

    @Test("a covered transaction may have a layout that was left long ago")
    func coveredLayout() throws {
        let lines = try Script().play(
            transaction([Message.insert("1")], layout: [("id", true, 23)], at: 0x80)
                + transaction([Message.insert("2", "b")], at: 0x100),
            watermark: "0/100"
        )
        #expect(lines == ["insert 2 b"])
    }

    @Test("truncation stands between the rows before and after it")
    func truncation() throws {
        let lines = try Script().play(
            transaction([
                Message.insert("1", "a"), Message.truncate(), Message.insert("2", "b"),
            ])
        )
        #expect(lines == ["insert 1 a", "truncated", "insert 2 b"])
    }

    @Test("an added column is announced in the middle of a transaction, rows before it first")
    func addedColumn() throws {
        let script = Script()
        script.schema.readsOldRows = true
        let lines = try script.play(
            transaction([
                Message.insert("1", "a"),
                Message.relation(columns: [("id", true, 23), ("n", false, 23), ("v", false, 25)]),
                Message.insert("2", "7", "b"), Message.delete("K", "1", nil, nil),
            ])
        )
        #expect(
            lines == [
                "insert 1 a", "columns id,v,n copy=true", "insert 2 b 7", "delete 1 NULL NULL",
            ]
        )
    }

    @Test("columns in another order are the same columns")
    func otherOrder() throws {
        let lines = try Script().play(
            transaction([Message.insert("a", "1")], layout: [("v", false, 25), ("id", true, 23)])
        )
        #expect(lines == ["insert 1 a"])
    }

    @Test(
        "a layout that cannot be followed stops the table, with the reason",
        arguments: [
            ([("id", true, 23)], "d", "column v was dropped"),
            (
                [("id", true, 23), ("w", false, 25)], "d",
                "column v was dropped or renamed while w appeared"
            ),
            (
                [("id", true, 23), ("v", false, 23)], "d",
                "column v changed its type from string to int"
            ),
            (
                [("id", false, 23), ("v", true, 25)], "i", "its key changed from (id) to (v)"
            ),
            (
                [("id", false, 23), ("v", false, 25)], "d",
                "its primary key or replica identity is gone"
            ),
            ([("id", false, 23), ("v", false, 25)], "n", "its REPLICA IDENTITY is NOTHING now"),
        ] as [([(String, Bool, UInt32)], Character, String)]
    )
    func incompatible(
        _ layout: [(String, Bool, UInt32)],
        identity: Character,
        reason: String
    ) throws {
        let lines = try Script().play(
            transaction([Message.insert("1", "a")])
                + transaction(
                    [Message.insert("2", "b"), Message.insert("3", "c")],
                    layout: layout,
                    identity: identity,
                    at: 0x200
                )
        )
        #expect(
            lines == [
                "insert 1 a",
                "stopped unsupportedChange could not follow s.t any further: \(reason)",
            ]
        )
    }

    @Test("a text that became a longer one is no change")
    func sameLakeType() throws {
        let lines = try Script().play(
            transaction([Message.insert("1", "a")], layout: [("id", true, 21), ("v", false, 1043)])
        )
        #expect(lines == ["insert 1 a"])
    }

    @Test("a renamed table and a re-created one stop")
    func identity() throws {
        let renamed = try Script().play([
            Message.begin(0x100), Message.relation("u", columns: Script.layout),
            Message.insert("1", "a"),
            Message.commit(0x100),
        ])
        #expect(
            renamed == [
                "stopped unsupportedChange could not follow s.t any further: "
                    + "it was renamed to s.u"
            ]
        )
        let recreated = try Script().play([
            Message.begin(0x100), Message.relation(id: 99, columns: Script.layout),
            [UInt8(ascii: "I"), 0, 0, 0, 99, UInt8(ascii: "N"), 0, 2, 0x6E, 0x6E],
            Message.commit(0x100),
        ])
        #expect(
            recreated == [
                "stopped unsupportedChange could not follow s.t any further: "
                    + "it was dropped and created again"
            ]
        )
    }

    @Test("batches are cut by their bytes")
    func cutBatches() throws {
        let script = Script()
        let streamed = StreamedTable(script.table, watermark: PostgresPosition(.zero))
        var sizes: [Int] = []
        let decoder = ChangeDecoder(
            tables: [streamed],
            schema: script.schema,
            batchBytesMax: 300,
            countSpecialValues: { _ in },
            emit: { if case .rows(let batch) = $0 { sizes.append(batch.rowCount) } }
        )
        let rows = (0..<10).map { Message.insert("\($0)", String(repeating: "x", count: 100)) }
        for message in transaction(rows) { try message.withUnsafeBytes { try decoder.handle($0) } }
        try decoder.flushAll()
        #expect(sizes == [3, 3, 3, 1])
    }

    @Test(
        "a value that is no value of its type ends the stream, without the value",
        arguments: [("x1", "2 bytes"), ("2147483648", "10 bytes")]
    )
    func malformedValue(_ text: String, length: String) {
        let error = #expect(throws: SourceError.self) {
            try Script().play(transaction([Message.insert(text, "a")]))
        }
        #expect(error?.kind == .malformedEvent)
        #expect(
            error?.message
                == "could not decode a change of s.t: column id (integer) has \(length) of text "
                + "that are no int"
        )
        #expect(error?.position == "0/100")
    }

    @Test("a delete without its key stops the table")
    func missingKey() throws {
        let lines = try Script().play(transaction([Message.delete("K", nil, "a")]))
        #expect(
            lines == [
                "stopped unsupportedChange could not decode a change of s.t: column id (integer) "
                    + "is part of the key but the log does not carry it"
            ]
        )
    }

    @Test("messages out of order and unknown ones are malformed")
    func outOfOrder() {
        let scripts: [[[UInt8]]] = [
            [Message.insert("1", "a")], [Message.commit(0x100)],
            [Message.begin(0x100), Message.begin(0x200)],
            [Message.begin(0x100), Message.insert("1", "a")],
            [Message.begin(0x100), Message.commit(0x200)], [[UInt8(ascii: "S"), 0, 0, 0, 1, 1]],
            [[]], [Message.begin(0x100), Message.truncate()],
        ]
        for script in scripts {
            let error = #expect(throws: SourceError.self) { try Script().play(script) }
            #expect(error?.kind == .malformedEvent)
        }
    }

    @Test("a row message cut anywhere throws and leaves no half row")
    func everyCut() throws {
        let messages = [
            Message.insert("1", "a"), Message.update(old: ("K", ["1", nil]), "2", "~"),
            Message.delete("K", "1", nil),
        ]
        for whole in messages {
            for length in 1..<whole.count {
                let script = Script()
                #expect(throws: SourceError.self) {
                    try script.play(transaction([Array(whole.prefix(length))]))
                }
                #expect(script.lines.isEmpty)
            }
        }
    }
}
