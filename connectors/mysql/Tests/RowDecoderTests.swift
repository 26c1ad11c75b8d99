import Bytes
import ChangeModel
import Columns
import TableModel
import Testing

@testable import MySQLConnector

@Suite("Rows of the log")
struct RowDecoderTests {
    private func wideDecoder() throws -> RowDecoder {
        let map = try parsing(WideTable.map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mariadbFormat())
        }
        return try #require(makeDecoder(map, as: WideTable.types))
    }

    @Test("every type's captured bytes give the value that the server shows")
    func wideRow() throws {
        let decoder = try wideDecoder()
        let rows = try readRows(.write, WideTable.row, decoder, tableBatch(WideTable.types))
        #expect(rows.operations == [ChangeOperation.insert.rawValue])
        let values = try #require(rows.values.first)
        #expect(
            values == [
                "1", "123e4567-e89b-12d3-a456-426655440000", "2001:db8::ff00:42:8329", "1.2.3.4",
                String(repeating: "z", count: 90), String(repeating: "q", count: 300),
                #"{"a":1}"#, "b", "x,z", "513", "2155", "-838:59:59.999", "1580702706123456",
                "1577836800990000", "-1234567891", "18627", "héllo", "w", "18446744073709551615",
                "x0101000000000000000000f03f0000000000000040", "x0102", "xab000000", "1.5",
                "16777215", "3", "2", "3",
            ]
        )
    }

    @Test("a row cut anywhere throws, and none of it stays in the batch")
    func everyCut() throws {
        let decoder = try wideDecoder()
        for count in 1..<WideTable.row.count {
            let batch = tableBatch(WideTable.types)
            #expect(throws: RowFault.self, "\(count) bytes") {
                try readRows(.write, Array(WideTable.row[..<count]), decoder, batch)
            }
            #expect(batch.rowCount == 0)
            #expect((0..<27).allSatisfy { batch.builder.builders[$0].rowCount == 0 })
        }
    }

    @Test("a flipped byte gives values or a fault, never a trap")
    func flippedBytes() throws {
        let decoder = try wideDecoder()
        for index in WideTable.row.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var damaged = WideTable.row
                damaged[index] = value
                _ = try? readRows(.write, damaged, decoder, tableBatch(WideTable.types))
                _ = try? readRows(.update, damaged, decoder, tableBatch(WideTable.types))
            }
        }
    }

    @Test("a fault names the column and both numbers, and keeps the rows in front of it")
    func faultPlace() throws {
        let decoder = try wideDecoder()
        let batch = tableBatch(WideTable.types)
        let fault = #expect(throws: RowFault.self) {
            try readRows(.write, WideTable.row + WideTable.row[..<16], decoder, batch)
        }
        #expect(fault?.columnIndex == 1)
        #expect(fault?.fault.wanted == 14)
        #expect(fault?.fault.available == 7)
        #expect(batch.rowCount == 1)
    }

    /// `neg(id int, t0 time, t2 time(2), t4 time(4), t6 time(6), ts6 timestamp(6))`.
    @Test("times of every precision and sign, and the last timestamp")
    func times() throws {
        let map = bytes(
            "010000000000 0100 01 64 00 01 74 00 06 03 13 13 13 13 11 05 00 02 04 06 06 3e"
        )
        let types: [IcebergType] = [.int, .string, .string, .string, .string, .timestamptz]
        let parsed = try parsing(map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mariadbFormat())
        }
        let decoder = try #require(makeDecoder(parsed, as: types))
        let rows = try readRows(
            .write,
            bytes("c0 01000000 7fffff 7fffffff 7ffffeffff 4b9104f0bdc1 7fffffff0f423f")
                + bytes("e0 02000000 b46efb 80000063 7fffffffff 7fffffffffff"),
            decoder,
            tableBatch(types)
        )
        #expect(
            rows.values == [
                [
                    "1", "-00:00:01", "-00:00:00.01", "-00:00:01.0001", "-838:59:59.999999",
                    "2147483647999999",
                ],
                ["2", "838:59:59", "00:00:00.99", "-00:00:00.0001", "-00:00:00.000001", "NULL"],
            ]
        )
    }

    /// `z(id int, d date, dt datetime, ts timestamp, y year, y0 year)`.
    @Test("dates that no calendar has become NULL and are counted, year zero stays")
    func zeroDates() throws {
        let map = bytes("010000000000 0100 01 64 00 01 74 00 06 03 0a 12 11 0d 0d 02 00 00 3e")
        let types: [IcebergType] = [.int, .date, .timestamp, .timestamptz, .int, .int]
        let parsed = try parsing(map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mariadbFormat())
        }
        let decoder = try #require(makeDecoder(parsed, as: types))
        let rows = try readRows(
            .write,
            bytes("c0 01000000 000000 8000000000 00000000 00 01")
                + bytes("f8 02000000 0fc80f 8000000000"),
            decoder,
            tableBatch(types)
        )
        #expect(
            rows.values == [
                ["1", "NULL", "NULL", "NULL", "0", "1901"],
                ["2", "NULL", "NULL", "NULL", "NULL", "NULL"],
            ]
        )
        #expect(decoder.nulledValueCount == 5)
    }

    @Test("a zero date in the key is a fault of its own, since a key cannot be NULL")
    func zeroDateInKey() throws {
        let map = bytes("010000000000 0100 01 64 00 01 74 00 01 0a 00 00")
        let parsed = try parsing(map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mariadbFormat())
        }
        let decoder = try #require(makeDecoder(parsed, as: [.date]))
        let fault = #expect(throws: RowFault.self) {
            try readRows(.write, bytes("fe 000000"), decoder, tableBatch([.date]))
        }
        #expect(fault?.reason == .valueWithoutForm)
    }

    @Test("an update keeps its key or becomes a delete and a moved insert")
    func updates() throws {
        let map = bytes("010000000000 0100 01 64 00 01 74 00 02 03 03 00 02")
        let parsed = try parsing(map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mysqlFormat())
        }
        let decoder = try #require(makeDecoder(parsed, as: [.int, .int]))
        let rows = try readRows(
            .update,
            bytes("fc 01000000 05000000 | fe 01000000")
                + bytes("fc 01000000 06000000 | fc 02000000 07000000"),
            decoder,
            tableBatch([.int, .int])
        )
        #expect(rows.values == [["1", "NULL"], ["1", "6"], ["2", "7"]])
        #expect(
            rows.operations == [
                ChangeOperation.update.rawValue, ChangeOperation.delete.rawValue,
                ChangeOperation.insertMoved.rawValue,
            ]
        )
    }

    @Test("a label that the column does not have is refused")
    func unknownLabel() throws {
        let map = bytes(
            "010000000000 0100 01 64 00 01 74 00 01 fe 02 f701 00 0a01 08 0605 02 0161 0162"
        )
        let parsed = try parsing(map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mysqlFormat())
        }
        let decoder = try #require(makeDecoder(parsed, as: [.string]))
        let good = try readRows(.write, bytes("fe 02 fe 00"), decoder, tableBatch([.string]))
        #expect(good.values == [["b"], [""]])
        let fault = #expect(throws: RowFault.self) {
            try readRows(.write, bytes("fe 03"), decoder, tableBatch([.string]))
        }
        #expect(fault?.fault == WireFault(.malformedValue, offset: 0, wanted: 3, available: 2))
    }

    @Test("a head with missing columns is told from a complete one, past the unused bits")
    func rowImages() throws {
        // UPDATE of (id, a, b, bl): before {id}, after {b}; unused high bits may be anything.
        let minimal = bytes("010000000000 0100 04 01 04")
        let head = try parsing(minimal) { bytes throws(WireFault) in
            try RowsEventHead(
                bytes.bytes,
                RowsEventShape(.update, EventType.updateRowsV1),
                tableIDByteCount: 6
            )
        }
        #expect(head.columnCount == 4)
        #expect(!head.isComplete)
        let full = bytes("010000000000 0100 0200 04 ff 0f")
        let complete = try parsing(full) { bytes throws(WireFault) in
            try RowsEventHead(
                bytes.bytes,
                RowsEventShape(.update, EventType.updateRowsV2),
                tableIDByteCount: 6
            )
        }
        #expect(complete.isComplete)
        #expect(complete.offset == full.count)
    }

    @Test("columns whose type changed have no plan")
    func changedTypes() throws {
        let map = try parsing(WideTable.map) { bytes throws(WireFault) in
            try TableMap(bytes.bytes, mariadbFormat())
        }
        let planner = ColumnPlanner(collations: collations)
        func plans(_ index: Int, _ type: IcebergType) -> Bool {
            planner.plan(map.columns[index], as: type, target: 0, isKey: false) != nil
        }
        #expect(plans(0, .int) && !plans(0, .long))
        #expect(!plans(18, .long))
        #expect(!plans(14, .decimal(precision: 11, scale: 3)))
        #expect(plans(16, .string) && !plans(16, .binary))
        #expect(plans(1, .uuid) && plans(1, .binary))
        #expect(plans(13, .timestamptz) && !plans(13, .timestamp))
    }
}
