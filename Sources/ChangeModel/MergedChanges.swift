public import TableModel

/// A row of the batches that one merge holds.
public struct BatchRow: Hashable, Sendable {
    public var batch: Int32
    public var row: Int32

    public init(batch: Int, row: Int) {
        self.batch = Int32(batch)
        self.row = Int32(row)
    }
}

/// The net effect of an epoch on one key.
public struct KeyOutcome: Sendable {
    public let key: KeyFingerprint
    /// A row that holds the key's values; unless it is the final row, the only columns of it to
    /// rely on are the key's.
    public private(set) var keyRow: BatchRow
    /// Whether the log says that the table held this key before; false for a first insert.
    public let existedBefore: Bool
    private var isPresent: Bool

    /// `keyRow` is also the row that the table holds afterwards, if it `isPresent`.
    public init(key: KeyFingerprint, keyRow: BatchRow, existedBefore: Bool, isPresent: Bool) {
        self.key = key
        self.keyRow = keyRow
        self.existedBefore = existedBefore
        self.isPresent = isPresent
    }

    /// The row the table holds afterwards, or nil when it holds none.
    public var finalRow: BatchRow? { isPresent ? keyRow : nil }

    /// A later change of the key.
    public mutating func touch(at row: BatchRow, isPresent: Bool) {
        keyRow = row
        self.isPresent = isPresent
    }
}

/// Where the value of a cell that was not sent has to come from.
public enum CellOrigin: Sendable, Hashable {
    /// The same column of another row of these batches.
    case row(BatchRow)
    /// The same column of the row that the table holds under this key.
    case table(KeyFingerprint)
}

/// A cell to be filled in before the row is written.
public struct CellPatch: Sendable {
    public var row: BatchRow
    public var column: Int
    public var origin: CellOrigin

    public init(row: BatchRow, column: Int, origin: CellOrigin) {
        self.row = row
        self.column = column
        self.origin = origin
    }
}

/// What the changes of one table come to: one outcome a key, and the rows they refer to.
public struct MergedChanges: Sendable {
    /// Those to which neither outcomes nor patches refer may be empty.
    public var batches: [ChangeBatch]
    /// In the order in which the keys were first touched.
    public var outcomes: [KeyOutcome]
    /// Cells of final rows whose values were not sent.
    public var patches: [CellPatch]
    /// Whether all rows that the table held are gone first.
    public var truncated: Bool
    /// Whether two keys had one fingerprint, so that outcomes mean nothing.
    public var hasCollidingKeys: Bool

    public init(
        batches: [ChangeBatch],
        outcomes: [KeyOutcome],
        patches: [CellPatch],
        truncated: Bool,
        hasCollidingKeys: Bool = false
    ) {
        self.batches = batches
        self.outcomes = outcomes
        self.patches = patches
        self.truncated = truncated
        self.hasCollidingKeys = hasCollidingKeys
    }

    public var isEmpty: Bool { outcomes.isEmpty && !truncated }
}
