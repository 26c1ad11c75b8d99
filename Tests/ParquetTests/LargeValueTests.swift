import Codecs
import Columns
import Parquet
import TableModel
import Testing

@Suite struct LargeValueTests {
    private static func column(lengths: [Int], byte: UInt8 = 0x61) -> Column {
        var builder = ColumnBuilder(.bytes, expectedRows: lengths.count)
        for length in lengths {
            builder.appendBytes(countMax: length) { target in
                target.initializeMemory(as: UInt8.self, repeating: byte, count: length)
                return length
            }
        }
        return builder.finish()
    }

    @Test("A string of 100 MiB is a page of its own, with bounds as short as others'")
    func hundredMegabytes() throws {
        let lengths = [3, 100 << 20, 5]
        let column = Self.column(lengths: lengths)
        let options = ParquetWriterOptions(codec: .zstd(level: 1))
        let (bytes, metrics) = try encode(
            [SampleColumns.field(.string, isRequired: true)],
            [[column]],
            options: options
        )
        let chunk = try #require(FileLayout(bytes).rowGroups.first?.first)
        #expect(chunk.pages.map(\.valueCount) == [1, 1, 1])
        #expect(chunk.pages.map(\.uncompressedBytes) == lengths.map { $0 + 4 })
        #expect(chunk.lower == Array("aaa".utf8))
        #expect(chunk.upper == [UInt8](repeating: 0x61, count: 63) + [0x62])
        #expect(metrics.columns[0].upperBound == [UInt8](repeating: 0x61, count: 15) + [0x62])
        #expect(bytes.count < 1 << 20)
        let schema = [SchemaField(id: 1, name: "value", type: .string, isRequired: true)]
        let footer = try ParquetFooter(file: "t", bytes: bytes)
        let reader = ParquetReader(file: "t", fileByteCount: bytes.count, footer: footer)
        let read = try reader.decode(rowGroup: 0, fields: schema, fileBytes: bytes)
        #expect((0..<3).map { read[0].bytes(at: $0).count } == lengths)
    }

    @Test(
        "A value over the limit is refused by column and row, whatever kind of bytes it is",
        arguments: [
            .string, .binary, .geometry(crs: IcebergType.defaultCRS),
        ] as [IcebergType]
    )
    func limit(type: IcebergType) throws {
        var options = ParquetWriterOptions()
        options.valueBytesMax = 100
        let writer = try ParquetWriter(fields: [SampleColumns.field(type)], options: options)
        try writer.append([Self.column(lengths: [100, 0])])
        let error = try #require(throws: ParquetWriteError.self) {
            try writer.append([Self.column(lengths: [1, 101])])
            _ = try writer.finish()
        }
        #expect(error.column == "value")
        #expect(error.message == "row 3 has 101 bytes, a value has at most 100")
    }

    @Test("The limit cannot be set above what pages can hold")
    func highestLimit() {
        var options = ParquetWriterOptions()
        options.valueBytesMax = .max
        #expect(options.valueBytesMax == ParquetWriterOptions.valueBytesLimit)
    }

    @Test("Row groups are cut where the bytes are, not where the rows are")
    func rowGroups() throws {
        var options = ParquetWriterOptions(codec: .snappy)
        options.rowGroupBytesMax = 1 << 20
        let batches = (0..<5).map { _ in [Self.column(lengths: [700 << 10])] }
        let (bytes, metrics) = try encode([SampleColumns.field(.binary)], batches, options: options)
        let counts = try FileLayout(bytes).rowGroups.map { $0[0].valueCount }
        #expect(counts == [2, 2, 1])
        #expect(metrics.splitOffsets.count == 3)
    }

    @Test("A writer that failed once fails ever after, and never writes a footer")
    func failureStays() throws {
        var options = ParquetWriterOptions()
        options.valueBytesMax = 10
        options.rowGroupRowsMax = 1
        let writer = try ParquetWriter(fields: [SampleColumns.field(.binary)], options: options)
        let first = try #require(throws: ParquetWriteError.self) {
            try writer.append([Self.column(lengths: [11])])
        }
        #expect(throws: first) { try writer.append([Self.column(lengths: [1])]) }
        #expect(throws: first) { try writer.finish() }
        #expect(throws: first) { try writer.finish() }
        #expect(writer.takeEncoded() == [0x50, 0x41, 0x52, 0x31])
    }
}
