import Bytes
import ChangeModel
import TableModel
import Testing

@testable import MySQLConnector

/// A table of 27 columns of MariaDB 10.11 with every kind of metadata.
enum WideTable {
    static let names = [
        "id", "a", "b", "c", "v", "bl", "j", "e", "s", "bi", "y", "ti", "dt", "ts", "de", "dd",
        "ch", "ch2", "bu", "g", "vb", "bn", "f", "i3", "inv", "gen", "genv",
    ]

    static let map: [UInt8] =
        bytes("120000000000 0100 01 64 00 01 75 00 1b")
        + bytes("03 fe fe fe 8d 8c fc fe fe 10 0d 13 12 11 f6 0a fe fe 08 ff 0f fe 04 09 03 03 03")
        + bytes(
            "1f fe10 fe10 fe04 6500 02 04 f701 f801 0201 03 06 02 0a03 fe28 ee90 04 0500 fe04 04"
        )
        + bytes("feffff07 | 0102 5400 | 0209 3f 0308 052e 062d 072d | 0701 00 | 04 4c")
        + names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        + bytes("0a01 08 | 0507 03 0178 0179 017a | 0605 02 0161 0162 | 0801 00")

    static let types: [IcebergType] = [
        .int, .uuid, .string, .string, .string, .binary, .string, .string, .string, .long, .int,
        .string, .timestamp, .timestamptz, .decimal(precision: 10, scale: 3), .date, .string,
        .string, .decimal(precision: 20, scale: 0), .binary, .binary, .binary, .float, .int, .int,
        .int, .int,
    ]

    static let row: [UInt8] =
        bytes("000000f8 01000000 | 0e 123e4567e89b12d3a45642665544")
        + bytes("10 20010db8000000000000ff0000428329 | 04 01020304 | 5b 00")
        + [UInt8](repeating: 0x7A, count: 90)
        + bytes("0a00 8a 012c 2b2c1c05c40200 | 07000000 7b2261223a317d | 02 | 05 | 0201 | ff")
        + bytes("4b9104d8fa | 99a5864146 01e240 | 5e0be100 63 | 7fed2978fc84 | 9fc90f")
        + bytes("06 68c3a96c6c6f | 0100 77 | ffffffffffffffff")
        + bytes("19000000 e6100000 0101000000 000000000000f03f 0000000000000040")
        + bytes("02 0102 | 01 ab | 0000c03f | ffffff | 03000000 | 02000000 | 03000000")
}

@Suite("Table maps")
struct TableMapTests {
    private func parse(_ bytes: [UInt8], _ format: FormatDescription) throws -> TableMap {
        try parsing(bytes) { bytes throws(WireFault) in try TableMap(bytes.bytes, format) }
    }

    @Test("names, key, labels, signs and collations of every column are read")
    func wideTable() throws {
        let map = try parse(WideTable.map, mariadbFormat())
        #expect(map.id == 18)
        #expect(map.name.description == "d.u")
        #expect(map.columns.map { $0.name ?? "" } == WideTable.names)
        #expect(map.keyColumns == [0])
        #expect(map.columns[7].labels == [[0x61], [0x62]])
        #expect(map.columns[8].labels == [[0x78], [0x79], [0x7A]])
        #expect(
            map.columns.map(\.isUnsigned).enumerated().filter(\.element).map(\.offset) == [
                10, 18, 23,
            ]
        )
        #expect(map.columns[4].collation == 8)
        #expect(map.columns[6].collation == 46)
        #expect(map.columns[17].size == 400)
        #expect(map.columns[17].prefixBytes == 2)
        #expect(map.columns[0].isNullable == false)
        #expect(map.columns[26].isNullable)
    }

    @Test("MariaDB counts geometries among the character columns, MySQL does not")
    func geometryNumbering() throws {
        // g geometry, v varchar(10): default collation 63, and the exception for number 1 or 0.
        let head = bytes("010000000000 0100 01 64 00 01 74 00 02 ff 0f 03 04 0a00 03")
        let mariadb = try parse(head + bytes("0203 3f 01 08"), mariadbFormat())
        #expect(mariadb.columns[1].collation == 8)
        let mysql = try parse(head + bytes("0203 3f 00 08"), mysqlFormat())
        #expect(mysql.columns[1].collation == 8)
    }

    @Test("a map cut inside of its columns throws, whatever the place")
    func everyCut() throws {
        let columnsEnd = 15 + 27 + 1 + 31 + 4
        for count in 0..<columnsEnd {
            #expect(throws: WireFault.self, "\(count) bytes") {
                try parsing(WideTable.map[..<count]) { bytes throws(WireFault) in
                    try TableMap(bytes.bytes, mariadbFormat())
                }
            }
        }
    }

    @Test("a flipped byte gives a map or a fault, never a trap")
    func flippedBytes() {
        for index in WideTable.map.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var damaged = WideTable.map
                damaged[index] = value
                let map = try? parse(damaged, mariadbFormat())
                _ = map.map { makeDecoder($0, as: WideTable.types) }
            }
        }
    }

    @Test("a map without optional metadata has no names")
    func withoutNames() throws {
        let map = try parse(Array(WideTable.map[..<78]), mariadbFormat())
        #expect(map.columns.count == 27)
        #expect(!map.hasNames)
    }

    @Test("a key that names a column the table does not have is refused")
    func keyBeyondColumns() {
        let body = bytes("010000000000 0100 01 64 00 01 74 00 01 03 00 00 0801 05")
        #expect(throws: WireFault(.malformedValue, offset: 1, wanted: 5, available: 1)) {
            try parsing(body) { bytes throws(WireFault) in try TableMap(bytes.bytes, mysqlFormat())
            }
        }
    }
}
