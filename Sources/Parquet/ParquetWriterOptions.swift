public import Codecs

/// How a file is laid out.
public struct ParquetWriterOptions: Sendable {
    public var codec: CompressionCodec = .zstd(level: 1)
    /// Memory of appended columns at which a row group is encoded.
    public var rowGroupBytesMax = 128 << 20
    /// Rows at which a row group is encoded, whatever their size.
    public var rowGroupRowsMax = 4 << 20
    /// Bytes of a page before compression; a single longer value makes a longer page.
    public var pageBytesMax = 1 << 20
    public var pageRowsMax = 128 << 10
    public var pageVersion = ParquetPageVersion.v1
    /// Whether pages carry a checksum of their bytes.
    public var pageChecksums = false
    /// Whether columns may be written with a dictionary where that is smaller.
    public var dictionary = true
    /// How the values of a field lie in pages, by its id; ``ParquetColumnEncoding/automatic`` where
    /// it is not named.
    public var encodings: [Int32: ParquetColumnEncoding] = [:]
    /// Fields whose chunks have a Bloom filter, by id.
    public var bloomFilters: [Int32: ParquetBloomFilter] = [:]
    /// The longest byte string that is written; page sizes are 32-bit in the format.
    ///
    /// A larger number than ``valueBytesLimit`` becomes that one.
    public var valueBytesMax = valueBytesLimit {
        didSet { valueBytesMax = min(valueBytesMax, Self.valueBytesLimit) }
    }
    /// Threads that encode and compress the columns of a row group at the same time; the file is the
    /// same with any number.
    public var compressionThreads = 1
    public var keyValueMetadata: [(String, String)] = []
    /// What metrics tell of fields that ``metricsModes`` does not name.
    public var defaultMetricsMode = ParquetMetricsMode.truncate(units: 16)
    /// What metrics tell of a field, by its id; `full` also keeps statistics in the file whole.
    public var metricsModes: [Int32: ParquetMetricsMode] = [:]
    public var createdBy = "frazil version 0.1"

    /// The most that ``valueBytesMax`` can be: pages of a gibibyte are the longest that are read,
    /// and levels and lengths need some room in them.
    public static let valueBytesLimit = (1 << 30) - (64 << 10)

    public init() {}

    /// `fullBoundsFieldIDs` are fields whose bounds are never truncated, such as the `file_path` of
    /// position deletes.
    public init(
        codec: CompressionCodec,
        keyValueMetadata: [(String, String)] = [],
        fullBoundsFieldIDs: Set<Int32> = []
    ) {
        self.codec = codec
        self.keyValueMetadata = keyValueMetadata
        for fieldID in fullBoundsFieldIDs { metricsModes[fieldID] = .full }
    }

    func metricsMode(ofFieldID fieldID: Int32) -> ParquetMetricsMode {
        metricsModes[fieldID] ?? defaultMetricsMode
    }

    /// Bytes that are enough to tell a field's bounds in statistics and metrics; `nil` for all.
    ///
    /// A code point takes up to four bytes, and one more tells that there are more.
    func boundBytesMax(ofFieldID fieldID: Int32) -> Int? {
        guard let unitsMax = metricsMode(ofFieldID: fieldID).unitsMax else { return nil }
        return (max(unitsMax, BoundSerialization.parquetUnitsMax) + 1) * 4
    }

    /// How a leaf is written, the option for all columns considered.
    func encoding(of leaf: FieldLeaf) -> ParquetColumnEncoding {
        encodings[leaf.fieldID] ?? (dictionary ? .automatic : .plain)
    }
}
