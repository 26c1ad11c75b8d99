import Bytes
import Codecs
import Columns
import TableModel
import Testing

@testable import Parquet

@Suite struct BloomFilterTests {
    private func text(_ text: String) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { xxHash64($0) }
    }

    @Test(
        "A filter of four words is byte for byte that of parquet-testing",
        .enabled(if: Corpora.isPresent, Corpora.absence)
    )
    func reference() throws {
        var filter = SplitBlockFilter(byteCount: 1024)
        for word in ["hello", "parquet", "bloom", "filter"] { filter.insert(text(word)) }
        #expect(
            try filter.encoded()
                == Corpora.bytes("parquet-testing/data/bloom_filter.xxhash.bin")
        )
    }

    @Test("The size follows from the number of values and the rate, in powers of two")
    func size() {
        func bytes(_ count: Int, _ rate: Double, _ bytesMax: Int = 1 << 20) -> Int {
            let options = ParquetBloomFilter(falsePositiveRate: rate, bytesMax: bytesMax)
            return SplitBlockFilter(valueCount: count, options: options).words.count * 4
        }
        #expect(bytes(0, 0.01) == 32)
        #expect(bytes(26, 0.01) == 32)
        #expect(bytes(27, 0.01) == 64)
        // 9.68 bits a value.
        #expect(bytes(100_000, 0.01) == 131_072)
        #expect(bytes(1_000_000, 0.01, 65_536) == 65_536)
        // 5.77 bits a value.
        #expect(bytes(90_000, 0.1) == 65_536)
        #expect(bytes(91_000, 0.1) == 131_072)
    }

    /// The filter of a chunk, as it lies in its file.
    private func filter(_ file: [UInt8], _ chunk: FileLayout.Chunk) throws -> [UInt32] {
        let offset = try #require(chunk.metadata[14]?.integer)
        let (header, start) = try ThriftTree.parse(file, at: offset)
        let byteCount = try #require(header[1]?.integer)
        #expect(chunk.metadata[15]?.integer == start - offset + byteCount)
        return stride(from: start, to: start + byteCount, by: 4).map { word in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(file[word + $1]) << UInt32($1 * 8) }
        }
    }

    /// Whether a filter may have a value of a hash, computed as the format's text says.
    private func contains(_ filter: [UInt32], _ hash: UInt64) -> Bool {
        let salts: [UInt32] = [
            0x47B6_137B, 0x4497_4D91, 0x8824_AD5B, 0xA2B7_289D, 0x7054_95C7, 0x2DF1_424B,
            0x9EFC_4947, 0x5C6B_FB31,
        ]
        let block = Int(((hash >> 32) * UInt64(filter.count / 8)) >> 32)
        return salts.enumerated().allSatisfy { word, salt in
            let bit = (UInt32(truncatingIfNeeded: hash) &* salt) >> 27
            return filter[block * 8 + word] & (1 << bit) != 0
        }
    }

    @Test("Every value of a chunk is in its filter, coded or not, and few others are")
    func everyValue() throws {
        // Few values first, which are coded, then only new ones.
        let numbers = (0..<30_000).map { $0 < 10_000 ? Int64($0 % 50) : Int64($0) << 24 }
        let column = SampleColumns.integers(.long, numbers.map { $0 == 7 ? nil : $0 } as [Int64?])
        var options = ParquetWriterOptions(codec: .snappy)
        options.bloomFilters[1] = ParquetBloomFilter()
        let (file, _) = try encode([SampleColumns.field(.long)], [[column]], options: options)
        let chunk = try #require(FileLayout(file).rowGroups.first?.first)
        #expect(Set(chunk.dataEncodings) == ["RLE_DICTIONARY", "PLAIN"])
        func hash(_ number: Int64) -> UInt64 {
            withUnsafeBytes(of: number.littleEndian) { xxHash64($0) }
        }
        let filter = try filter(file, chunk)
        let missing = Set(numbers).filter { $0 != 7 && !contains(filter, hash($0)) }
        #expect(missing.count == 0)
        let others = (0..<1000).map { Int64($0) << 24 + 1 }
        let wrong = others.filter { contains(filter, hash($0)) }
        #expect(wrong.count < 30)
    }

    @Test("Decimals, texts and fixed bytes are hashed as they lie in plain pages")
    func hashedForm() throws {
        let cases: [(IcebergType, Column, [UInt8])] = [
            (
                .decimal(precision: 9, scale: 2),
                SampleColumns.integers(.decimal(precision: 9, scale: 2), [-2] as [Int64?]),
                [0xFE, 0xFF, 0xFF, 0xFF]
            ),
            (
                .decimal(precision: 20, scale: 0),
                SampleColumns.integers(.decimal(precision: 20, scale: 0), [258] as [Int128?]),
                [0, 0, 0, 0, 0, 0, 0, 1, 2]
            ),
            (.string, SampleColumns.texts(["é"]), [0xC3, 0xA9]),
            (.fixed(lengthBytes: 3), SampleColumns.bytes([[1, 2, 3]]), [1, 2, 3]),
            (.date, SampleColumns.integers(.date, [1] as [Int32?]), [1, 0, 0, 0]),
        ]
        for (type, column, plain) in cases {
            var options = ParquetWriterOptions(codec: .none)
            options.bloomFilters[1] = ParquetBloomFilter()
            let (file, _) = try encode([SampleColumns.field(type)], [[column]], options: options)
            let chunk = try #require(FileLayout(file).rowGroups.first?.first)
            let hash = plain.withUnsafeBytes { xxHash64($0) }
            let filter = try filter(file, chunk)
            #expect(contains(filter, hash), "\(type)")
            #expect(!contains(filter, ~hash), "\(type)")
        }
    }

    @Test("A filter with one of a float's zeros has the other one too", arguments: [true, false])
    func bothZeros(isCoded: Bool) throws {
        for zero in [0.0, -0.0] {
            var options = ParquetWriterOptions(codec: .none)
            options.bloomFilters[1] = ParquetBloomFilter()
            options.encodings[1] = isCoded ? .dictionary : .plain
            let column = SampleColumns.integers(.double, [3, zero] as [Double?])
            let (file, _) = try encode([SampleColumns.field(.double)], [[column]], options: options)
            let chunk = try #require(FileLayout(file).rowGroups.first?.first)
            let filter = try filter(file, chunk)
            func hash(_ value: Double) -> UInt64 { withUnsafeBytes(of: value) { xxHash64($0) } }
            for value in [0.0, -0.0, 3] { #expect(contains(filter, hash(value)), "\(value)") }
            #expect(!contains(filter, hash(-3)))
        }
    }

    @Test("Each row group has a filter of its own, and split offsets are not moved by it")
    func rowGroups() throws {
        var options = ParquetWriterOptions(codec: .none)
        options.rowGroupRowsMax = 10
        options.bloomFilters[1] = ParquetBloomFilter()
        let column = SampleColumns.integers(.int, (0..<20).map { Int32($0) } as [Int32?])
        let (file, metrics) = try encode([SampleColumns.field(.int)], [[column]], options: options)
        let groups = try FileLayout(file).rowGroups
        #expect(groups.count == 2)
        #expect(metrics.splitOffsets == groups.map { Int64($0[0].pages[0].offset) })
        for (group, numbers) in zip(groups, [0..<10, 10..<20] as [Range<Int32>]) {
            let filter = try filter(file, group[0])
            for number in numbers {
                let hash = withUnsafeBytes(of: number.littleEndian) { xxHash64($0) }
                #expect(contains(filter, hash))
            }
        }
    }

    @Test("A filter on a boolean is refused")
    func boolean() throws {
        var options = ParquetWriterOptions()
        options.bloomFilters[1] = ParquetBloomFilter()
        let error = try #require(throws: ParquetWriteError.self) {
            _ = try ParquetWriter(fields: [SampleColumns.field(.boolean)], options: options)
        }
        #expect(error.message == "the two values of a boolean need no Bloom filter")
    }
}
