/// A data or delete file of a table, as a manifest describes it.
///
/// Maps go by field id; bounds are Iceberg's single-value binary form.
///
/// Source: Iceberg specification, "Manifests", `data_file`.
public struct DataFile: Hashable, Sendable {
    public enum Content: Int32, Sendable {
        case data = 0
        case positionDeletes = 1
        case equalityDeletes = 2
    }

    public var content: Content
    public var path: String
    /// `PARQUET` or `PUFFIN` in files of ours; other engines also spell it in lower case.
    public var format: String
    public var specID: Int32
    public var partition: PartitionTuple
    /// Rows, or deleted rows.
    public var recordCount: Int64
    /// Of the whole file, also where a deletion vector is only a part of it.
    public var fileSizeBytes: Int64
    public var columnSizes: [Int32: Int64]
    public var valueCounts: [Int32: Int64]
    public var nullValueCounts: [Int32: Int64]
    public var nanValueCounts: [Int32: Int64]
    public var lowerBounds: [Int32: [UInt8]]
    public var upperBounds: [Int32: [UInt8]]
    public var keyMetadata: [UInt8]?
    public var splitOffsets: [Int64]
    /// The columns of an equality delete file, ascending; empty otherwise.
    public var equalityIDs: [Int32]
    public var sortOrderID: Int32?
    /// The one data file a position delete file or deletion vector speaks of, if it is one only.
    public var referencedDataFile: String?
    /// The row id of a data file's first row; `nil` before it is inherited, and before version 3.
    public var firstRowID: Int64?
    /// Where a deletion vector begins in its Puffin file.
    public var contentOffset: Int64?
    /// Bytes of a deletion vector in its Puffin file.
    public var contentSizeBytes: Int64?

    public static let parquetFormat = "PARQUET"
    public static let puffinFormat = "PUFFIN"

    public init(
        content: Content,
        path: String,
        format: String = DataFile.parquetFormat,
        specID: Int32 = 0,
        partition: PartitionTuple = .unpartitioned,
        recordCount: Int64,
        fileSizeBytes: Int64,
        columnSizes: [Int32: Int64] = [:],
        valueCounts: [Int32: Int64] = [:],
        nullValueCounts: [Int32: Int64] = [:],
        nanValueCounts: [Int32: Int64] = [:],
        lowerBounds: [Int32: [UInt8]] = [:],
        upperBounds: [Int32: [UInt8]] = [:],
        keyMetadata: [UInt8]? = nil,
        splitOffsets: [Int64] = [],
        equalityIDs: [Int32] = [],
        sortOrderID: Int32? = nil,
        referencedDataFile: String? = nil,
        firstRowID: Int64? = nil,
        contentOffset: Int64? = nil,
        contentSizeBytes: Int64? = nil
    ) {
        self.content = content
        self.path = path
        self.format = format
        self.specID = specID
        self.partition = partition
        self.recordCount = recordCount
        self.fileSizeBytes = fileSizeBytes
        self.columnSizes = columnSizes
        self.valueCounts = valueCounts
        self.nullValueCounts = nullValueCounts
        self.nanValueCounts = nanValueCounts
        self.lowerBounds = lowerBounds
        self.upperBounds = upperBounds
        self.keyMetadata = keyMetadata
        self.splitOffsets = splitOffsets
        self.equalityIDs = equalityIDs
        self.sortOrderID = sortOrderID
        self.referencedDataFile = referencedDataFile
        self.firstRowID = firstRowID
        self.contentOffset = contentOffset
        self.contentSizeBytes = contentSizeBytes
    }
}

extension DataFile {
    /// The manifest entry of a deletion vector.
    ///
    /// - `dataFile`: The file whose rows it deletes; the vector lies in its partition.
    /// - `offset`, `sizeBytes`: As the Puffin file's footer says.
    /// - `fileSizeBytes`: Of the whole Puffin file.
    ///
    /// Source: Iceberg specification, "Deletion Vectors".
    public static func deletionVector(
        of dataFile: DataFile,
        puffinPath: String,
        fileSizeBytes: Int64,
        offset: Int64,
        sizeBytes: Int64,
        deletedRows: Int64
    ) -> DataFile {
        DataFile(
            content: .positionDeletes,
            path: puffinPath,
            format: puffinFormat,
            specID: dataFile.specID,
            partition: dataFile.partition,
            recordCount: deletedRows,
            fileSizeBytes: fileSizeBytes,
            referencedDataFile: dataFile.path,
            contentOffset: offset,
            contentSizeBytes: sizeBytes
        )
    }

    public var isDeletionVector: Bool {
        content == .positionDeletes && format.lowercased() == "puffin"
    }

    public var inPartition: Partition { Partition(specID: specID, tuple: partition) }

    /// What tells the file from every other of a snapshot.
    public var key: FileKey {
        isDeletionVector
            ? FileKey(
                path: path,
                referencedDataFile: referencedDataFile,
                contentOffset: contentOffset
            ) : FileKey(path: path)
    }
}

/// What tells a file of a snapshot from all others: many deletion vectors share one Puffin file.
public struct FileKey: Hashable, Sendable {
    public var path: String
    /// Of a deletion vector only.
    public var referencedDataFile: String?
    /// Of a deletion vector only.
    public var contentOffset: Int64?

    public init(path: String, referencedDataFile: String? = nil, contentOffset: Int64? = nil) {
        self.path = path
        self.referencedDataFile = referencedDataFile
        self.contentOffset = contentOffset
    }
}
