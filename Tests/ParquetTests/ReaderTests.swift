import Codecs
import Columns
import Diagnostics
import Parquet
import TableModel
import Testing

@Suite struct ReaderTests {
    private func read(_ bytes: [UInt8], as type: IcebergType, id: Int32 = 1) throws -> [String] {
        let field = SchemaField(id: id, name: "renamed", type: type, isRequired: false)
        return try decode(bytes, [field])[0]
    }

    private func file(_ type: IcebergType, _ column: Column) throws -> [UInt8] {
        try encode([SampleColumns.field(type)], [[column]]).bytes
    }

    @Test("Columns are read as the wider types that their type may be promoted to")
    func promotions() throws {
        let int = try file(.int, SampleColumns.integers(.int, [-5, nil, 7] as [Int32?]))
        #expect(try read(int, as: .long) == ["-5", "NULL", "7"])
        let float = try file(.float, SampleColumns.integers(.float, [1.5, nil] as [Float?]))
        #expect(
            try read(float, as: .double)
                == rows(of: SampleColumns.integers(.double, [1.5, nil] as [Double?]))
        )
        for precision in [4, 12, 18] {
            let type = IcebergType.decimal(precision: precision, scale: 2)
            let bytes = try file(type, SampleColumns.integers(type, [-9999, nil] as [Int64?]))
            for wider in [18, 25, 38] {
                let wide = IcebergType.decimal(precision: wider, scale: 2)
                #expect(try read(bytes, as: wide) == ["-9999", "NULL"])
            }
        }
        let type = IcebergType.decimal(precision: 20, scale: 2)
        let wide = try file(type, SampleColumns.integers(type, [-9999, nil] as [Int128?]))
        #expect(try read(wide, as: .decimal(precision: 30, scale: 2)) == ["-9999", "NULL"])
    }

    @Test(
        "A change of type that loses values is refused",
        arguments: [
            (.long, .int), (.double, .float), (.int, .string), (.string, .int), (.int, .date),
            (.decimal(precision: 6, scale: 2), .decimal(precision: 5, scale: 2)),
            (.decimal(precision: 6, scale: 2), .decimal(precision: 6, scale: 3)),
            (.fixed(lengthBytes: 4), .fixed(lengthBytes: 5)), (.timestamp, .long),
        ] as [(IcebergType, IcebergType)]
    )
    func refusedTypes(from: IcebergType, to: IcebergType) throws {
        let column = SampleColumns.column(
            SampleColumns.field(from),
            rowCount: 3,
            seed: { UInt64($0) },
            isNull: { _ in false }
        )
        let bytes = try file(from, column)
        let error = try #require(throws: FormatError.self) { try read(bytes, as: to) }
        #expect(error.message.contains("cannot be read as \(to)"))
    }

    @Test("A field that the file does not have is NULL in every row")
    func missingField() throws {
        let bytes = try file(.int, SampleColumns.integers(.int, [1, 2] as [Int32?]))
        #expect(try read(bytes, as: .string, id: 9) == ["NULL", "NULL"])
        let footer = try ParquetFooter(file: "t", bytes: bytes)
        let reader = ParquetReader(file: "t", fileByteCount: bytes.count, footer: footer)
        let missing = SchemaField(id: 9, name: "m", type: .long, isRequired: false)
        let plan = try reader.plan(rowGroup: 0, try reader.projection(of: [missing]))
        #expect(plan.byteRanges == [])
    }

    @Test("A page whose bytes changed is refused by its checksum")
    func checksum() throws {
        var options = ParquetWriterOptions()
        options.pageChecksums = true
        let column = SampleColumns.texts(["some text", "other text"])
        var bytes = try encode([SampleColumns.field(.string)], [[column]], options: options).bytes
        bytes[40] ^= 1
        let error = try #require(throws: FormatError.self) { try read(bytes, as: .string) }
        #expect(error.message.contains("checksum"))
        #expect(error.message.contains("column value"))
        #expect(error.file == "test.parquet")
        #expect(error.offset == 4)
    }

    @Test("Tails that are no Parquet file's are refused")
    func tails() {
        func range(_ tail: [UInt8], _ fileByteCount: Int) throws -> Range<Int> {
            try ParquetFooter.byteRange(tail: tail, fileByteCount: fileByteCount, file: "t")
        }
        let magic: [UInt8] = [0x50, 0x41, 0x52, 0x31]
        #expect(throws: FormatError.self) { try range([], 0) }
        #expect(throws: FormatError.self) { try range([1, 0, 0, 0] + magic, 11) }
        #expect(throws: FormatError.self) { try range([9, 0, 0, 0] + magic, 20) }
        #expect(throws: FormatError.self) { try range([0xFF, 0xFF, 0xFF, 0xFF] + magic, 20) }
        #expect(throws: FormatError.self) { try range([1, 0, 0, 0, 0x50, 0x41, 0x52, 0x45], 20) }
        #expect(throws: FormatError.self) { try range([1, 0, 0, 0, 1, 2, 3, 4], 20) }
    }

    /// Reads everything that the file declares; true when it fails with an error.
    private func fails(_ bytes: [UInt8]) -> Bool {
        do {
            let footer = try ParquetFooter(file: "t", bytes: bytes)
            let fields = try footer.inferredFields(file: "t")
            let reader = ParquetReader(
                file: "t",
                fileByteCount: bytes.count,
                footer: footer,
                matching: .inferred
            )
            for group in 0..<footer.rowGroupCount {
                _ = try reader.decode(rowGroup: group, fields: fields, fileBytes: bytes)
            }
            return false
        } catch {
            return true
        }
    }

    @Test("A file that ends early is refused, wherever it ends")
    func truncated() throws {
        let bytes = ForeignFiles.units
        #expect(!fails(bytes))
        for count in 0..<bytes.count { #expect(fails(Array(bytes.prefix(count))), "\(count)") }
    }

    @Test(
        "No flipped bit makes the reader trap",
        arguments: [
            ForeignFiles.deltas, ForeignFiles.splits, ForeignFiles.units, ForeignFiles.int96,
            ForeignFiles.nested, ForeignFiles.duckDB,
        ]
    )
    func flippedBits(original: [UInt8]) throws {
        var refused = 0
        for index in original.indices {
            var bytes = original
            bytes[index] ^= UInt8(1 << (index % 8))
            if fails(bytes) { refused += 1 }
        }
        // Most bits matter: without a checksum some values may change unseen, lengths may not.
        #expect(refused > original.count / 5)
    }
}
