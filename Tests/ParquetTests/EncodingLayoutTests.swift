import Bytes
import Codecs
import Columns
import Parquet
import TableModel
import Testing

@Suite struct EncodingLayoutTests {
    private func options(
        _ encoding: ParquetColumnEncoding?,
        _ pageVersion: ParquetPageVersion = .v1
    ) -> ParquetWriterOptions {
        var options = ParquetWriterOptions(codec: .none)
        options.pageVersion = pageVersion
        options.encodings[1] = encoding
        return options
    }

    private func chunk(
        _ type: IcebergType,
        _ column: Column,
        isRequired: Bool = true,
        _ options: ParquetWriterOptions
    ) throws -> FileLayout.Chunk {
        let field = SampleColumns.field(type, isRequired: isRequired)
        let layout = try FileLayout(encode([field], [[column]], options: options).bytes)
        return try #require(layout.rowGroups.first?.first)
    }

    private func longs(_ values: [Int64]) -> Column {
        SampleColumns.integers(.long, values as [Int64?])
    }

    @Test("Differences are packed with as many bits as the largest above the least needs")
    func deltaPacked() throws {
        let options = options(.deltaBinaryPacked)
        let even = try chunk(.long, longs([1, 2, 3, 4, 5]), options)
        // Blocks of 128 in 4 parts, 5 values from 1 on; the least difference is 1, none is above.
        #expect(even.pages.map(\.body) == [[0x80, 1, 4, 5, 2] + [2] + [0, 0, 0, 0]])
        #expect(even.encodings == ["RLE", "DELTA_BINARY_PACKED"])
        #expect(even.dataEncodings == ["DELTA_BINARY_PACKED"])
        let mixed = try chunk(.long, longs([7, 5, 3, 1, 2, 3, 4, 5]), options)
        // 0 0 0 3 3 3 3 above the least difference -2, in two bits each, filled up to 32 values.
        #expect(
            mixed.pages.map(\.body) == [
                [0x80, 1, 4, 8, 14] + [3] + [2, 0, 0, 0] + [
                    0b11_00_00_00, 0b11_11_11, 0, 0, 0, 0, 0, 0,
                ]
            ]
        )
    }

    @Test("Differences wrap in the width of their type")
    func deltaWraps() throws {
        let column = SampleColumns.integers(.int, [Int32.min, .max, .min] as [Int32?])
        let found = try chunk(.int, column, options(.deltaBinaryPacked))
        // From the least to the greatest number is a step of -1, and back of 1: 0 and 2 above it.
        let body = try #require(found.pages.first?.body)
        #expect(Array(body[..<4]) == [0x80, 1, 4, 3])
        #expect(Array(body[9...]) == [1] + [2, 0, 0, 0] + [0b10_00, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("Lengths stand before the bytes of all strings")
    func deltaLengths() throws {
        let column = SampleColumns.texts(["ab", nil, "", "cde"])
        let found = try chunk(.string, column, isRequired: false, options(.deltaLengthByteArray))
        // Lengths 2 0 3: differences -2 and 3, which is 5 above the least.
        let lengths: [UInt8] =
            [0x80, 1, 4, 3, 4] + [3] + [3, 0, 0, 0] + [0b101_000] + [UInt8](repeating: 0, count: 11)
        #expect(
            found.pages.map(\.body) == [[2, 0, 0, 0, 3, 0b1101] + lengths + Array("abcde".utf8)]
        )
    }

    @Test("Streams have the first bytes of all values, then the second ones")
    func byteStreams() throws {
        let column = SampleColumns.integers(.int, [0x0403_0201, nil, 0x1413_1211] as [Int32?])
        let found = try chunk(.int, column, isRequired: false, options(.byteStreamSplit))
        #expect(
            found.pages.map(\.body) == [
                [2, 0, 0, 0, 3, 0b101] + [0x01, 0x11, 0x02, 0x12, 0x03, 0x13, 0x04, 0x14]
            ]
        )
        let fixed = try chunk(
            .fixed(lengthBytes: 2),
            SampleColumns.bytes([[1, 2], [3, 4], [5, 6]]),
            options(.byteStreamSplit)
        )
        #expect(fixed.pages.map(\.body) == [[1, 3, 5, 2, 4, 6]])
    }

    @Test("Booleans are runs in pages of version 2 and packed bits in those of version 1")
    func booleans() throws {
        let column = SampleColumns.integers(
            .boolean,
            [UInt8](repeating: 1, count: 40) + [0, 1] as [UInt8?]
        )
        let first = try chunk(.boolean, column, options(nil))
        #expect(first.dataEncodings == ["PLAIN"])
        #expect(first.pages.map(\.body) == [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0b10]])
        let second = try chunk(.boolean, column, options(nil, .v2))
        #expect(second.dataEncodings == ["RLE"])
        #expect(second.pages.map(\.body) == [[4, 0, 0, 0] + [80, 1] + [3, 0b10]])
    }

    @Test("Pages of version 2 say their rows, their NULLs and where their levels end")
    func versionTwo() throws {
        var builder = ColumnBuilder(
            ColumnShape(.list, children: [ColumnShape(.int32)]),
            expectedRows: 3
        )
        builder.children[0].append(Int32(5))
        builder.children[0].appendNull()
        builder.closeElements()
        builder.closeElements()
        let element = SchemaField(id: 2, name: "element", type: .int, isRequired: false)
        let column = builder.finish()
        let found = try chunk(
            .list(element: element),
            column,
            isRequired: false,
            options(nil, .v2)
        )
        let page = try #require(found.pages.first)
        #expect(page.kind == .dataV2)
        #expect(page.valueCount == 3 && page.nullCount == 2 && page.rowCount == 2)
        #expect(page.repetitionLevelBytes == 2 && page.definitionLevelBytes == 3)
        #expect(page.isCompressed == false)
        // Repetition 0 1 0, definition 3 2 1, and one value.
        #expect(page.body == [3, 0b010] + [3, 0b01_10_11, 0] + [5, 0, 0, 0])
    }

    @Test("Values of version 2 are compressed where that is smaller, levels never")
    func versionTwoCompression() throws {
        var options = options(.plain, .v2)
        options.codec = .zstd(level: 1)
        let same = SampleColumns.integers(.long, (0..<1000).map { $0 == 0 ? nil : 7 } as [Int64?])
        let smaller = try chunk(.long, same, isRequired: false, options)
        let page = try #require(smaller.pages.first)
        #expect(page.isCompressed == true)
        #expect(page.definitionLevelBytes == 127)
        #expect(page.uncompressedBytes == 127 + 999 * 8)
        #expect(Array(page.body[..<3]) == [0xFB, 1, 0xFE])
        #expect(page.body.count < 1000)
        let nothing = SampleColumns.integers(.long, [nil, nil] as [Int64?])
        let empty = try chunk(.long, nothing, isRequired: false, options)
        #expect(empty.pages.map(\.isCompressed) == [false])
        #expect(empty.pages.map(\.body) == [[4, 0]])
    }

    @Test("Where a dictionary stops paying, the pages from there on are plain")
    func fallBack() throws {
        // Two halves: few values first, then only new ones.
        let values = (0..<40_000).map { $0 < 20_000 ? Int64($0 % 100) : Int64($0) << 20 }
        var options = options(nil)
        options.pageRowsMax = 6000
        let found = try chunk(.long, longs(values), options)
        #expect(found.encodings == ["PLAIN", "RLE", "RLE_DICTIONARY"])
        // It is asked every 4096 rows; in the stretch of the change most values are known ones.
        #expect(
            found.dataPages.map { "\($0.encoding) \($0.valueCount)" } == [
                "RLE_DICTIONARY 6000", "RLE_DICTIONARY 6000", "RLE_DICTIONARY 6000",
                "RLE_DICTIONARY 2480", "PLAIN 6000", "PLAIN 6000", "PLAIN 6000", "PLAIN 1520",
            ]
        )
        #expect(found.dictionary?.valueCount == 580)
        let counts = found.metadata[13]?.list.map { stats in
            (1...3).map { stats[$0]?.integer ?? -1 }
        }
        #expect(counts == [[2, 0, 1], [0, 8, 4], [0, 0, 4]])
        #expect(found.lower == [UInt8](repeating: 0, count: 8))
    }

    @Test("A dictionary that is full leaves the rest to plain pages")
    func fullDictionary() throws {
        // Every value twice, so that it pays, and more values than a dictionary has room for.
        let values = (0..<200_000).map { Int64($0 / 2) }
        let found = try chunk(.long, longs(values), options(.dictionary))
        #expect(found.dictionary?.valueCount == 65_535)
        let coded = found.dataPages.filter { $0.encoding == "RLE_DICTIONARY" }
        #expect(coded.map(\.valueCount).reduce(0, +) == 131_070)
        let plain = found.dataPages.filter { $0.encoding == "PLAIN" }
        #expect(plain.map(\.valueCount).reduce(0, +) == 68_930)
    }

    @Test(
        "A dictionary with one of a float's zeros has the other one too, as readers ask by bits",
        arguments: [0.0, -0.0]
    )
    func bothZeros(zero: Double) throws {
        let other = -zero
        func bytes<T: BinaryFloatingPoint & BitwiseCopyable>(_ values: [T]) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
        }
        let rows = (0..<100).map { $0 % 2 == 0 ? 1 : zero }
        let doubles = SampleColumns.integers(.double, rows as [Double?])
        let wide = try chunk(.double, doubles, options(nil))
        #expect(wide.dictionary?.body == bytes([1, zero, other]))
        #expect(wide.dataEncodings == ["RLE_DICTIONARY"])
        let floats = SampleColumns.integers(.float, rows.map { Float($0) } as [Float?])
        let narrow = try chunk(.float, floats, options(nil))
        #expect(narrow.dictionary?.body == bytes([1, Float(zero), Float(other)]))
        // Without a zero, and in a type of the same width, nothing is added.
        let ones = SampleColumns.integers(.double, rows.map { $0 == 1 ? 1 : 2 } as [Double?])
        #expect(try chunk(.double, ones, options(nil)).dictionary?.body == bytes([1.0, 2.0]))
        let longs = longs(rows.map { $0 == 1 ? 1 : 0 })
        #expect(try chunk(.long, longs, options(nil)).dictionary?.valueCount == 2)
    }

    @Test("Many distinct values that come again pay for a dictionary; a few samples tell")
    func manyDistinct() throws {
        var state: UInt64 = 1
        let texts = (0..<300_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return "note \(state >> 33 % 30_000)" as String?
        }
        let found = try chunk(.string, SampleColumns.texts(texts), options(nil))
        #expect(Set(found.dataEncodings) == ["RLE_DICTIONARY"])
        #expect(found.dictionary.map { (29_900...30_000).contains($0.valueCount) } == true)
    }

    @Test("Pages through a dictionary end with a row of a list")
    func listFallBack() throws {
        var builder = ColumnBuilder(
            ColumnShape(.list, children: [ColumnShape(.int64)]),
            expectedRows: 3
        )
        for row in 0..<4000 {
            for element in 0..<5 {
                let value = row < 1800 ? Int64(element) : Int64(row * 5 + element) << 20
                builder.children[0].append(value)
            }
            builder.closeElements()
        }
        let element = SchemaField(id: 2, name: "element", type: .long, isRequired: true)
        let found = try chunk(.list(element: element), builder.finish(), options(nil))
        #expect(found.dataEncodings == ["RLE_DICTIONARY", "PLAIN"])
        // 12288 values have codes, which is 2457 rows of five and a part.
        #expect(found.dataPages.map(\.valueCount) == [12_285, 7715])
        #expect(found.offsetIndex?[1]?.list.compactMap { $0[3]?.integer } == [0, 2457])
    }

    @Test("Encodings that a type cannot have are refused by column")
    func refusals() throws {
        let cases: [(IcebergType, ParquetColumnEncoding)] = [
            (.boolean, .dictionary), (.string, .byteStreamSplit), (.double, .deltaBinaryPacked),
            (.uuid, .deltaLengthByteArray), (.int, .runLength),
            (.fixed(lengthBytes: 3), .deltaLengthByteArray),
            (.decimal(precision: 19, scale: 0), .deltaBinaryPacked),
        ]
        for (type, encoding) in cases {
            let error = try #require(throws: ParquetWriteError.self) {
                _ = try chunk(
                    type,
                    ColumnBuilder(type.physicalType, expectedRows: 1).finish(),
                    options(encoding)
                )
            }
            #expect(
                error.description
                    == "could not write column value to Parquet: \(type) cannot be written as \(encoding)"
            )
        }
    }

    @Test(
        "Pages carry checksums of their bytes where they are wanted",
        arguments: [.v1, .v2] as [ParquetPageVersion]
    )
    func checksums(version: ParquetPageVersion) throws {
        let column = longs([1, 2])
        let without = try chunk(.long, column, options(.dictionary, version)).pages
        #expect(without.map(\.checksum) == [nil, nil])
        var options = options(.dictionary, version)
        options.pageChecksums = true
        options.codec = .snappy
        let pages = try chunk(.long, column, options).pages
        #expect(pages.count == 2)
        for page in pages {
            let checksum = page.body.withUnsafeBytes { crc32Checksum($0) }
            #expect(page.checksum == Int(Int32(bitPattern: checksum)))
        }
    }
}
