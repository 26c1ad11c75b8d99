import Codecs
import Columns
import Parquet
import TableModel
import Testing

@Suite struct MetricsTests {
    private func metrics(
        _ type: IcebergType,
        _ column: Column,
        isFull: Bool = false
    ) throws -> ParquetFileMetrics.ColumnMetrics {
        let options = ParquetWriterOptions(
            codec: .zstd(level: 1),
            fullBoundsFieldIDs: isFull ? [1] : []
        )
        let result = try encode([SampleColumns.field(type)], [[column]], options: options)
        return try #require(result.metrics.columns.first)
    }

    @Test("Bounds of integers are little-endian in the column's width, NULLs left out")
    func integers() throws {
        let int = try metrics(.int, SampleColumns.integers(.int, [nil, 5, -2] as [Int32?]))
        #expect(int.lowerBound == [0xFE, 0xFF, 0xFF, 0xFF])
        #expect(int.upperBound == [5, 0, 0, 0])
        #expect(int.valueCount == 3)
        #expect(int.nullCount == 1)
        #expect(int.nanCount == nil)
        let long = try metrics(.long, SampleColumns.integers(.long, [258, 3] as [Int64?]))
        #expect(long.lowerBound == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(long.upperBound == [2, 1, 0, 0, 0, 0, 0, 0])
        let flags = try metrics(.boolean, SampleColumns.integers(.boolean, [1, 0] as [UInt8?]))
        #expect(flags.lowerBound == [0])
        #expect(flags.upperBound == [1])
    }

    @Test("Bounds of decimals are the fewest big-endian bytes")
    func decimals() throws {
        let type = IcebergType.decimal(precision: 12, scale: 2)
        let found = try metrics(type, SampleColumns.integers(type, [-129, 128] as [Int64?]))
        #expect(found.lowerBound == [0xFF, 0x7F])
        #expect(found.upperBound == [0x00, 0x80])
        let edge = try metrics(type, SampleColumns.integers(type, [-128, 127] as [Int64?]))
        #expect(edge.lowerBound == [0x80])
        #expect(edge.upperBound == [0x7F])
        let wideType = IcebergType.decimal(precision: 38, scale: 0)
        let wide = try metrics(
            wideType,
            SampleColumns.integers(wideType, [0, Int128(1) << 64] as [Int128?])
        )
        #expect(wide.lowerBound == [0])
        #expect(wide.upperBound == [1, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("Where there is NaN no reader finds a bound that would rule it out")
    func boundsBesideNaN() throws {
        let values = SampleColumns.integers(.double, [.nan, 1.0, 1.0, 2.0] as [Double?])
        var options = ParquetWriterOptions(codec: .none)
        options.pageRowsMax = 2
        let (file, metrics) = try encode(
            [SampleColumns.field(.double)],
            [[values]],
            options: options
        )
        let chunk = try #require(FileLayout(file).rowGroups.first?.first)
        #expect(chunk.dataPages.count == 2)
        #expect(chunk.nullCount == 0)
        #expect(chunk.lower == nil)
        #expect(chunk.upper == nil)
        #expect(chunk.columnIndex == nil)
        #expect(chunk.offsetIndex != nil)
        #expect(metrics.columns[0].nanCount == 1)
        #expect(metrics.columns[0].lowerBound == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
        #expect(metrics.columns[0].upperBound == nil)
    }

    @Test("NaN is counted beside numbers and bounds nothing; zero is -0.0 below and +0.0 above")
    func floats() throws {
        let mixed = try metrics(
            .double,
            SampleColumns.integers(.double, [.nan, 0.0, nil] as [Double?])
        )
        #expect(mixed.nanCount == 1)
        #expect(mixed.nullCount == 1)
        #expect(mixed.lowerBound == [0, 0, 0, 0, 0, 0, 0, 0x80])
        #expect(mixed.upperBound == nil)
        let zero = try metrics(.double, SampleColumns.integers(.double, [0.0, nil] as [Double?]))
        #expect(zero.lowerBound == [0, 0, 0, 0, 0, 0, 0, 0x80])
        #expect(zero.upperBound == [0, 0, 0, 0, 0, 0, 0, 0])
        let negative = try metrics(.float, SampleColumns.integers(.float, [-0.0, -1] as [Float?]))
        #expect(negative.lowerBound == [0, 0, 0x80, 0xBF])
        #expect(negative.upperBound == [0, 0, 0, 0])
        let onlyNaN = try metrics(.float, SampleColumns.integers(.float, [.nan] as [Float?]))
        #expect(onlyNaN.lowerBound == nil)
        #expect(onlyNaN.upperBound == nil)
        #expect(onlyNaN.nanCount == nil)
        let infinite = try metrics(
            .double,
            SampleColumns.integers(.double, [.infinity] as [Double?])
        )
        #expect(infinite.lowerBound == infinite.upperBound)
        #expect(infinite.lowerBound == [0, 0, 0, 0, 0, 0, 0xF0, 0x7F])
    }

    @Test("A column of NULLs alone has no bounds")
    func onlyNulls() throws {
        let found = try metrics(.long, SampleColumns.integers(.long, [nil, nil] as [Int64?]))
        #expect(found.lowerBound == nil)
        #expect(found.upperBound == nil)
        #expect(found.nullCount == 2)
        #expect(found.valueCount == 2)
    }

    @Test("Long text is cut at 16 code points and the upper bound raised")
    func textTruncation() throws {
        let exact = String(repeating: "a", count: 16)
        let same = try metrics(.string, SampleColumns.texts([exact]))
        #expect(same.lowerBound == Array(exact.utf8))
        #expect(same.upperBound == Array(exact.utf8))
        let long = try metrics(.string, SampleColumns.texts([exact + "b"]))
        #expect(long.lowerBound == Array(exact.utf8))
        #expect(long.upperBound == Array((String(repeating: "a", count: 15) + "b").utf8))
        let wide = try metrics(.string, SampleColumns.texts([String(repeating: "é", count: 17)]))
        #expect(wide.lowerBound == Array(String(repeating: "é", count: 16).utf8))
        #expect(wide.upperBound == Array((String(repeating: "é", count: 15) + "ê").utf8))
    }

    @Test("Raising skips the surrogates and drops code points that have no successor")
    func textIncrement() throws {
        let start = String(repeating: "a", count: 15)
        let surrogate = try metrics(.string, SampleColumns.texts([start + "\u{D7FF}z"]))
        #expect(surrogate.upperBound == Array((start + "\u{E000}").utf8))
        let last = try metrics(.string, SampleColumns.texts([start + "\u{10FFFF}z"]))
        #expect(last.upperBound == Array((String(repeating: "a", count: 14) + "b").utf8))
        let all = String(repeating: "\u{10FFFF}", count: 17)
        let none = try metrics(.string, SampleColumns.texts([all]))
        #expect(none.lowerBound == Array(String(repeating: "\u{10FFFF}", count: 16).utf8))
        #expect(none.upperBound == nil)
    }

    @Test("Text is ordered by unsigned bytes, so that é stands behind z")
    func textOrder() throws {
        let found = try metrics(.string, SampleColumns.texts(["é", "z", "prefix long", "prefix"]))
        #expect(found.lowerBound == Array("prefix".utf8))
        #expect(found.upperBound == Array("é".utf8))
    }

    @Test("Long byte strings are cut at 16 bytes; an upper bound of 0xFF alone is left out")
    func binaryTruncation() throws {
        let high = [UInt8](repeating: 0xFF, count: 17)
        let found = try metrics(.binary, SampleColumns.bytes([high]))
        #expect(found.lowerBound == [UInt8](repeating: 0xFF, count: 16))
        #expect(found.upperBound == nil)
        let raised = try metrics(
            .binary,
            SampleColumns.bytes([[1] + [UInt8](repeating: 0xFF, count: 17)])
        )
        #expect(raised.upperBound == [2])
    }

    @Test("A field with full bounds is never cut")
    func fullBounds() throws {
        let path = "file:///lake/warehouse/shop/orders/data/0001.parquet"
        let found = try metrics(.string, SampleColumns.texts([path, path]), isFull: true)
        #expect(found.lowerBound == Array(path.utf8))
        #expect(found.upperBound == Array(path.utf8))
    }

    @Test("uuid has no bounds in the metrics")
    func uuid() throws {
        let found = try metrics(.uuid, SampleColumns.integers(.uuid, [1, 2] as [UInt128?]))
        #expect(found.lowerBound == nil)
        #expect(found.upperBound == nil)
        #expect(found.valueCount == 2)
    }

    @Test("Fields of structures have bounds; those of lists and maps have counts alone")
    func nested() throws {
        func field(_ id: Int32, _ type: IcebergType, isRequired: Bool = false) -> SchemaField {
            SchemaField(id: id, name: "f\(id)", type: type, isRequired: isRequired)
        }
        let inner = IcebergType.structure([field(2, .int), field(3, .double)])
        let list = IcebergType.list(element: field(5, .float))
        let fields = [field(1, inner), field(4, list), field(6, .variant), field(7, .unknown)]
        var structures = ColumnBuilder(inner.columnShape, expectedRows: 3)
        structures.children[0].append(Int32(7))
        structures.children[1].append(Double.nan)
        structures.closeStructure()
        structures.appendNull()
        structures.children[0].appendNull()
        structures.children[1].append(1.0)
        structures.closeStructure()
        var lists = ColumnBuilder(list.columnShape, expectedRows: 3)
        lists.appendNull()
        lists.closeElements()
        for value in [1, Float.nan] { lists.children[0].append(value) }
        lists.children[0].appendNull()
        lists.closeElements()
        var variants = ColumnBuilder(IcebergType.variant.columnShape, expectedRows: 3)
        for _ in 0..<2 { variants.appendNull() }
        variants.children[0].append(utf8: "\u{1}\u{0}\u{0}")
        variants.children[1].append(utf8: "\u{4}")
        variants.closeStructure()
        var unknowns = ColumnBuilder(.boolean, expectedRows: 3)
        for _ in 0..<3 { unknowns.appendNull() }
        let (bytes, metrics) = try encode(
            fields.map(ParquetField.init),
            [[structures.finish(), lists.finish(), variants.finish(), unknowns.finish()]]
        )
        let columns = metrics.columns
        #expect(columns.map(\.fieldID) == [2, 3, 5, 6])
        #expect(columns.map(\.valueCount) == [3, 3, 5, 3])
        #expect(columns.map(\.nullCount) == [2, 1, 3, 2])
        #expect(columns.map(\.nanCount) == [nil, 1, 1, nil])
        #expect(
            columns.map(\.lowerBound) == [[7, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], nil, nil]
        )
        #expect(columns.map(\.upperBound) == [[7, 0, 0, 0], nil, nil, nil])
        // The four chunks of data and the two of the variant lie between magic and indexes.
        let chunks = try #require(FileLayout(bytes).rowGroups.first)
        let sizes = chunks.compactMap { $0.metadata[7]?.integer }
        #expect(
            columns.map(\.compressedBytes) == [sizes[0], sizes[1], sizes[2], sizes[3] + sizes[4]]
        )
    }

    @Test("The metrics mode of a field says what is told of it")
    func modes() throws {
        let text = SampleColumns.texts(["abcdef", nil, "abcxyz"])
        func found(_ mode: ParquetMetricsMode?) throws -> ParquetFileMetrics.ColumnMetrics {
            var options = ParquetWriterOptions()
            options.defaultMetricsMode = .counts
            if let mode { options.metricsModes[1] = mode }
            let metrics = try encode([SampleColumns.field(.string)], [[text]], options: options)
            return try #require(metrics.metrics.columns.first)
        }
        let none = try found(ParquetMetricsMode.none)
        #expect(none.valueCount == nil && none.nullCount == nil && none.lowerBound == nil)
        #expect(none.compressedBytes > 0)
        let counts = try found(nil)
        #expect(counts.valueCount == 3 && counts.nullCount == 1)
        #expect(counts.lowerBound == nil && counts.upperBound == nil)
        let short = try found(.truncate(units: 4))
        #expect(short.lowerBound == Array("abcd".utf8) && short.upperBound == Array("abcy".utf8))
        let full = try found(.full)
        #expect(full.lowerBound == Array("abcdef".utf8))
        #expect(full.upperBound == Array("abcxyz".utf8))
    }
}
