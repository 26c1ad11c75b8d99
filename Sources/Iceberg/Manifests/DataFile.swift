public import Avro

/// The values of a file's partition, one per partition field, as the manifest carries them.
public struct PartitionTuple: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public var fieldID: Int32?
        public var name: String
        public var value: AvroValue

        public init(fieldID: Int32?, name: String, value: AvroValue) {
            self.fieldID = fieldID
            self.name = name
            self.value = value
        }
    }

    public var fields: [Field]

    public init(fields: [Field] = []) { self.fields = fields }

    public static let unpartitioned = PartitionTuple()
}

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
    /// `PARQUET` in files of ours; other engines also spell it in lower case.
    public var format: String
    public var specID: Int32
    public var partition: PartitionTuple
    public var recordCount: Int64
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
    /// The one data file a position delete file speaks of, if it speaks of one only.
    public var referencedDataFile: String?

    public init(
        content: Content,
        path: String,
        format: String = "PARQUET",
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
        referencedDataFile: String? = nil
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
    }
}
