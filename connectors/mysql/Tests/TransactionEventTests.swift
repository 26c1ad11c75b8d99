import Bytes
import Testing

@testable import MySQLConnector

@Suite("Starts and ends of transactions")
struct TransactionEventTests {
    @Test("a MariaDB GTID of DDL stands alone, one of a transaction does not")
    func mariadbGTID() throws {
        let ddl = bytes("0100000000000000 00000000 29 000000000000")
        let alone = try parsing(ddl) { bytes throws(WireFault) in
            try MariaDBGTIDEvent(bytes.bytes, serverID: 7)
        }
        #expect(alone.transaction == .mariadb(domain: 0, serverID: 7, sequence: 1))
        #expect(alone.isStandalone)
        let rows = bytes("4c15000000000000 02000000 0c 000000000000")
        let transaction = try parsing(rows) { bytes throws(WireFault) in
            try MariaDBGTIDEvent(bytes.bytes, serverID: 7)
        }
        #expect(transaction.transaction == .mariadb(domain: 2, serverID: 7, sequence: 5452))
        #expect(!transaction.isStandalone && !transaction.isPreparedXA)
    }

    @Test("a MariaDB GTID of XA carries the branch, of any length")
    func mariadbXA() throws {
        let prepare = bytes("1400000000000000 00000000 4c 01000000 02 00 7839 01 ff")
        let prepared = try parsing(prepare) { bytes throws(WireFault) in
            try MariaDBGTIDEvent(bytes.bytes, serverID: 1)
        }
        #expect(prepared.isPreparedXA && !prepared.isCompletedXA)
        #expect(prepared.alterPhase == nil)
        let commit = bytes("1500000000000000 00000000 8d 01000000 02 00 7839")
        #expect(
            try parsing(commit) { bytes throws(WireFault) in
                try MariaDBGTIDEvent(bytes.bytes, serverID: 1)
            }.isCompletedXA
        )
        for count in 0..<13 {
            #expect(throws: WireFault.self) {
                try parsing(prepare[..<count]) { bytes throws(WireFault) in
                    try MariaDBGTIDEvent(bytes.bytes, serverID: 1)
                }
            }
        }
    }

    @Test(
        "the extra flags of a MariaDB GTID tell the halves of a two-phase ALTER",
        arguments: [
            ("02", MariaDBGTIDEvent.AlterPhase.start), ("04", .commit), ("08", .rollback),
        ]
    )
    func alterPhases(_ flags: String, _ phase: MariaDBGTIDEvent.AlterPhase) throws {
        let body = bytes("0100000000000000 00000000 29 000000000000 \(flags) 0100000000000000")
        #expect(
            try parsing(body) { bytes throws(WireFault) in
                try MariaDBGTIDEvent(bytes.bytes, serverID: 1)
            }.alterPhase == phase
        )
    }

    @Test("a MySQL GTID gives source, number and commit time")
    func mysqlGTID() throws {
        let body = bytes(
            "00e3f4854de69e11f1aa5102fc000000015c100000000000000203000000000000000400000000000000"
                + "c54de809e26006fc760150620100"
        )
        let event = try parsing(body) { bytes throws(WireFault) in try MySQLGTIDEvent(bytes.bytes) }
        #expect(event.transaction.description == "e3f4854d-e69e-11f1-aa51-02fc00000001:4188")
        #expect(event.committedAtMicroseconds == 0x06_60E2_09E8_4DC5)
        for count in 0..<25 {
            #expect(throws: WireFault.self) {
                try parsing(body[..<count]) { bytes throws(WireFault) in
                    try MySQLGTIDEvent(bytes.bytes)
                }
            }
        }
    }

    @Test("a tagged MySQL GTID gives its tag, too")
    func taggedGTID() throws {
        let body = bytes(
            "0276000000028d03d10315029a9903790222c503a902a204f103000000020424060a7461675f61"
                + "08140a180c7fbf80e809e2600610d1041283120b"
        )
        let event = try parsing(body) { bytes throws(WireFault) in
            try MySQLGTIDEvent(tagged: bytes.bytes)
        }
        #expect(event.transaction.description == "e3f4854d-e69e-11f1-aa51-02fc00000001:tag_a:9")
        #expect(event.committedAtMicroseconds == 0x06_60E2_09E8_80BF)
    }

    @Test("an XA prepare names its branch as the later XA COMMIT does")
    func xaPrepare() throws {
        let body = bytes("00 01000000 02000000 00000000 7839")
        let event = try parsing(body) { bytes throws(WireFault) in try XAPrepareEvent(bytes.bytes) }
        #expect(!event.isOnePhase)
        let query = queryEvent("XA COMMIT X'7839',X'',1")
        #expect(StatementEffect(query) == .xaCommit(event.identifier))
        for count in 0..<body.count {
            #expect(throws: WireFault.self) {
                try parsing(body[..<count]) { bytes throws(WireFault) in
                    try XAPrepareEvent(bytes.bytes)
                }
            }
        }
    }

    @Test("a query event gives its database, text and quoting mode")
    func query() throws {
        let body = bytes(
            "d902000000000000020000260000000000010104002054000000000603737464042d002d0008000808"
                + "00810a6f000000000000747400" + hexText(Array("drop database if exists tt".utf8))
        )
        let event = try parsing(body) { bytes throws(WireFault) in
            try QueryEvent(bytes.bytes, isCompressed: false)
        }
        #expect(event.schema == "tt")
        #expect(event.statement == "drop database if exists tt")
        #expect(event.hasANSIQuotes)
    }

    @Test("a compressed rows event expands to its rows; a damaged one throws")
    func compressedRows() throws {
        let record = bytes("8201fb789cfbc3c8c0c0f085b16a148c3800000ecdf03b")
        let plain = try parsing(record) { bytes throws(WireFault) in
            try CompressedField.expandLogRecord(bytes.bytes)
        }
        #expect(plain == bytes("fc 01000000 f401") + [UInt8](repeating: 0x7A, count: 500))
        for count in 0..<record.count {
            #expect(throws: WireFault.self) {
                try parsing(record[..<count]) { bytes throws(WireFault) in
                    try CompressedField.expandLogRecord(bytes.bytes)
                }
            }
        }
        var wrongLength = record
        wrongLength[2] += 1
        #expect(throws: WireFault.self) {
            try parsing(wrongLength) { bytes throws(WireFault) in
                try CompressedField.expandLogRecord(bytes.bytes)
            }
        }
    }

    @Test("an announced size beyond what deflate can reach is refused before memory is taken")
    func impossibleExpansion() {
        let record = bytes("84 ffffffff 789c")
        #expect(throws: WireFault.self) {
            try parsing(record) { bytes throws(WireFault) in
                try CompressedField.expandLogRecord(bytes.bytes)
            }
        }
    }

    @Test("a format description tells dialect, checksums and table number widths")
    func formatDescription() throws {
        let body =
            bytes("0400") + Array("10.11.19-MariaDB".utf8) + [UInt8](repeating: 0, count: 34)
            + bytes("00000000 13") + [UInt8](repeating: 8, count: 18) + bytes("06 01 aabbccdd")
        let format = try parsing(body) { bytes throws(WireFault) in
            try FormatDescription(bytes.bytes)
        }
        #expect(format.dialect == .mariadb)
        #expect(format.hasChecksums)
        #expect(format.tableIDByteCount(of: 18) == 6)
        #expect(format.tableIDByteCount(of: EventType.tableMap) == 4)
        #expect(format.tableIDByteCount(of: 200) == 6)
    }
}

func queryEvent(
    _ statement: String,
    in schema: String = "shop",
    hasANSIQuotes: Bool = false
) -> QueryEvent {
    QueryEvent(schema: schema, statement: statement, hasANSIQuotes: hasANSIQuotes)
}
