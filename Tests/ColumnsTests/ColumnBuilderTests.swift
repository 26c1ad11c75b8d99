import Columns
import Testing

@Suite("ColumnBuilder")
struct ColumnBuilderTests {
    @Test(
        "validity appears with the first NULL and is right for every row before and after",
        arguments: [0, 1, 7, 8, 9, 15, 16, 17, 64, 1000]
    )
    func lateNull(rowsBefore: Int) {
        var builder = ColumnBuilder(.int64, expectedRows: 1)
        for row in 0..<rowsBefore { builder.append(Int64(row)) }
        builder.appendNull()
        for row in 0..<20 { builder.append(Int64(-row)) }
        let column = builder.finish()

        #expect(column.rowCount == rowsBefore + 21)
        #expect(column.nullCount == 1)
        for row in 0..<rowsBefore {
            #expect(!column.isNull(row))
            #expect(column.value(at: row, as: Int64.self) == Int64(row))
        }
        #expect(column.isNull(rowsBefore))
        #expect(column.value(at: rowsBefore, as: Int64.self) == 0)
        for row in 0..<20 {
            #expect(!column.isNull(rowsBefore + 1 + row))
            #expect(column.value(at: rowsBefore + 1 + row, as: Int64.self) == Int64(-row))
        }
    }

    @Test("a column without NULLs has no bitmap")
    func noBitmap() {
        var builder = ColumnBuilder(.int32, expectedRows: 4)
        builder.append(Int32(1))
        builder.appendNull()
        builder.truncate(toRows: 1)
        builder.append(Int32(2))
        let column = builder.finish()
        #expect(column.validity == nil)
        #expect(column.nullCount == 0)
        #expect(column.value(at: 1, as: Int32.self) == 2)
    }

    @Test("empty strings and NULLs differ, and long runs survive growth")
    func strings() {
        var builder = ColumnBuilder(.bytes, expectedRows: 1, expectedBytesPerRow: 1)
        builder.append(utf8: "")
        builder.appendNull()
        for row in 0..<300 { builder.append(utf8: String(repeating: "é", count: row)) }
        let column = builder.finish()
        #expect(column.string(at: 0) == "")
        #expect(column.string(at: 1) == nil)
        #expect(column.bytes(at: 1).count == 0)
        for row in 0..<300 {
            #expect(column.string(at: row + 2) == String(repeating: "é", count: row))
        }
        #expect(column.byteCount == 2 * 300 * 299 / 2)
    }

    @Test("a row that is written in place may be shorter than its reserve, or fail")
    func inPlace() {
        struct Refusal: Error {}
        var builder = ColumnBuilder(.bytes, expectedRows: 1)
        builder.appendBytes(countMax: 100) { target in
            target.storeBytes(of: 0x41, as: UInt8.self)
            return 1
        }
        var hasFailed = false
        do {
            try builder.appendBytes(countMax: 100) { _ throws(Refusal) in throw Refusal() }
        } catch {
            hasFailed = true
        }
        #expect(hasFailed)
        builder.append(utf8: "b")
        let column = builder.finish()
        #expect(column.rowCount == 2)
        #expect(column.string(at: 0) == "A")
        #expect(column.string(at: 1) == "b")
    }

    @Test("truncate takes rows, their bytes and their NULLs back", arguments: [0, 1, 2, 3, 8, 9])
    func truncate(rows: Int) {
        var builder = ColumnBuilder(.bytes, expectedRows: 1)
        for row in 0..<12 { append(row, to: &builder) }
        builder.truncate(toRows: rows)
        let rowsLeft = builder.rowCount
        #expect(rowsLeft == rows)
        for row in rows..<12 { append(row, to: &builder) }
        let column = builder.finish()
        #expect(column.nullCount == 4)
        for row in 0..<12 {
            #expect(column.string(at: row) == (row % 3 == 1 ? nil : "row \(row)"))
        }
    }

    private func append(_ row: Int, to builder: inout ColumnBuilder) {
        if row % 3 == 1 { builder.appendNull() } else { builder.append(utf8: "row \(row)") }
    }

    @Test("rows are chosen from a column in any order, for every type")
    func selection() {
        let types: [PhysicalType] = [
            .boolean, .int32, .int64, .float, .double, .int128, .uuid, .bytes,
        ]
        for type in types {
            let source = sample(type)
            let rows: [Int32] = [3, 0, 1, 3, 2]
            var builder = ColumnBuilder(type, expectedRows: 1)
            builder.append(rows: rows, of: source)
            builder.append(row: 1, of: source)
            builder.append(row: 0, of: source)
            builder.append(contentsOf: source)
            let column = builder.finish()
            let expected = rows.map { Int($0) } + [1, 0, 0, 1, 2, 3]
            #expect(column.rowCount == expected.count)
            for (row, origin) in expected.enumerated() {
                #expect(shown(column, row) == shown(source, origin), "\(type) row \(row)")
            }
        }
    }

    /// Four rows of a type; the second is NULL.
    private func sample(_ type: PhysicalType) -> Column {
        var builder = ColumnBuilder(type, expectedRows: 4)
        for row in 0..<4 {
            if row == 1 {
                builder.appendNull()
                continue
            }
            switch type {
            case .boolean: builder.append(UInt8(row & 1))
            case .int32: builder.append(Int32(-row))
            case .float: builder.append(Float(row) / 3)
            case .int64: builder.append(Int64.min + Int64(row))
            case .double: builder.append(Double(row) / 3)
            case .int128: builder.append(Int128.max - Int128(row))
            case .uuid: builder.append(UInt128.max - UInt128(row))
            case .bytes: builder.append(utf8: String(repeating: "x", count: row))
            case .structure, .list, .map: preconditionFailure("nested columns are tested apart")
            }
        }
        return builder.finish()
    }

    /// A value's bytes, nil where it is NULL.
    private func shown(_ column: Column, _ row: Int) -> [UInt8]? {
        if column.isNull(row) { return nil }
        if column.type == .bytes { return Array(column.bytes(at: row)) }
        let width = column.type.widthBytes
        return Array(UnsafeRawBufferPointer(start: column.values + row * width, count: width))
    }
}

@Suite("ColumnBatch")
struct ColumnBatchTests {
    @Test("ragged columns are refused")
    func ragged() async {
        await #expect(processExitsWith: .failure) {
            var builder = ColumnBuilder(.int64, expectedRows: 1)
            builder.append(Int64(1))
            _ = ColumnBatch(
                columns: [builder.finish(), ColumnBuilder(.bytes, expectedRows: 1).finish()],
                rowCount: 1
            )
        }
    }

    @Test("a batch's memory is what its columns hold")
    func memory() {
        var numbers = ColumnBuilder(.int64, expectedRows: 2)
        numbers.append(Int64(1))
        numbers.append(Int64(2))
        var texts = ColumnBuilder(.bytes, expectedRows: 2)
        texts.append(utf8: "abc")
        texts.append(utf8: "de")
        let batch = ColumnBatch(columns: [numbers.finish(), texts.finish()], rowCount: 2)
        #expect(batch.memoryBytes == 2 * 8 + 2 * 4 + 5)
    }

    @Test("a row outside of a column ends the program")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            let column = ColumnBuilder(.int64, expectedRows: 1).finish()
            _ = column.value(at: 0, as: Int64.self)
        }
    }
}
