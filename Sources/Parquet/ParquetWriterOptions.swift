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
    /// Whether columns may be written with a dictionary where that is smaller.
    public var dictionary = true
    public var keyValueMetadata: [(String, String)] = []
    /// What metrics tell of fields that ``metricsModes`` does not name.
    public var defaultMetricsMode = ParquetMetricsMode.truncate(units: 16)
    /// What metrics tell of a field, by its id; `full` also keeps statistics in the file whole.
    public var metricsModes: [Int32: ParquetMetricsMode] = [:]
    public var createdBy = "frazil version 0.1"

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
}
