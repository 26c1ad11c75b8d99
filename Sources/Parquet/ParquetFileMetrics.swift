internal import TableModel

/// What a finished file holds; the source of a manifest entry.
public struct ParquetFileMetrics: Sendable, Equatable {
    public var rowCount: Int
    public var fileSizeBytes: Int
    /// Where each row group starts, ascending.
    public var splitOffsets: [Int64]
    /// One a leaf of the schema, in the order of the fields; a variant counts as a leaf.
    public var columns: [ColumnMetrics]

    /// Counts and bounds of one column, or of one field inside a nested column.
    ///
    /// Bounds are Iceberg's single-value binary, held to the column's ``ParquetMetricsMode``; `nil`
    /// where the column has no value, where no bound of that length exists, inside lists and maps,
    /// and always for uuid, variant, geometry and geography.
    ///
    /// Source: Iceberg specification, "Data File Fields" and "Binary single-value serialization".
    public struct ColumnMetrics: Sendable, Equatable {
        public var fieldID: Int32
        /// Bytes of the column's pages in the file, headers included.
        public var compressedBytes: Int
        /// Values, NULL and NaN included; inside lists and maps their elements.
        public var valueCount: Int?
        /// NULLs; inside lists and maps also lists and maps that are NULL or empty.
        public var nullCount: Int?
        /// For float and double; `nil` where all values are NaN.
        public var nanCount: Int?
        public var lowerBound: [UInt8]?
        public var upperBound: [UInt8]?
    }
}

/// How much the metrics of a file tell of a column's values.
///
/// Source: Iceberg documentation, table property `write.metadata.metrics.default`.
public enum ParquetMetricsMode: Hashable, Sendable {
    /// The size alone.
    case none
    /// Size, values, NULLs and NaN.
    case counts
    /// Counts, and bounds of at most so many code points or bytes.
    case truncate(units: Int)
    /// Counts, and bounds as long as the values.
    case full

    /// Code points or bytes that bounds keep; `nil` for all, zero for no bounds.
    var unitsMax: Int? {
        switch self {
        case .none, .counts: 0
        case .truncate(let units): max(units, 0)
        case .full: nil
        }
    }
}

extension ParquetFileMetrics {
    /// Sums up the chunks of every leaf; those of one variant together.
    static func columns(
        leaves: [FieldLeaf],
        rowGroups: [RowGroup],
        options: ParquetWriterOptions
    ) -> [ColumnMetrics] {
        var columns: [ColumnMetrics] = []
        for (index, leaf) in leaves.enumerated() {
            let chunks = rowGroups.map { $0.chunks[index] }
            if let last = columns.last, last.fieldID == leaf.fieldID {
                let moreBytes = chunks.reduce(0) { $0 + $1.compressedBytes }
                columns[columns.count - 1].compressedBytes += moreBytes
            } else {
                let mode = options.metricsMode(ofFieldID: leaf.fieldID)
                columns.append(ColumnMetrics(leaf: leaf, chunks: chunks, mode: mode))
            }
        }
        return columns
    }
}

extension ParquetFileMetrics.ColumnMetrics {
    /// Sums up the chunks of one leaf.
    init(leaf: FieldLeaf, chunks: [ColumnChunk], mode: ParquetMetricsMode) {
        var statistics = ValueStatistics()
        for chunk in chunks { statistics.add(chunk.statistics) }
        fieldID = leaf.fieldID
        compressedBytes = chunks.reduce(0) { $0 + $1.compressedBytes }
        guard mode != .none else { return }
        valueCount = statistics.valueCount
        nullCount = statistics.nullCount
        nanCount = statistics.nanCountToTell(of: leaf.type)
        guard !leaf.isRepeated, mode.unitsMax != 0 else { return }
        let bounds = BoundSerialization.iceberg(
            statistics.bounds,
            type: leaf.type,
            unitsMax: mode.unitsMax
        )
        lowerBound = bounds.lower
        // NaN is larger than any bound for the engines that skip files by it.
        upperBound = statistics.nanCount > 0 ? nil : bounds.upper
    }
}

extension ValueStatistics {
    /// The count of NaN that readers may know.
    ///
    /// They take a file of nothing but NaN for one in which no value is above any other. In SQL NaN is
    /// above all numbers, so of such a file the count is not told, and readers look.
    fileprivate func nanCountToTell(of type: IcebergType) -> Int? {
        guard type == .float || type == .double else { return nil }
        return nanCount > 0 && nanCount == valueCount ? nil : nanCount
    }
}
