import Bytes
import ChangeModel
import Testing

@testable import PostgresConnector

/// Bytes from their hexadecimal digits; spaces separate fields.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.filter { $0 != UInt8(ascii: " ") }
    return stride(from: 0, to: digits.count, by: 2).map {
        TextBytes.nibble(digits[$0]) << 4 | TextBytes.nibble(digits[$0 + 1])
    }
}

/// Messages of a real server, 15.20, without their tags.
enum Captured {
    static let relation = bytes(
        "0000408a 7075626c696300 726c00 66 0003 01 696400 00000017 ffffffff "
            + "01 6100 00000017 ffffffff 01 6200 00000019 ffffffff"
    )
    static let tuple = bytes("0003 74 00000004 39303031 74 00000004 39303031 74 00000002 7470")
    static let begin = bytes("0000000001646a58 000303db6b9bfd46 00000330")
    static let commit = bytes("00 0000000001646a58 0000000001646b50 000303db6b9bfd46")
    static let truncate = bytes("00000002 03 0000408a 0000408b")
    static let keepalive = bytes("0000000001646b50 000303db6b9bfd46 01")
}

@Suite("pgoutput messages")
struct PgoutputMessagesTests {
    private func parse<Message>(
        _ bytes: [UInt8],
        _ body: (inout ByteReader) throws(WireFault) -> Message
    ) throws(WireFault) -> Message {
        var reader = ByteReader(bytes.span.bytes)
        return try body(&reader)
    }

    @Test("a relation as a server sent it")
    func relation() throws {
        let message = try parse(Captured.relation) { r throws(WireFault) in
            try RelationMessage(&r)
        }
        #expect(message.relationID == 16_522)
        #expect(message.name == SourceTableName(schema: "public", table: "rl"))
        #expect(message.replicaIdentity == .allColumns)
        #expect(message.columns.map(\.name) == ["id", "a", "b"])
        #expect(message.columns.map(\.type) == [23, 23, 25])
        #expect(message.columns.allSatisfy { $0.isKey && $0.modifier == -1 })
    }

    @Test("begin, commit, truncation and keepalive as a server sent them")
    func others() throws {
        let begin = try parse(Captured.begin) { r throws(WireFault) in try BeginMessage(&r) }
        #expect(begin.commitStart == LogSequenceNumber(0x164_6A58))
        #expect(begin.transactionID == 0x330)
        let commit = try parse(Captured.commit) { r throws(WireFault) in try CommitMessage(&r) }
        #expect(commit.commitEnd.description == "0/1646B50")
        let truncate = try parse(Captured.truncate) { r throws(WireFault) in
            try TruncateMessage(&r)
        }
        #expect(truncate.relationIDs == [16_522, 16_523])
        let keepalive = try parse(Captured.keepalive) { r throws(WireFault) in
            try KeepaliveMessage(&r)
        }
        #expect(keepalive.isReplyRequested)
        #expect(keepalive.end == LogSequenceNumber(0x164_6B50))
    }

    @Test("a message cut anywhere throws, and one byte too many does too")
    func everyCut() {
        func faults(
            _ whole: [UInt8],
            _ body: (inout ByteReader) throws(WireFault) -> Void
        ) -> Int {
            let lengths = Array(0..<whole.count) + [whole.count + 1]
            return lengths.count { length in
                let bytes = Array((whole + [0]).prefix(length))
                do throws(WireFault) {
                    try parse(bytes, body)
                    return false
                } catch {
                    return true
                }
            }
        }
        #expect(
            faults(Captured.relation) { r throws(WireFault) in _ = try RelationMessage(&r) }
                == Captured.relation.count + 1
        )
        #expect(
            faults(Captured.begin) { r throws(WireFault) in _ = try BeginMessage(&r) }
                == Captured.begin.count + 1
        )
        #expect(
            faults(Captured.commit) { r throws(WireFault) in _ = try CommitMessage(&r) }
                == Captured.commit.count + 1
        )
        #expect(
            faults(Captured.truncate) { r throws(WireFault) in _ = try TruncateMessage(&r) }
                == Captured.truncate.count + 1
        )
        #expect(
            faults(Captured.keepalive) { r throws(WireFault) in _ = try KeepaliveMessage(&r) }
                == Captured.keepalive.count + 1
        )
    }

    @Test("a tuple cut anywhere names the field that is missing bytes")
    func tupleCuts() {
        let cells = TupleCells()
        for length in 0..<Captured.tuple.count {
            let bytes = Array(Captured.tuple.prefix(length))
            #expect(throws: WireFault.self) {
                try bytes.withUnsafeBufferPointer { buffer in
                    var reader = ByteReader(bytes.span.bytes)
                    let base = try #require(buffer.baseAddress ?? UnsafePointer(bitPattern: 1))
                    try cells.read(&reader, base: base, columnCount: 3)
                }
            }
        }
    }

    @Test(
        "lengths and tags that cannot be are refused before anything is read by them",
        arguments: [
            ("0002 6e 6e", WireFault(.malformedValue, offset: 0, wanted: 3, available: 2)),
            (
                "0003 6e 6e 74 7fffffff",
                WireFault(.impossibleLength, offset: 9, wanted: 0x7FFF_FFFF, available: 0)
            ),
            (
                "0003 6e 6e 74 ffffffff 00",
                WireFault(.impossibleLength, offset: 9, wanted: -1, available: 1)
            ),
            (
                "0003 6e 75 62 00000001 00",
                WireFault(.unknownTag, offset: 4, wanted: 0x62, available: 5)
            ),
        ]
    )
    func badTuples(_ hex: String, expected: WireFault) {
        let cells = TupleCells()
        let message = bytes(hex)
        let fault = #expect(throws: WireFault.self) {
            try message.withUnsafeBufferPointer { buffer in
                var reader = ByteReader(message.span.bytes)
                let base = try #require(buffer.baseAddress)
                try cells.read(&reader, base: base, columnCount: 3)
            }
        }
        #expect(fault == expected)
    }
}
