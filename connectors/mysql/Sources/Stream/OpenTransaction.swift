internal import ChangeModel

/// The transaction that the log is in the middle of.
struct OpenTransaction {
    var id: TransactionID
    /// The next query is the whole transaction, unless it is BEGIN.
    var isStandalone: Bool
    /// An XA branch that is prepared here and committed later: its rows are held.
    var isPrepared = false
    var committedAtMicroseconds: Int64?
    /// Whether it changed a replicated table.
    var hasRows = false
    /// Replicated tables whose rows of this transaction were read, for rollbacks.
    var changedTables: Set<SourceTableName> = []
    var alterPhase: MariaDBGTIDEvent.AlterPhase?
    /// Rows of a prepared branch.
    var heldBatches: [ChangeBatch] = []
}

/// Prepared XA branches whose end has not come yet.
///
/// While there are any, no boundary is sent:
/// the log must be read again from before them after a restart.
struct HeldTransactions {
    /// Rows of prepared branches that are kept in memory.
    static let heldBytesMax = 256 << 20

    private(set) var batches: [XAIdentifier: [ChangeBatch]] = [:]
    private(set) var heldBytes = 0

    var isEmpty: Bool { batches.isEmpty }
    var names: String { batches.keys.map(\.description).sorted().joined(separator: ", ") }

    mutating func hold(_ rows: [ChangeBatch], of identifier: XAIdentifier) {
        batches[identifier] = rows
        heldBytes += rows.reduce(0) { $0 + $1.memoryBytes }
    }

    /// - Returns: `nil` when the branch was prepared before we began to read.
    mutating func take(_ identifier: XAIdentifier) -> [ChangeBatch]? {
        guard let rows = batches.removeValue(forKey: identifier) else { return nil }
        heldBytes -= rows.reduce(0) { $0 + $1.memoryBytes }
        return rows
    }
}
