/// The rows of one data file that deletes took away: one bit a row.
struct DeletedRows {
    /// Empty until the first row is marked: counts in footers are claims.
    private var words: [UInt64] = []
    private let rowCount: Int
    private(set) var count = 0

    /// - Precondition: `rowCount` is within ``ScanLimits/rowsPerFileMax``.
    init(rowCount: Int) { self.rowCount = rowCount }

    /// Marks a row; one that the file does not have, or that is marked already, is no error.
    mutating func insert(_ position: Int64) {
        guard position >= 0, position < rowCount else { return }
        if words.isEmpty { words = [UInt64](repeating: 0, count: (rowCount + 63) / 64) }
        let word = Int(position >> 6)
        let bit: UInt64 = 1 << UInt64(position & 63)
        if words[word] & bit == 0 { count += 1 }
        words[word] |= bit
    }

    func contains(_ position: Int) -> Bool {
        !words.isEmpty && words[position >> 6] & (1 << UInt64(position & 63)) != 0
    }

    /// Whether no row of `range` is left.
    func holdsAll(of range: Range<Int>) -> Bool {
        count >= range.count && range.allSatisfy { contains($0) }
    }

    /// The rows that are marked, ascending.
    var positions: [Int] {
        var positions: [Int] = []
        positions.reserveCapacity(count)
        for (number, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                positions.append(number << 6 | rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return positions
    }

    /// The rows of `range` that are left, counted from its start; nil when that is all of them.
    func liveRows(in range: Range<Int>) -> [Int32]? {
        guard count > 0 else { return nil }
        var live: [Int32] = []
        live.reserveCapacity(range.count)
        for position in range where !contains(position) {
            live.append(Int32(truncatingIfNeeded: position - range.lowerBound))
        }
        return live.count == range.count ? nil : live
    }
}
