import ChangeModel
import SourceInterface
import Testing

@testable import PostgresConnector

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

    @Test("without a key an update is the whole old row's deletion and the new row")
    func keyless() throws {
        let layout = [("id", true, UInt32(23)), ("v", true, UInt32(25))]
        let lines = try Script(key: []).play(
            transaction(
                [
                    Message.insert("1", nil), Message.update(old: ("O", ["1", "big"]), "1", "~"),
                    Message.update(old: ("O", ["1", nil]), "1", nil),
                    Message.delete("O", "2", "big"),
                ],
                layout: layout,
                identity: "f"
            )
        )
        #expect(
            lines == [
                "insert 1 NULL", "delete 1 big", "insertMoved 1 big", "delete 1 NULL",
                "insertMoved 1 NULL", "delete 2 big",
            ]
        )
    }

    @Test(
        "without a key a change that does not carry the whole old row stops the table",
        arguments: [
            Message.delete("K", "1", nil), Message.update("1", "b"),
            Message.update(old: ("K", ["1", nil]), "1", "b"),
        ]
    )
    func keylessWithoutOldRow(message: [UInt8]) throws {
        let layout = [("id", true, UInt32(23)), ("v", true, UInt32(25))]
        let lines = try Script(key: []).play(
            transaction([message], layout: layout, identity: "f")
        )
        #expect(
            lines == [
                "stopped unsupportedChange could not decode a change of s.t: column id (integer) is "
                    + "part of the key but the log does not carry it"
            ]
        )
    }

    @Test("without a key a table whose replica identity is no longer full stops")
    func keylessIdentity() throws {
        let layout = [("id", false, UInt32(23)), ("v", false, UInt32(25))]
        let lines = try Script(key: []).play(
            transaction([Message.insert("1", "a")], layout: layout)
        )
        #expect(
            lines == [
                "stopped unsupportedChange could not follow s.t any further: it has no key, and its "
                    + "REPLICA IDENTITY is not FULL any more"
            ]
        )
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
                // The boundary says that the whole transaction before stays in the lake.
                "insert 1 a", "boundary",
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
