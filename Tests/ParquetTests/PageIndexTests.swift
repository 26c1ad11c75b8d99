import Bytes
import Codecs
import Columns
import TableModel
import Testing

@testable import Parquet

@Suite struct PageIndexTests {
    /// Where the indexes of one chunk lie, as the footer says.
    private struct Location {
        var offsetIndex = 0
        var columnIndex: Int?
    }

    private struct Page: Equatable {
        var offset = 0
        var byteCount = 0
        var firstRow = 0
    }

    private struct Index {
        var isNull: [Bool] = []
        var lower: [[UInt8]] = []
        var upper: [[UInt8]] = []
        var order = -1
        var nullCounts: [Int] = []
    }

    private func locations(_ bytes: [UInt8]) throws -> [Location] {
        let range = try ParquetFooter.byteRange(
            tail: bytes.suffix(8),
            fileByteCount: bytes.count,
            file: "t"
        )
        var found: [Location] = []
        var reader = ThriftReader(bytes, start: range.lowerBound, end: range.upperBound)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            guard id == 4 else { return try reader.skip(type) }
            try reader.readList { (reader, _) throws(WireFault) in
                try reader.readStruct { (reader, id, type) throws(WireFault) in
                    guard id == 1 else { return try reader.skip(type) }
                    try reader.readList { (reader, _) throws(WireFault) in
                        var location = Location()
                        try reader.readStruct { (reader, id, type) throws(WireFault) in
                            switch id {
                            case 4: location.offsetIndex = try reader.readInteger()
                            case 6: location.columnIndex = try reader.readInteger()
                            default: try reader.skip(type)
                            }
                        }
                        found.append(location)
                    }
                }
            }
        }
        return found
    }

    private func pages(_ bytes: [UInt8], at offset: Int) throws -> [Page] {
        var pages: [Page] = []
        var reader = ThriftReader(bytes, start: offset)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            guard id == 1 else { return try reader.skip(type) }
            try reader.readList { (reader, _) throws(WireFault) in
                var page = Page()
                try reader.readStruct { (reader, id, type) throws(WireFault) in
                    switch id {
                    case 1: page.offset = try reader.readInteger()
                    case 2: page.byteCount = try reader.readInteger()
                    default: page.firstRow = try reader.readInteger()
                    }
                }
                pages.append(page)
            }
        }
        return pages
    }

    private func index(_ bytes: [UInt8], at offset: Int) throws -> Index {
        var index = Index()
        var reader = ThriftReader(bytes, start: offset)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch id {
            case 1:
                try reader.readList { (reader, _) throws(WireFault) in
                    index.isNull.append(try reader.readByte() == 1)
                }
            case 2:
                try reader.readList { (reader, _) throws(WireFault) in
                    index.lower.append(try reader.readBytes())
                }
            case 3:
                try reader.readList { (reader, _) throws(WireFault) in
                    index.upper.append(try reader.readBytes())
                }
            case 4: index.order = try reader.readInteger()
            case 5:
                try reader.readList { (reader, _) throws(WireFault) in
                    index.nullCounts.append(try reader.readInteger())
                }
            default: try reader.skip(type)
            }
        }
        return index
    }

    private func file(_ column: Column, _ type: IcebergType, pageRows: Int) throws -> [UInt8] {
        var options = ParquetWriterOptions(codec: .snappy)
        options.pageRowsMax = pageRows
        return try encode([SampleColumns.field(type)], [[column]], options: options).bytes
    }

    @Test("Every location of the offset index is a page, and the rows add up")
    func offsetIndex() throws {
        let column = SampleColumns.integers(.long, (0..<1000).map { Int64($0) } as [Int64?])
        let bytes = try file(column, .long, pageRows: 300)
        let location = try #require(try locations(bytes).first)
        let pages = try pages(bytes, at: location.offsetIndex)
        #expect(pages.map(\.firstRow) == [0, 300, 600, 900])
        var expectedOffset = 4
        for (page, rowCount) in zip(pages, [300, 300, 300, 100]) {
            #expect(page.offset == expectedOffset)
            var reader = ThriftReader(bytes, start: page.offset)
            let header = try PageHeader(&reader)
            #expect(header.valueCount == rowCount)
            #expect(reader.cursor + header.compressedBytes == page.offset + page.byteCount)
            expectedOffset += page.byteCount
        }
    }

    @Test("The column index has the bounds of each page, also through a dictionary")
    func columnIndex() throws {
        let values = ["b", "a", "c", nil, nil, nil, "d", "c", nil, "é", "z", "d"] as [String?]
        let repeated = values.flatMap { [String?](repeating: $0, count: 100) }
        let bytes = try file(SampleColumns.texts(repeated), .string, pageRows: 300)
        let location = try #require(try locations(bytes).first)
        let pages = try pages(bytes, at: location.offsetIndex)
        #expect(pages.first?.offset != 4, "a dictionary page stands first")
        let index = try index(bytes, at: try #require(location.columnIndex))
        #expect(index.isNull == [false, true, false, false])
        #expect(index.lower == ["a", "", "c", "d"].map { Array($0.utf8) })
        #expect(index.upper == ["c", "", "d", "é"].map { Array($0.utf8) })
        #expect(index.nullCounts == [0, 300, 100, 0])
        #expect(index.order == 1)
    }

    @Test("Pages whose bounds fall are not said to be in order")
    func unordered() throws {
        let column = SampleColumns.integers(.int, [9, 8, 1, 2] as [Int32?])
        let bytes = try file(column, .int, pageRows: 2)
        let location = try #require(try locations(bytes).first)
        let index = try index(bytes, at: try #require(location.columnIndex))
        #expect(index.order == 0)
        #expect(index.lower == [[8, 0, 0, 0], [1, 0, 0, 0]])
        #expect(index.upper == [[9, 0, 0, 0], [2, 0, 0, 0]])
    }

    @Test("A page of NaN alone leaves the column without an index")
    func onlyNaN() throws {
        let column = SampleColumns.integers(.double, [.nan, .nan, 1, 2] as [Double?])
        let bytes = try file(column, .double, pageRows: 2)
        let location = try #require(try locations(bytes).first)
        #expect(location.columnIndex == nil)
        #expect(try pages(bytes, at: location.offsetIndex).count == 2)
    }
}
