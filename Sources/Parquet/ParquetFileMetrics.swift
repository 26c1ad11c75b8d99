internal import TableModel

/// What a finished file holds; the source of a manifest entry.
public struct ParquetFileMetrics: Sendable, Equatable {
    public var rowCount: Int
    public var fileSizeBytes: Int
    /// Where each row group starts, ascending.
    public var splitOffsets: [Int64]
    /// One a column, in field order.
    public var columns: [ColumnMetrics]

    /// Counts and bounds of one column.
    ///
    /// Bounds are Iceberg's single-value binary, held to 16 code points or bytes; `nil` where the
    /// column has no value, where no bound of that length exists, and always for uuid.
    ///
    /// Source: Iceberg specification, "Data File Fields" and "Binary single-value serialization".
    public struct ColumnMetrics: Sendable, Equatable {
        public var fieldID: Int32
        /// Bytes of the column's pages in the file, headers included.
        public var compressedBytes: Int
        /// Rows, NULL and NaN included.
        public var valueCount: Int
        public var nullCount: Int
        /// For float and double.
        public var nanCount: Int?
        public var lowerBound: [UInt8]?
        public var upperBound: [UInt8]?
    }
}

extension ParquetFileMetrics.ColumnMetrics {
    /// Sums up the chunks of one column.
    init(field: ParquetField, chunks: [ColumnChunk], isFull: Bool) {
        var statistics = ValueStatistics()
        for chunk in chunks { statistics.add(chunk.statistics) }
        let bounds = BoundSerialization.iceberg(
            statistics.bounds,
            type: field.type,
            isFull: isFull
        )
        fieldID = field.fieldID
        compressedBytes = chunks.reduce(0) { $0 + $1.compressedBytes }
        valueCount = statistics.valueCount
        nullCount = statistics.nullCount
        nanCount = field.type == .float || field.type == .double ? statistics.nanCount : nil
        lowerBound = bounds.lower
        upperBound = bounds.upper
    }
}
