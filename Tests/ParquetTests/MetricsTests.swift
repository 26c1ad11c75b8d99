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

    @Test("NaN is counted and bounds nothing; zero is -0.0 below and +0.0 above")
    func floats() throws {
        let mixed = try metrics(
            .double,
            SampleColumns.integers(.double, [.nan, 0.0, nil] as [Double?])
        )
        #expect(mixed.nanCount == 1)
        #expect(mixed.nullCount == 1)
        #expect(mixed.lowerBound == [0, 0, 0, 0, 0, 0, 0, 0x80])
        #expect(mixed.upperBound == [0, 0, 0, 0, 0, 0, 0, 0])
        let negative = try metrics(.float, SampleColumns.integers(.float, [-0.0, -1] as [Float?]))
        #expect(negative.lowerBound == [0, 0, 0x80, 0xBF])
        #expect(negative.upperBound == [0, 0, 0, 0])
        let onlyNaN = try metrics(.float, SampleColumns.integers(.float, [.nan] as [Float?]))
        #expect(onlyNaN.lowerBound == nil)
        #expect(onlyNaN.upperBound == nil)
        #expect(onlyNaN.nanCount == 1)
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
}
