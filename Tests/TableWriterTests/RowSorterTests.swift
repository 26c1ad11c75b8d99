import Columns
import Iceberg
import TableModel
import Testing

@testable import TableWriter

@Suite("RowSorter")
struct RowSorterTests {
    private func field(_ id: Int32, _ type: IcebergType) -> SchemaField {
        SchemaField(id: id, name: "c\(id)", type: type, isRequired: false)
    }

    private func order(
        _ columns: [Column],
        _ types: [IcebergType],
        _ fields: [SortField]
    ) throws -> [Int32] {
        let schema = types.enumerated().map { field(Int32($0 + 1), $1) }
        return try RowSorter(SortOrder(orderID: 1, fields: fields), fields: schema)
            .order(of: columns)
    }

    private func column<Value: BitwiseCopyable>(
        _ type: PhysicalType,
        _ values: [Value?]
    ) -> Column {
        var builder = ColumnBuilder(type, expectedRows: values.count)
        for value in values {
            if let value { builder.append(value) } else { builder.appendNull() }
        }
        return builder.finish()
    }

    private func texts(_ values: [[UInt8]?]) -> Column {
        var builder = ColumnBuilder(.bytes, expectedRows: values.count)
        for value in values {
            if let value {
                value.withUnsafeBytes { builder.append($0) }
            } else {
                builder.appendNull()
            }
        }
        return builder.finish()
    }

    @Test("numbers go by value, NULL where it is wanted, in both directions")
    func numbers() throws {
        let values = column(.int64, [5, nil, Int64.min, -1, Int64.max, 0] as [Int64?])
        #expect(try order([values], [.long], [SortField(sourceIDs: [1])]) == [1, 2, 3, 5, 0, 4])
        let descending = SortField(sourceIDs: [1], direction: .descending, nullOrder: .last)
        #expect(try order([values], [.long], [descending]) == [4, 0, 5, 3, 2, 1])
        let nullsLast = SortField(sourceIDs: [1], nullOrder: .last)
        #expect(try order([values], [.long], [nullsLast]) == [2, 3, 5, 0, 4, 1])
    }

    @Test("every type has its order")
    func types() throws {
        let ascending = [SortField(sourceIDs: [1])]
        #expect(
            try order([column(.int32, [3, -7, 0] as [Int32?])], [.int], ascending) == [1, 2, 0]
        )
        #expect(
            try order(
                [column(.int128, [Int128.max, -1, Int128.min, 0])],
                [.decimal(precision: 38, scale: 0)],
                ascending
            ) == [2, 1, 3, 0]
        )
        let doubles: [Double?] = [.nan, 1, -0.0, 0, -.infinity, .infinity, -2]
        #expect(
            try order([column(.double, doubles)], [.double], ascending) == [4, 6, 2, 3, 1, 5, 0]
        )
        let floats: [Float?] = [.infinity, -1, 2, -.infinity]
        #expect(try order([column(.float, floats)], [.float], ascending) == [3, 1, 2, 0])
        let flags: [UInt8?] = [1, 0, nil]
        #expect(try order([column(.boolean, flags)], [.boolean], ascending) == [2, 1, 0])
        // UUIDs go by their bytes, unsigned.
        let uuids: [UInt128?] = [UInt128.max, 0, UInt128(1) << 127].map { $0.bigEndian }
        #expect(try order([column(.uuid, uuids)], [.uuid], ascending) == [1, 2, 0])
    }

    @Test("texts go by their bytes, whatever stands in them and however long they are")
    func texts() throws {
        let values = texts([
            Array("b".utf8), Array("abcdefgh-2".utf8), [], nil, Array("abcdefgh-1".utf8),
            [0x61, 0],
            [0x61], [0x61, 0, 0], [0x61, 0, 1], [0xFF],
        ])
        let expected: [Int32] = [3, 2, 6, 5, 7, 8, 4, 1, 0, 9]
        #expect(try order([values], [.string], [SortField(sourceIDs: [1])]) == expected)
        let descending = SortField(sourceIDs: [1], direction: .descending, nullOrder: .last)
        #expect(try order([values], [.string], [descending]) == expected.reversed())
    }

    @Test("a text never runs into the column behind it; equal rows stay in their order")
    func severalColumns() throws {
        let first = texts([Array("a".utf8), Array("a\0".utf8), Array("a".utf8), Array("a".utf8)])
        let second = column(.int64, [9, 1, 3, 9] as [Int64?])
        let fields = [SortField(sourceIDs: [1]), SortField(sourceIDs: [2])]
        #expect(try order([first, second], [.string, .long], fields) == [2, 0, 3, 1])
    }

    @Test("a transform is sorted by what it makes of values")
    func transform() throws {
        let days = column(.int64, [86_400_000_001, 5, 86_400_000_000, 3] as [Int64?])
        let fields = [SortField(sourceIDs: [1], transform: .day)]
        #expect(try order([days], [.timestamp], fields) == [1, 3, 0, 2])
    }

    @Test("a column that is not there and a nested one are refused")
    func unusable() {
        #expect(throws: UnusableSortOrder.self) {
            try RowSorter(
                SortOrder(orderID: 1, fields: [SortField(sourceIDs: [9])]),
                fields: [field(1, .long)]
            )
        }
    }
}
