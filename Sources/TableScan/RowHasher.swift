public import Bytes
public import Columns
internal import KeyIndex
public import TableModel

/// Hashes whole rows, so that two sides of a comparison need to keep no values.
///
/// Values count in their ``CanonicalValue`` form: a row read from a source and the same row read
/// from a file have the same hash, whatever their columns' widths.
public struct RowHasher: Sendable {
    public let hasher: SipHash128

    public init(hasher: SipHash128 = .withRandomKey()) { self.hasher = hasher }

    /// One hash a row.
    ///
    /// - Precondition: All columns have the same number of rows.
    public func hashes(of columns: [Column]) -> [KeyFingerprint] {
        guard let rowCount = columns.first?.rowCount else { return [] }
        for column in columns {
            precondition(column.rowCount == rowCount, "columns of two lengths make no rows")
        }
        var canonical = ByteBuffer(capacityBytes: 1024)
        var hashes: [KeyFingerprint] = []
        hashes.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            canonical.removeAll()
            for column in columns { CanonicalValue.append(row: row, of: column, to: &canonical) }
            let (low, high) = canonical.withBytes { hasher.hash($0) }
            hashes.append(KeyFingerprint(high: high, low: low))
        }
        return hashes
    }
}
