import Bytes
import Columns
import Diagnostics
import TableModel
import Testing

@testable import Parquet

/// Files with one flaw each, and files that say much in few bytes.
@Suite struct FlawedFileTests {
    private typealias Page = HandmadeFile.Page

    private func refusal(_ file: HandmadeFile) throws -> String {
        let error = try #require(throws: FormatError.self) { try readRows(file.encoded()) }
        #expect(error.offset != nil)
        return error.message
    }

    private func rows(
        _ bytes: [UInt8],
        _ fields: [SchemaField]? = nil,
        limits: BatchLimits = BatchLimits()
    ) throws -> RowGroupReader {
        let footer = try ParquetFooter(file: "t", bytes: bytes)
        let reader = ParquetReader(
            file: "t",
            fileByteCount: bytes.count,
            footer: footer,
            matching: .inferred
        )
        let projection = try reader.projection(
            of: fields ?? (try footer.inferredFields(file: "t"))
        )
        return try reader.open(
            try reader.plan(rowGroup: 0, projection),
            bytes: [FileBytes(offset: 0, bytes: bytes)],
            limits: limits
        )
    }

    @Test("Two thousand million NULLs in a hundred bytes are read a batch at a time")
    func manyNulls() throws {
        let count = Int(Int32.max)
        let page = Page(valueCount: count, bytes: HandmadeFile.levels([(0, count)]))
        let bytes = HandmadeFile.flat(rowCount: count, pages: [page]).encoded()
        #expect(bytes.count < 200)
        let rows = try rows(bytes)
        for index in 0..<3 {
            let batch = try #require(try rows.next())
            #expect(batch.rowCount == 65_536)
            #expect(batch.columns[0].nullCount == 65_536)
            #expect(batch.rows == [index * 65_536..<(index + 1) * 65_536])
        }
    }

    @Test("More rows than a row group may have are refused")
    func tooManyRows() throws {
        let count = Int(Int32.max) + 1
        #expect(
            try refusal(HandmadeFile.flat(rowCount: count, pages: []))
                == "row group 0 is said to have 2147483648 rows, at most 2147483647 are read"
        )
    }

    @Test("A long value that a dictionary repeats makes batches smaller, and no column too large")
    func longRepeatedValue() throws {
        let value = [UInt8](repeating: 0x61, count: 1 << 20)
        let dictionary = Page(
            type: .dictionary,
            valueCount: 1,
            bytes: ParquetFormat.littleEndian(value.count) + value
        )
        // Codes of no bits: all of them are the only value.
        let codes = Page(valueCount: 1000, encoding: .rleDictionary, bytes: [0])
        let file = HandmadeFile.flat(
            rowCount: 1000,
            repetition: .required,
            type: .byteArray,
            pages: [dictionary, codes]
        )
        let rows = try rows(file.encoded(), limits: BatchLimits(rowsMax: 1000, bytesMax: 8 << 20))
        var found = 0
        while let batch = try rows.next() {
            #expect(batch.columns[0].byteCount == batch.rowCount << 20)
            #expect(batch.columns[0].memoryBytes <= 8 << 20)
            found += batch.rowCount
        }
        #expect(found == 1000)
    }

    @Test("Prefixes that grow a value without end are put together a batch at a time")
    func sharedPrefixes() throws {
        // Each value is the one before and nothing more; the first has 10,000 bytes.
        let count = 100_000
        let prefixes = [0] + [Int64](repeating: 10_000, count: count - 1)
        let lengths = [10_000] + [Int64](repeating: 0, count: count - 1)
        let bytes =
            NaiveEncoding.delta(prefixes, miniblocks: 1)
            + NaiveEncoding.delta(lengths, miniblocks: 1)
            + [UInt8](repeating: 0x62, count: 10_000)
        let page = Page(
            valueCount: count,
            encoding: .deltaByteArray,
            bytes: bytes
        )
        let file = HandmadeFile.flat(
            rowCount: count,
            repetition: .required,
            type: .byteArray,
            pages: [page]
        )
        let encoded = file.encoded()
        #expect(encoded.count < 20_000)
        let rows = try rows(encoded, limits: BatchLimits(rowsMax: 100_000, bytesMax: 4 << 20))
        let batch = try #require(try rows.next())
        #expect(batch.rowCount > 50 && batch.rowCount < 420)
        #expect(batch.columns[0].bytes(at: batch.rowCount - 1).allSatisfy { $0 == 0x62 })
        #expect(batch.columns[0].bytes(at: batch.rowCount - 1).count == 10_000)
    }

    @Test("One row that takes more than a column may have is refused")
    func longRow() throws {
        let element = Int(Int32.max)
        let page = Page(
            valueCount: element,
            bytes: HandmadeFile.levels([(0, 1), (1, element - 1)])
                + HandmadeFile.levels([(2, element)])
        )
        let file = HandmadeFile(
            elements: [
                .init(name: "l", repetition: .optional, childCount: 1, convertedType: 3),
                .init(name: "list", repetition: .repeated, childCount: 1),
                .init(name: "element", type: .int32, repetition: .optional),
            ],
            rowCount: 1,
            chunks: [.init(type: .int32, valueCount: element, pages: [page])]
        )
        let error = try #require(throws: FormatError.self) { try readRows(file.encoded()) }
        #expect(error.message == "row 0 of row group 0 expands to more than 134217728 bytes")
    }

    @Test("Counts that the footer and the pages disagree on are refused")
    func counts() throws {
        let page = Page(
            valueCount: 3,
            bytes: HandmadeFile.levels([(1, 3)]) + HandmadeFile.plain([1, 2, 3])
        )
        #expect(
            try refusal(HandmadeFile.flat(rowCount: 4, pages: [page]))
                == "column c: its pages end after 3 rows, the row group has 4"
        )
        #expect(
            try refusal(HandmadeFile.flat(rowCount: 2, pages: [page]))
                == "column c: a page is said to have 3 values, 2 are left in the chunk"
        )
        var file = HandmadeFile.flat(rowCount: 3, pages: [page])
        file.chunks[0].valueCount = 5
        #expect(
            try refusal(file) == "column c: the footer counts 5 values, the row group has 3 rows"
        )
        file.chunks[0].valueCount = 3
        file.chunks[0].pages[0].claimedBytes = 10
        #expect(try refusal(file).contains("do not decompress to the announced 10"))
        file.chunks[0].pages[0].claimedBytes = nil
        file.chunks[0].pages[0].bytes.removeLast()
        #expect(
            try refusal(file)
                == "column c: a page of encoding plain is damaged: needed 12 bytes at offset 6, "
                + "found 11"
        )
        file.chunks[0].claimedBytes = 1 << 40
        #expect(
            try #require(throws: FormatError.self) { try readRows(file.encoded()) }.message
                .hasPrefix("column c is said to have 1099511627776 bytes at 4, the file has")
        )
    }

    @Test("Codes without a dictionary, and two dictionaries, are refused")
    func dictionaries() throws {
        let codes = Page(
            valueCount: 1,
            encoding: .rleDictionary,
            bytes: HandmadeFile.levels([(1, 1)]) + [0]
        )
        #expect(
            try refusal(HandmadeFile.flat(rowCount: 1, pages: [codes]))
                == "column c: a page of encoding rleDictionary is damaged: unknown tag 0x8 at offset 6"
        )
        let dictionary = Page(type: .dictionary, valueCount: 1, bytes: HandmadeFile.plain([7]))
        #expect(
            try refusal(HandmadeFile.flat(rowCount: 1, pages: [dictionary, dictionary, codes]))
                == "column c: a second dictionary page follows"
        )
        let file = HandmadeFile.flat(rowCount: 1, pages: [dictionary, codes])
        #expect(try readRows(file.encoded()) == [#"{"c":7}"#])
        var negative = dictionary
        negative.valueCount = -1
        #expect(
            try refusal(HandmadeFile.flat(rowCount: 1, pages: [negative, codes]))
                == "column c: a dictionary is said to have -1 values"
        )
    }

    private static func pairPage(
        repetitions: [(level: UInt8, count: Int)],
        definitions: [(level: UInt8, count: Int)],
        values: [Int32]
    ) -> HandmadeFile.Page {
        HandmadeFile.Page(
            valueCount: definitions.reduce(0) { $0 + $1.count },
            bytes: HandmadeFile.levels(repetitions) + HandmadeFile.levels(definitions)
                + HandmadeFile.plain(values)
        )
    }

    /// Rows: [(1, 4), (2, NULL)], [(3, 5)].
    private static let left = pairPage(
        repetitions: [(0, 1), (1, 1), (0, 1)],
        definitions: [(4, 3)],
        values: [1, 2, 3]
    )

    @Test("Two leaves of one list are read when they agree")
    func agreement() throws {
        let right = Self.pairPage(
            repetitions: [(0, 1), (1, 1), (0, 1)],
            definitions: [(4, 1), (3, 1), (4, 1)],
            values: [4, 5]
        )
        #expect(
            try readRows(HandmadeFile.listOfPairs(rowCount: 2, [[Self.left], [right]]).encoded())
                == [#"{"l":[{"a":1,"b":4},{"a":2,"b":null}]}"#, #"{"l":[{"a":3,"b":5}]}"#]
        )
    }

    @Test("Two leaves of one list that disagree on it are refused")
    func contradictions() throws {
        let others = [
            // The second element in the second row.
            Self.pairPage(
                repetitions: [(0, 2), (1, 1)],
                definitions: [(4, 3)],
                values: [4, 5, 6]
            ),
            // One element less.
            Self.pairPage(repetitions: [(0, 2)], definitions: [(4, 2)], values: [4, 5]),
            // The first element's structure is NULL.
            Self.pairPage(
                repetitions: [(0, 1), (1, 1), (0, 1)],
                definitions: [(2, 1), (4, 2)],
                values: [4, 5]
            ),
        ]
        for right in others {
            #expect(
                try refusal(HandmadeFile.listOfPairs(rowCount: 2, [[Self.left], [right]]))
                    == "column l.element.b: its levels contradict each other or those of its "
                    + "neighbours"
            )
        }
    }

    @Test("A list that begins inside of a row, or goes on after NULL, is refused")
    func brokenLists() throws {
        let inside = Self.pairPage(
            repetitions: [(1, 1), (0, 1)],
            definitions: [(4, 2)],
            values: [1, 2]
        )
        #expect(
            try refusal(HandmadeFile.listOfPairs(rowCount: 1, [[inside], [inside]]))
                .contains("malformed value")
        )
        let afterNull = Self.pairPage(
            repetitions: [(0, 1), (1, 1)],
            definitions: [(0, 1), (4, 1)],
            values: [1]
        )
        #expect(
            try refusal(HandmadeFile.listOfPairs(rowCount: 1, [[afterNull], [afterNull]]))
                .contains("contradict")
        )
        let more = Self.pairPage(repetitions: [(0, 3)], definitions: [(4, 3)], values: [1, 2, 3])
        #expect(
            try refusal(HandmadeFile.listOfPairs(rowCount: 2, [[more], [more]]))
                == "column l.element.a: its pages go on after the 2 rows of the row group"
        )
    }

    @Test("A row whose list goes on in the next page is one row")
    func rowAcrossPages() throws {
        let first = Self.pairPage(repetitions: [(0, 1)], definitions: [(4, 1)], values: [1])
        let second = Self.pairPage(
            repetitions: [(1, 2), (0, 1)],
            definitions: [(4, 3)],
            values: [2, 3, 4]
        )
        let file = HandmadeFile.listOfPairs(rowCount: 2, [[first, second], [first, second]])
        for rowsMax in [1, 2, 10] {
            #expect(
                try readRows(file.encoded(), rowsMax: rowsMax) == [
                    #"{"l":[{"a":1,"b":1},{"a":2,"b":2},{"a":3,"b":3}]}"#,
                    #"{"l":[{"a":4,"b":4}]}"#,
                ]
            )
        }
    }

    @Test("Chunks of old parquet-mr are read to their end, which they do not tell")
    func shortChunk() throws {
        let page = Page(
            valueCount: 3,
            bytes: HandmadeFile.levels([(1, 3)]) + HandmadeFile.plain([1, 2, 3])
        )
        var file = HandmadeFile.flat(rowCount: 3, pages: [page])
        file.chunks[0].claimedBytes = 25
        let error = try #require(throws: FormatError.self) { try readRows(file.encoded()) }
        #expect(error.message.contains("are left"))
        for createdBy in ["parquet-mr", "parquet-mr version 1.2.8 (build x)"] {
            file.createdBy = createdBy
            #expect(try readRows(file.encoded()).count == 3)
        }
        file.createdBy = "parquet-mr version 1.2.9"
        #expect(throws: FormatError.self) { try readRows(file.encoded()) }
    }

    @Test("A footer of empty structs takes no more memory than its bytes allow")
    func emptyStructs() throws {
        for (listID, message) in [(UInt8(2), "schema"), (4, "row groups")] {
            // FileMetaData with one list of a million structs that end at once.
            let footer: [UInt8] =
                [listID << 4 | 9, 0xFC] + [0xC0, 0x84, 0x3D]
                + [UInt8](repeating: 0, count: 1_000_000)
                + [0]
            let bytes =
                ParquetFormat.magic + footer + ParquetFormat.littleEndian(footer.count)
                + ParquetFormat.magic
            #expect(throws: FormatError.self, "\(message)") {
                try ParquetFooter(file: "t", bytes: bytes)
            }
        }
    }
}
