/// A byte position in PostgreSQL's write-ahead log.
struct LogSequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    var value: UInt64

    init(_ value: UInt64) { self.value = value }

    /// Reads the server's spelling, two hexadecimal halves: `0/16B3748`.
    init?(text: some StringProtocol) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2,
            let high = UInt32(halves[0], radix: 16), let low = UInt32(halves[1], radix: 16)
        else { return nil }
        value = UInt64(high) << 32 | UInt64(low)
    }

    static let zero = LogSequenceNumber(0)

    static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    var description: String {
        let high = String(value >> 32, radix: 16, uppercase: true)
        let low = String(value & 0xFFFF_FFFF, radix: 16, uppercase: true)
        return "\(high)/\(low)"
    }
}
