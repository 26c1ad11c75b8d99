import Columns
import Parquet
import TableModel
import Testing

@Suite struct WriteErrorTests {
    private func failure(
        _ type: IcebergType,
        _ column: Column,
        isRequired: Bool = false
    ) throws
        -> ParquetWriteError
    {
        let field = ParquetField(fieldID: 1, name: "amount", type: type, isRequired: isRequired)
        let writer = try ParquetWriter(fields: [field])
        return try #require(throws: ParquetWriteError.self) {
            try writer.append([column])
            _ = try writer.finish()
        }
    }

    @Test("A decimal with more digits than its column is refused")
    func decimal() throws {
        let narrow = IcebergType.decimal(precision: 3, scale: 1)
        let error = try failure(narrow, SampleColumns.integers(narrow, [999, 1000] as [Int64?]))
        #expect(
            error.description
                == "could not write column amount to Parquet: row 1 has more than the 3 digits of "
                + "decimal(3, 1)"
        )
        let negative = try failure(narrow, SampleColumns.integers(narrow, [-1000] as [Int64?]))
        #expect(negative.kind == .value)
        let wide = IcebergType.decimal(precision: 20, scale: 0)
        let limit = Int128(100_000_000_000) * 1_000_000_000
        let wideError = try failure(wide, SampleColumns.integers(wide, [limit] as [Int128?]))
        #expect(wideError.kind == .value)
    }

    @Test(
        "Text that is not UTF-8 is refused with its row",
        arguments: [
            [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0xE2, 0x82], [0xF0, 0x8F, 0x80, 0x80], [0x61, 0xFF],
        ] as [[UInt8]]
    )
    func invalidText(bytes: [UInt8]) throws {
        let column = SampleColumns.bytes([[0x61], [0xE2, 0x82, 0xAC], bytes])
        let error = try failure(.string, column)
        #expect(error.kind == .value)
        #expect(error.column == "amount")
        #expect(error.message.hasPrefix("row 2 is not UTF-8"))
    }

    @Test("fixed values of another length, times past a day and NULL in a required column fail")
    func otherValues() throws {
        let fixed = try failure(.fixed(lengthBytes: 2), SampleColumns.bytes([[1, 2], [1, 2, 3]]))
        #expect(fixed.message == "row 1 has 3 bytes, fixed[2] has 2")
        let day: Int64 = 86_400_000_000
        let time = try failure(
            .time,
            SampleColumns.integers(.time, [day - 1, nil, day] as [Int64?])
        )
        #expect(time.message == "row 2 is outside the 86400000000 microseconds of a day")
        let required = try failure(
            .long,
            SampleColumns.integers(.long, [1, nil] as [Int64?]),
            isRequired: true
        )
        #expect(required.message == "row 1 is NULL, the column is required")
    }

    @Test("Columns that do not match the fields are refused")
    func columns() throws {
        let column = SampleColumns.integers(.int, [1] as [Int32?])
        #expect(try failure(.long, column).kind == .columns)
        let writer = try ParquetWriter(fields: [SampleColumns.field(.int)])
        #expect(throws: ParquetWriteError.self) { try writer.append([column, column]) }
    }

    @Test("Fields that make no schema are refused")
    func schema() {
        let field = SampleColumns.field(.int)
        let sameID = ParquetField(fieldID: 1, name: "other", type: .int, isRequired: false)
        let sameName = ParquetField(fieldID: 2, name: "value", type: .int, isRequired: false)
        let broken: [[ParquetField]] = [
            [], [field, sameID], [field, sameName],
            [SampleColumns.field(.decimal(precision: 39, scale: 0))],
            [SampleColumns.field(.decimal(precision: 3, scale: 4))],
            [SampleColumns.field(.fixed(lengthBytes: 0))],
        ]
        for fields in broken {
            #expect(throws: ParquetWriteError.self) { try ParquetWriter(fields: fields) }
        }
    }
}
