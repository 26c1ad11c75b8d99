/// What the footer and the indexes say about one written column chunk.
struct ColumnChunk {
    /// Where a page lies, and what its rows hold.
    struct Page {
        var offset: Int
        /// Bytes with the header.
        var byteCount: Int
        /// The page's first row of the row group.
        var firstRow: Int
        var encoding: ParquetEncoding
        var statistics: ValueStatistics
    }

    var dictionaryPageOffset: Int?
    var pages: [Page] = []
    var statistics = ValueStatistics()
    /// Bytes of all pages and headers, after and before compression.
    var compressedBytes = 0
    var uncompressedBytes = 0
    var bloomFilter: SplitBlockFilter?
    var bloomFilterOffset = 0
    var bloomFilterBytes = 0
    var columnIndexOffset: Int?
    var columnIndexBytes = 0
    var offsetIndexOffset = 0
    var offsetIndexBytes = 0

    /// Puts the chunk's pages so many bytes further back in the file.
    mutating func move(by byteCount: Int) {
        dictionaryPageOffset = dictionaryPageOffset.map { $0 + byteCount }
        for index in pages.indices { pages[index].offset += byteCount }
    }

    /// Where the chunk's first byte lies.
    var startOffset: Int { dictionaryPageOffset ?? pages.first?.offset ?? 0 }
    var isDictionary: Bool { dictionaryPageOffset != nil }

    /// The encodings of the data pages, each once, and how many pages have it.
    var dataEncodings: [(encoding: ParquetEncoding, pageCount: Int)] {
        var found: [(encoding: ParquetEncoding, pageCount: Int)] = []
        for page in pages {
            if found.last?.encoding == page.encoding {
                found[found.count - 1].pageCount += 1
            } else {
                found.append((page.encoding, 1))
            }
        }
        return found
    }
}

/// What the footer says about one written row group.
struct RowGroup {
    var rowCount: Int
    var chunks: [ColumnChunk]
    var compressedBytes: Int { chunks.reduce(0) { $0 + $1.compressedBytes } }
    var uncompressedBytes: Int { chunks.reduce(0) { $0 + $1.uncompressedBytes } }
    var startOffset: Int { chunks.first?.startOffset ?? 0 }
}
