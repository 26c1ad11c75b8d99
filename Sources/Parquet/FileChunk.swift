/// Where a row group's pages of one leaf lie, and what is said about them.
///
/// Source: apache/parquet-format, parquet.thrift "ColumnChunk", "ColumnMetaData".
struct FileChunk: Sendable {
    var codecNumber = -1
    /// Encodings of its pages, one bit a number.
    var encodings: UInt32 = 0
    var valueCount = 0
    var compressedBytes = 0
    var uncompressedBytes = 0
    var dataPageOffset = 0
    var dictionaryPageOffset: Int?
    var statistics = FileStatistics()
    var offsetIndex = FileRange()
    var columnIndex = FileRange()
    /// Older writers leave its length out.
    var bloomFilter = FileRange()
    /// In another file, encrypted, or without metadata: not readable.
    var isElsewhere = false
    var isEncrypted = false
    var hasMetadata = false

    /// The chunk's first byte; writers that have no dictionary leave its offset out or at zero.
    var startOffset: Int {
        guard let dictionaryPageOffset, dictionaryPageOffset > 0 else { return dataPageOffset }
        return min(dictionaryPageOffset, dataPageOffset)
    }
}

/// A place in the file as the footer has it; a length of zero says that there is none.
struct FileRange: Sendable, Hashable {
    var offset = 0
    var byteCount = 0
}

/// Bounds and counts of a column chunk.
///
/// Source: apache/parquet-format, parquet.thrift "Statistics".
struct FileStatistics: Sendable {
    /// Bounds in the order of the column.
    var lower: [UInt8]?
    var upper: [UInt8]?
    /// Bounds of older writers, in an order that was never said.
    var legacyLower: [UInt8]?
    var legacyUpper: [UInt8]?
    var nullCount: Int?
}

struct FileRowGroup: Sendable {
    var rowCount = 0
    var chunks: [FileChunk] = []
}
