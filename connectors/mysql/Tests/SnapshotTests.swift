import Bytes
import ChangeModel
import Columns
import SourceInterface
import TableModel
import Testing

@testable import MySQLConnector

@Suite("Snapshot ranges")
struct RangePlanTests {
    /// Whether a condition of ours holds, by reading its own text.
    private func holds(_ condition: String?, _ value: Int128) -> Bool {
        guard let condition else { return true }
        return condition.split(separator: " AND ").allSatisfy { part -> Bool in
            let words = part.split(separator: " ")
            guard words.count == 3, let bound = Int128(words[2]) else { return false }
            return words[1] == "<" ? value < bound : value >= bound
        }
    }

    @Test(
        "every key is in exactly one range, also those beyond both ends",
        arguments: [
            (0, 99, 100, 10), (1, 1, 1, 1), (-50, 49, 1_000, 100), (0, 2, 1_000_000, 10),
            (5, 1_000_000, 10, 1_000),
        ] as [(Int128, Int128, Int, Int)]
    )
    func partition(_ minimum: Int128, _ maximum: Int128, _ estimate: Int, _ rowsPerRange: Int) {
        let conditions = RangePlan.conditions(
            column: "id",
            minimum: minimum,
            maximum: maximum,
            estimatedRows: estimate,
            rowsPerRange: rowsPerRange
        )
        let candidates = Set([minimum - 7, maximum + 7] + (0...200).map { minimum + Int128($0) })
        for value in candidates {
            #expect(conditions.count { holds($0, value) } == 1, "\(value) of \(conditions)")
        }
    }

    @Test("the number of ranges follows the estimate and never exceeds the keys")
    func counts() {
        func count(_ maximum: Int128, _ estimate: Int) -> Int {
            RangePlan.conditions(
                column: "id",
                minimum: 1,
                maximum: maximum,
                estimatedRows: estimate,
                rowsPerRange: 100
            ).count
        }
        #expect(count(1_000, 1_000) == 10)
        #expect(count(3, 1_000) == 3)
        #expect(count(1_000, 120) == 1)
        #expect(count(1 << 64, 1 << 40) == RangePlan.rangesMax)
    }

    @Test("names are quoted")
    func quoting() {
        let conditions = RangePlan.conditions(
            column: "a`b",
            minimum: 0,
            maximum: 9,
            estimatedRows: 2,
            rowsPerRange: 1
        )
        #expect(conditions == ["`a``b` < 5", "`a``b` >= 5"])
    }

    @Test("only integer keys are cut")
    func cuttable() {
        func column(_ declared: String) -> SourceColumn? {
            let column = SourceColumn(
                name: "id",
                declaredType: declared,
                type: .long,
                isNullable: false
            )
            let name = SourceTableName(schema: "shop", table: "orders")
            return RangePlan.column(
                of: SourceTable(name: name, columns: [column], keyColumns: [0])
            )
        }
        #expect(column("bigint(20) unsigned") != nil)
        #expect(column("INT") != nil)
        #expect(column("varchar(20)") == nil)
        #expect(column("decimal(20,0)") == nil)
    }
}

@Suite("Rows of result sets")
struct SnapshotRowTests {
    private func decode(
        _ packet: [UInt8],
        _ result: [ResultColumn],
        _ types: [IcebergType]
    ) throws -> [String] {
        let columns = types.enumerated().map { index, type in
            SourceColumn(name: "c\(index)", declaredType: "", type: type, isNullable: true)
        }
        let decoder = try SnapshotRowDecoder(
            result,
            for: columns,
            keyColumns: [],
            planner: ColumnPlanner(collations: collations)
        )
        let builder = BatchBuilder(types: types.map(\.physicalType), expectedRows: 1)
        try packet.withUnsafeBytes { try decoder.decode($0, into: builder.builders) }
        return builder.finishColumns().map { text(of: $0, 0) }
    }

    private static let result = [
        ResultColumn(type: FieldType.long), ResultColumn(type: FieldType.newDecimal, decimals: 3),
        ResultColumn(type: FieldType.datetime, decimals: 6),
        ResultColumn(type: FieldType.time, decimals: 3), ResultColumn(type: FieldType.date),
        ResultColumn(type: FieldType.varString, collation: 8),
        ResultColumn(type: FieldType.longLong, isUnsigned: true), ResultColumn(type: FieldType.bit),
        ResultColumn(type: FieldType.string, collation: 63), ResultColumn(type: FieldType.year),
    ]
    private static let types: [IcebergType] = [
        .int, .decimal(precision: 10, scale: 3), .timestamp, .string, .date, .string,
        .decimal(precision: 20, scale: 0), .long, .binary, .int,
    ]
    /// The same values as in the captured row of the log.
    private static let row: [UInt8] =
        bytes("00 0000 01000000 0c") + Array("-1234567.891".utf8)
        + bytes("0b e407 02 03 04 05 06 40e20100 | 0c 01 22000000 16 3b 3b 583e0f00")
        + bytes("04 e407 0c 1f | 02 e980 | ffffffffffffffff | 02 0201 | 04 ab000000 | 6b08")

    @Test("the binary protocol gives the values that the log gives")
    func row() throws {
        #expect(
            try decode(Self.row, Self.result, Self.types) == [
                "1", "-1234567891", "1580702706123456", "-838:59:59.999", "18627", "é€",
                "18446744073709551615", "513", "xab000000", "2155",
            ]
        )
    }

    @Test("a row cut anywhere throws")
    func everyCut() {
        for count in 0..<Self.row.count {
            #expect(throws: RowFault.self, "\(count) bytes") {
                try decode(Array(Self.row[..<count]), Self.result, Self.types)
            }
        }
    }

    @Test("a column that changed its type since the table was looked at is found")
    func mismatch() {
        #expect(throws: SnapshotRowDecoder.Mismatch.self) {
            try decode(bytes("00 00 01000000"), [ResultColumn(type: FieldType.long)], [.string])
        }
    }
}

extension ResultColumn {
    init(type: UInt8, collation: Int = 63, isUnsigned: Bool = false, decimals: Int = 0) {
        self.init(
            name: "c",
            type: type,
            collation: collation,
            isUnsigned: isUnsigned,
            decimals: decimals
        )
    }
}
