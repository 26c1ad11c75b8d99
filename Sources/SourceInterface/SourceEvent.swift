public import ChangeModel

/// What a source's log tells, in the order of the log for each table.
///
/// Rows of a transaction may arrive in several batches; nothing of it counts until the boundary
/// behind it arrives. When the connection breaks, everything behind the last committed boundary is
/// read again.
public enum SourceEvent: Sendable {
    case rows(ChangeBatch)
    /// All rows of the table went away at this place of the log.
    case truncated(SourceTableName)
    /// From here on the table's batches have these columns. All old columns are still there by
    /// name and type. `needsSnapshot` is true when rows that exist read other values in the source
    /// than NULL in the new columns, which no row event tells.
    case columnsAdded(SourceTable, needsSnapshot: Bool)
    /// The table cannot be followed any further; no more events of it will come.
    case stopped(SourceTableName, SourceError)
    /// Every transaction up to `position` was sent.
    case boundary(SourceBoundary)

    /// Bytes of memory the event holds; what the queue is bounded by.
    public var memoryBytes: Int {
        if case .rows(let batch) = self { return batch.memoryBytes }
        return 64
    }
}

/// A place between two transactions at which an epoch may end.
public struct SourceBoundary: Sendable {
    public var position: SourcePosition
    /// When the source committed the last transaction before it, in microseconds since 1970; nil
    /// when nothing was committed since the last boundary.
    public var committedAtMicroseconds: Int64?
    /// Whether the position asked for in ``StreamRequest/until`` is covered.
    public var hasReachedTarget: Bool
    /// Transactions since the last boundary that changed a chosen table.
    public var transactionCount: Int

    public init(
        position: SourcePosition,
        committedAtMicroseconds: Int64?,
        hasReachedTarget: Bool,
        transactionCount: Int
    ) {
        self.position = position
        self.committedAtMicroseconds = committedAtMicroseconds
        self.hasReachedTarget = hasReachedTarget
        self.transactionCount = transactionCount
    }
}
