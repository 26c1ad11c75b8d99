import Codecs
import Columns
import Parquet
import TableModel
import Testing

@Suite struct LayoutTests {
    private func plain() -> ParquetWriterOptions {
        var options = ParquetWriterOptions(codec: .none)
        options.dictionary = false
        return options
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    @Test("A file begins and ends with PAR1 and says how long its footer is")
    func frame() throws {
        let (bytes, _) = try encode([SampleColumns.field(.long)], [])
        #expect(bytes.prefix(4) == [0x50, 0x41, 0x52, 0x31])
        #expect(bytes.suffix(4) == [0x50, 0x41, 0x52, 0x31])
        let range = try ParquetFooter.byteRange(
            tail: bytes.suffix(8),
            fileByteCount: bytes.count,
            file: "t"
        )
        #expect(range == 4..<bytes.count - 8)
    }

    @Test("Levels of an optional column are the validity bits; NULLs take no bytes")
    func optionalLongs() throws {
        let column = SampleColumns.integers(.long, [1, nil, 2] as [Int64?])
        let (bytes, _) = try encode([SampleColumns.field(.long)], [[column]], options: plain())
        let expected: [UInt8] =
            [2, 0, 0, 0, 3, 0b101] + [1, 0, 0, 0, 0, 0, 0, 0] + [2, 0, 0, 0, 0, 0, 0, 0]
        #expect(contains(bytes, expected))
    }

    @Test("An optional column without NULLs has one run of ones")
    func optionalWithoutNulls() throws {
        let column = SampleColumns.integers(.int, [7, 8] as [Int32?])
        let (bytes, _) = try encode([SampleColumns.field(.int)], [[column]], options: plain())
        #expect(contains(bytes, [2, 0, 0, 0, 4, 1] + [7, 0, 0, 0, 8, 0, 0, 0]))
    }

    @Test("Decimals are INT32, INT64 or the fewest big-endian bytes by their precision")
    func decimals() throws {
        let expected: [(Int, [UInt8])] = [
            (9, [0xFE, 0xFF, 0xFF, 0xFF]), (10, [0xFE] + [UInt8](repeating: 0xFF, count: 7)),
            (19, [UInt8](repeating: 0xFF, count: 8) + [0xFE]),
            (21, [UInt8](repeating: 0xFF, count: 8) + [0xFE]),
            (22, [UInt8](repeating: 0xFF, count: 9) + [0xFE]),
            (38, [UInt8](repeating: 0xFF, count: 15) + [0xFE]),
        ]
        for (precision, pattern) in expected {
            let type = IcebergType.decimal(precision: precision, scale: 0)
            let column =
                precision <= 18
                ? SampleColumns.integers(type, [-2] as [Int64?])
                : SampleColumns.integers(type, [-2] as [Int128?])
            let (bytes, metrics) = try encode(
                [SampleColumns.field(type, isRequired: true)],
                [[column]],
                options: plain()
            )
            // The page is the first thing in the file and ends with the value.
            let end = 4 + metrics.columns[0].compressedBytes
            #expect(Array(bytes[(end - pattern.count)..<end]) == pattern, "\(precision)")
        }
    }

    @Test("Few distinct values become a dictionary, many do not")
    func dictionary() throws {
        let field = SampleColumns.field(.string, isRequired: true)
        let few = SampleColumns.texts((0..<5000).map { "status \($0 % 3)" })
        let coded = try encode([field], [[few]], options: ParquetWriterOptions(codec: .none))
        let uncoded = try encode([field], [[few]], options: plain())
        #expect(coded.bytes.count < 2500)
        #expect(uncoded.bytes.count > 60_000)
        let many = SampleColumns.texts((0..<5000).map { "status \($0)" })
        let given = try encode([field], [[many]], options: ParquetWriterOptions(codec: .none))
        #expect(given.bytes.count == (try encode([field], [[many]], options: plain())).bytes.count)
    }

    @Test("Dictionary codes are packed in groups of eight and long repetitions are runs")
    func hybridRuns() throws {
        let field = SampleColumns.field(.long, isRequired: true)
        let values =
            [Int64](repeating: 5, count: 20) + [6, 7, 5, 6] + [Int64](repeating: 9, count: 40)
        let column = SampleColumns.integers(.long, values as [Int64?])
        let options = ParquetWriterOptions(codec: .none)
        let (bytes, _) = try encode([field], [[column]], options: options)
        // Two bits a code: a run of 20 zeros, one group of 1 2 0 1 3 3 3 3, a run of 36 threes.
        #expect(contains(bytes, [2, 40, 0, 3, 0b01_00_10_01, 0xFF, 72, 3]))
    }

    @Test("Booleans are packed across appended batches without a gap")
    func booleans() throws {
        let field = SampleColumns.field(.boolean, isRequired: true)
        let batches = (0..<3).map { _ in
            [SampleColumns.integers(.boolean, [1, 0, 1] as [UInt8?])]
        }
        let (bytes, metrics) = try encode([field], batches, options: plain())
        let end = 4 + metrics.columns[0].compressedBytes
        #expect(Array(bytes[(end - 2)..<end]) == [0b0110_1101, 1])
    }

    @Test("A file says who wrote it and keeps the caller's metadata")
    func metadata() throws {
        let options = ParquetWriterOptions(
            codec: .none,
            keyValueMetadata: [("delete-type", "position")]
        )
        let (bytes, _) = try encode([SampleColumns.field(.long)], [], options: options)
        let footer = try ParquetFooter(file: "t", bytes: bytes)
        #expect(footer.createdBy == "frazil version 0.1")
        #expect(footer.keyValueMetadata.map(\.0) == ["delete-type"])
        #expect(footer.keyValueMetadata.map(\.1) == ["position"])
        #expect(
            try footer.inferredFields(file: "t")
                == [SchemaField(id: 1, name: "value", type: .long, isRequired: false)]
        )
    }

    @Test("Every type is declared so that it is recognised again")
    func schema() throws {
        let (bytes, _) = try encode(SampleColumns.fields, [])
        let footer = try ParquetFooter(file: "t", bytes: bytes)
        #expect(try footer.inferredFields(file: "t") == SampleColumns.schemaFields)
        #expect(footer.schema.map(\.fieldID) == SampleColumns.fields.map(\.fieldID))
        #expect(footer.schema.map(\.name) == SampleColumns.fields.map(\.name))
    }
}
