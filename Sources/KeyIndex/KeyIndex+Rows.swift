public import TableModel

/// Tells equal rows apart by counting them.
///
/// Equal rows are interchangeable, but an index holds one place a key. So each copy of a row has a
/// key of its own, made of the row's fingerprint and the copy's number.
public struct RowCopies {
    /// Copies seen, of rows that were seen more than once or asked about.
    private var counts: [KeyFingerprint: Int] = [:]

    public init() {}

    /// The key of the copy `number` of a row, counted from 0.
    public static func key(of row: KeyFingerprint, copy number: Int) -> KeyFingerprint {
        // Odd multipliers give every number another key; rows have 128 bits to keep apart in.
        let number = UInt64(truncatingIfNeeded: number)
        return KeyFingerprint(
            high: row.high &+ number &* 0x9E37_79B9_7F4A_7C15,
            low: row.low ^ number &* 0xD6E8_FEB8_6659_FD93
        )
    }

    /// The key of the next copy of a row.
    public mutating func next(_ row: KeyFingerprint) -> KeyFingerprint {
        next(row) { 0 }
    }

    /// The same where `firstCount` copies are there already; asked for once a row.
    mutating func next(_ row: KeyFingerprint, firstCount: () -> Int) -> KeyFingerprint {
        let count = counts[row] ?? firstCount()
        counts[row] = count + 1
        return Self.key(of: row, copy: count)
    }
}

/// Rows of a table without a key: an index that holds every copy of equal rows.
///
/// The copies of a row have the numbers 0, 1, 2 and so on without gaps; the last one goes first. A
/// file that is taken away whole leaves gaps, so after changes of others such an index is to be
/// rebuilt.
extension KeyIndex {
    /// Remembers where rows lie.
    ///
    /// - Throws: ``KeyIndexFull``; some of the rows may be stored then.
    public func addRows(
        _ rows: [KeyFingerprint],
        file: Int,
        positions: RowPositions
    ) throws(KeyIndexFull) {
        var copies = RowCopies()
        let isKnown = locations(of: rows).map { $0 != nil }
        let keys = rows.enumerated().map { row, fingerprint in
            copies.next(fingerprint) { isKnown[row] ? copyCount(of: fingerprint) : 0 }
        }
        try setAll(keys, file: file, positions: positions)
    }

    /// Forgets one of the rows with this fingerprint, whichever.
    ///
    /// - Returns: Where it lay; nil when there is none.
    public func removeRow(_ row: KeyFingerprint) -> RowLocation? {
        let count = copyCount(of: row)
        return count == 0 ? nil : remove(RowCopies.key(of: row, copy: count - 1))
    }

    /// How many rows have this fingerprint; takes a number of look-ups that grows with its logarithm.
    public func copyCount(of row: KeyFingerprint) -> Int {
        func hasCopy(_ number: Int) -> Bool {
            location(of: RowCopies.key(of: row, copy: number)) != nil
        }
        guard hasCopy(0) else { return 0 }
        var there = 0
        var step = 1
        while hasCopy(there + step) {
            there += step
            step *= 2
        }
        // The last copy lies between `there` and `there + step`.
        var absent = there + step
        while absent - there > 1 {
            let middle = there + (absent - there) / 2
            if hasCopy(middle) { there = middle } else { absent = middle }
        }
        return absent
    }
}
