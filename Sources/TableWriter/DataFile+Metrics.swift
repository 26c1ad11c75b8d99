import Iceberg
import Parquet

extension DataFile {
    /// A manifest entry's file from what the Parquet writer counted.
    ///
    /// Source: Iceberg specification, "Data File Fields".
    init(
        path: String,
        metrics: ParquetFileMetrics,
        content: Content,
        equalityFieldIDs: [Int32]?,
        referencedDataFile: String?
    ) {
        self.init(
            content: content,
            path: path,
            recordCount: Int64(metrics.rowCount),
            fileSizeBytes: Int64(metrics.fileSizeBytes)
        )
        for column in metrics.columns {
            let id = column.fieldID
            columnSizes[id] = Int64(column.compressedBytes)
            if let valueCount = column.valueCount { valueCounts[id] = Int64(valueCount) }
            if let nullCount = column.nullCount { nullValueCounts[id] = Int64(nullCount) }
            if let nanCount = column.nanCount { nanValueCounts[id] = Int64(nanCount) }
            if let bound = column.lowerBound { lowerBounds[id] = bound }
            if let bound = column.upperBound { upperBounds[id] = bound }
        }
        splitOffsets = metrics.splitOffsets
        equalityIDs = equalityFieldIDs ?? []
        self.referencedDataFile = referencedDataFile
    }
}
