/// Which transactions a database snapshot sees, as `pg_current_snapshot()` prints it.
///
/// Source: PostgreSQL manual, "Transaction ID and Snapshot Information Functions".
struct VisibilitySnapshot: Hashable, Sendable, CustomStringConvertible {
    /// The lowest id that was still active; everything below had ended.
    var minimumID: UInt64
    /// One past the highest id that had ended; from here on nothing is seen.
    var maximumID: UInt64
    /// Ids in between that had not ended.
    var activeIDs: [UInt64]

    /// Reads `xmin:xmax:xip,xip`, each with the epoch in the upper half.
    init?(text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let minimum = UInt64(parts[0]), let maximum = UInt64(parts[1]),
            minimum <= maximum
        else { return nil }
        let active = parts[2].split(separator: ",").map { UInt64($0) }
        let known = active.compactMap { $0 }
        guard known.count == active.count else { return nil }
        minimumID = minimum
        maximumID = maximum
        activeIDs = known
    }

    var description: String {
        "\(minimumID):\(maximumID):\(activeIDs.map { String($0) }.joined(separator: ","))"
    }

    /// Whether the snapshot sees the rows of a committed transaction.
    ///
    /// The stream names transactions by the lower 32 bits of their id. The comparison is modulo
    /// 2^32, as the server's own, so it holds for ids within 2^31 of the snapshot; whoever asks
    /// must know by the log position that the transaction is that near.
    func sees(transactionID: UInt32) -> Bool {
        let belowMinimum = Int32(
            bitPattern: transactionID &- UInt32(truncatingIfNeeded: minimumID)
        )
        if belowMinimum < 0 { return true }
        let belowMaximum = Int32(
            bitPattern: transactionID &- UInt32(truncatingIfNeeded: maximumID)
        )
        if belowMaximum >= 0 { return false }
        return !activeIDs.contains { UInt32(truncatingIfNeeded: $0) == transactionID }
    }
}
