/// What stands for a row's key in memory: 128 bits.
///
/// A single integer or uuid key is the fingerprint itself, so two keys never share one. Every other
/// key is hashed with a secret of this process; see `docs/decisions` on why no check follows.
public struct KeyFingerprint: Hashable, Sendable {
    public var high: UInt64
    public var low: UInt64

    @inlinable @inline(__always)
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
