internal import Bytes

/// Where the pages of a chunk lie.
///
/// Source: apache/parquet-format, parquet.thrift "OffsetIndex", PageIndex.md.
struct OffsetIndex {
    struct Entry {
        var offset = -1
        /// Bytes with the header.
        var byteCount = -1
        var firstRow = -1
    }

    var entries: [Entry] = []

    init(_ bytes: [UInt8], _ range: Range<Int>) throws(WireFault) {
        var index = OffsetIndex()
        var reader = ThriftReader(bytes, start: range.lowerBound, end: range.upperBound)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            guard id == 1, type == .list else { return try reader.skip(type) }
            try reader.readList { (reader, _) throws(WireFault) in
                let start = reader.cursor
                index.entries.append(try Self.entry(&reader))
                try reader.checkByteCount(since: start, atLeast: Self.entryBytesMin)
            }
        }
        self = index
    }

    private init() {}

    /// Three fields and the stop of a struct.
    private static let entryBytesMin = 7

    private static func entry(_ reader: inout ThriftReader) throws(WireFault) -> Entry {
        var entry = Entry()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int64): entry.offset = try reader.readInteger()
            case (2, .int32): entry.byteCount = try reader.readInteger()
            case (3, .int64): entry.firstRow = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
        return entry
    }

    /// The pages, of which some may have no rows; `nil` when they do not lie one after another in the chunk, or do not
    /// have the row group's rows.
    func pages(chunk: Range<Int>, rowCount: Int) -> [PageLocation]? {
        var pages: [PageLocation] = []
        var end = chunk.lowerBound
        for (index, entry) in entries.enumerated() {
            let nextRow = index + 1 < entries.count ? entries[index + 1].firstRow : rowCount
            guard entry.offset >= end, entry.byteCount >= 0, entry.offset <= chunk.upperBound,
                entry.byteCount <= chunk.upperBound - entry.offset,
                (0...rowCount).contains(entry.firstRow), nextRow >= entry.firstRow,
                index > 0 || entry.firstRow == 0
            else { return nil }
            end = entry.offset + entry.byteCount
            pages.append(
                PageLocation(bytes: entry.offset..<end, rows: entry.firstRow..<nextRow)
            )
        }
        return rowCount > 0 && pages.isEmpty ? nil : pages
    }
}

/// What the pages of a chunk hold.
///
/// Source: apache/parquet-format, parquet.thrift "ColumnIndex".
struct ColumnIndex {
    var isNullPage: [Bool] = []
    var lower: [[UInt8]] = []
    var upper: [[UInt8]] = []
    var nullCounts: [Int]?

    init(_ bytes: [UInt8], _ range: Range<Int>) throws(WireFault) {
        var index = ColumnIndex()
        var reader = ThriftReader(bytes, start: range.lowerBound, end: range.upperBound)
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    index.isNullPage.append(try reader.readByte() == 1)
                }
            case (2, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    index.lower.append(try reader.readBytes())
                }
            case (3, .list):
                try reader.readList { (reader, _) throws(WireFault) in
                    index.upper.append(try reader.readBytes())
                }
            case (5, .list):
                var counts: [Int] = []
                try reader.readList { (reader, _) throws(WireFault) in
                    counts.append(try reader.readInteger())
                }
                index.nullCounts = counts
            default: try reader.skip(type)
            }
        }
        self = index
    }

    private init() {}

    /// Whether there is one of everything for each page.
    func isWhole(pageCount: Int) -> Bool {
        [isNullPage.count, lower.count, upper.count, nullCounts?.count ?? pageCount]
            .allSatisfy { $0 == pageCount }
    }
}
