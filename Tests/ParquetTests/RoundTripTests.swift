import Codecs
import Columns
import Parquet
import TableModel
import Testing

@Suite struct RoundTripTests {
    private func check(
        batchRows: [Int],
        options: ParquetWriterOptions,
        seed: @escaping (Int) -> UInt64,
        isNull: @escaping (Int) -> Bool
    ) throws {
        var first = 0
        let batches = batchRows.map { rowCount in
            defer { first += rowCount }
            let start = first
            return SampleColumns.fields.map { field in
                SampleColumns.column(
                    field,
                    rowCount: rowCount,
                    seed: { seed($0 + start) },
                    isNull: { isNull($0 + start) }
                )
            }
        }
        let (bytes, metrics) = try encode(SampleColumns.fields, batches, options: options)
        #expect(metrics.fileSizeBytes == bytes.count)
        #expect(metrics.rowCount == batchRows.reduce(0, +))
        let decoded = try decode(bytes, SampleColumns.schemaFields)
        for (index, field) in SampleColumns.fields.enumerated() {
            let expected = batches.flatMap { rows(of: $0[index]) }
            #expect(decoded[index] == expected, "\(field.name)")
        }
    }

    @Test(
        "Values of every type come back under every codec, plainly and through a dictionary",
        arguments: [
            CompressionCodec.none, .snappy, .gzip, .zstd(level: 1), .zstd(level: 9), .lz4Raw,
        ],
        [UInt64(1) << 40, 11]
    )
    func everyTypeEveryCodec(codec: CompressionCodec, distinct: UInt64) throws {
        try check(
            batchRows: [700, 1, 299],
            options: ParquetWriterOptions(codec: codec),
            seed: { UInt64($0) % distinct },
            isNull: { $0 % 5 == 2 }
        )
    }

    @Test("Pages and row groups may end anywhere in appended batches")
    func smallPagesAndRowGroups() throws {
        var options = ParquetWriterOptions(codec: .none)
        options.pageRowsMax = 333
        options.pageBytesMax = 1000
        options.rowGroupRowsMax = 4999
        try check(
            batchRows: [4097, 10, 5000, 4096, 3],
            options: options,
            seed: { UInt64($0 / 3) },
            isNull: { $0 % 7 < 3 }
        )
    }

    @Test("Files without rows, with one row, with NULLs alone and with no NULL come back")
    func edges() throws {
        let options = ParquetWriterOptions()
        try check(batchRows: [], options: options, seed: { UInt64($0) }, isNull: { _ in false })
        try check(batchRows: [0], options: options, seed: { UInt64($0) }, isNull: { _ in false })
        try check(batchRows: [1], options: options, seed: { UInt64($0) }, isNull: { _ in false })
        try check(batchRows: [1], options: options, seed: { UInt64($0) }, isNull: { _ in true })
        try check(batchRows: [100], options: options, seed: { UInt64($0) }, isNull: { _ in true })
        try check(
            batchRows: [5000, 5000],
            options: options,
            seed: { _ in 7 },
            isNull: { _ in false }
        )
    }

    @Test("A selection writes the listed rows in the listed order")
    func selection() throws {
        let field = SampleColumns.field(.long)
        let column = SampleColumns.integers(.long, [10, nil, 30, 40] as [Int64?])
        let (bytes, metrics) = try encode([field], [[column]], selection: [3, 1, 0, 0])
        #expect(metrics.rowCount == 4)
        let schema = [SchemaField(id: 1, name: "v", type: .long, isRequired: false)]
        #expect(try decode(bytes, schema) == [["40", "NULL", "10", "10"]])
    }

    @Test("Extreme values of every width come back")
    func extremes() throws {
        let integers = SampleColumns.integers(.long, [.min, .max, 0, -1] as [Int64?])
        let wideType = IcebergType.decimal(precision: 38, scale: 0)
        let limit = Int128(99_999_999_999_999_999) * 1_000_000_000_000_000_000_000
        let wide = SampleColumns.integers(wideType, [limit, -limit, 1, -1] as [Int128?])
        let text = SampleColumns.texts(["", String(repeating: "ü", count: 100_000), "a", nil])
        let types: [IcebergType] = [.long, wideType, .string]
        let fields = types.enumerated().map {
            ParquetField(
                fieldID: Int32($0.offset),
                name: "c\($0.offset)",
                type: $0.element,
                isRequired: false
            )
        }
        let (bytes, _) = try encode(fields, [[integers, wide, text]])
        let schema = fields.map {
            SchemaField(id: $0.fieldID, name: $0.name, type: $0.type, isRequired: false)
        }
        #expect(
            try decode(bytes, schema) == [rows(of: integers), rows(of: wide), rows(of: text)]
        )
    }

    @Test("Row groups start where the split offsets say, and buffered bytes fall to zero")
    func rowGroups() throws {
        var options = ParquetWriterOptions(codec: .none)
        options.rowGroupBytesMax = 80_000
        let field = SampleColumns.field(.long, isRequired: true)
        let writer = try ParquetWriter(fields: [field], options: options)
        let column = SampleColumns.integers(.long, (0..<25_000).map { Int64($0) } as [Int64?])
        try writer.append([column])
        #expect(writer.rowCount == 25_000)
        #expect(writer.bufferedBytes == 5000 * 8)
        #expect(writer.writtenBytes > 160_000)
        let metrics = try writer.finish()
        #expect(writer.bufferedBytes == 0)
        #expect(metrics.splitOffsets.count == 3)
        #expect(metrics.splitOffsets.first == 4)
        let bytes = try #require(writer.takeEncoded())
        #expect(writer.takeEncoded() == nil)
        let footer = try ParquetFooter(file: "t", bytes: bytes)
        #expect((0..<3).map { footer.rowCount(ofRowGroup: $0) } == [10_000, 10_000, 5000])
    }

    @Test("An upload gets the same bytes in order, and a failed one loses none")
    func upload() async throws {
        let field = SampleColumns.field(.long, isRequired: true)
        let column = SampleColumns.integers(.long, (0..<50_000).map { Int64($0) } as [Int64?])
        var options = ParquetWriterOptions(codec: .none)
        options.rowGroupRowsMax = 10_000
        let writer = try ParquetWriter(fields: [field], options: options)
        try writer.append([column])
        struct StoreIsFull: Error {}
        await #expect(throws: StoreIsFull.self) {
            try await writer.upload { _ in throw StoreIsFull() }
        }
        var bytes: [UInt8] = []
        await writer.upload { bytes += $0 }
        #expect(bytes.count == writer.writtenBytes)
        _ = try writer.finish()
        await writer.upload { bytes += $0 }
        #expect(bytes == (try encode([field], [[column]], options: options)).bytes)
    }
}
