/// How large the Bloom filter of a field is.
public struct ParquetBloomFilter: Hashable, Sendable {
    /// The share of absent values that the filter takes for present.
    public var falsePositiveRate = 0.01
    /// The most bytes of one filter; with more values than that is enough for, the rate rises.
    public var bytesMax = 1 << 20

    public init() {}

    public init(falsePositiveRate: Double, bytesMax: Int = 1 << 20) {
        self.falsePositiveRate = falsePositiveRate
        self.bytesMax = bytesMax
    }
}
