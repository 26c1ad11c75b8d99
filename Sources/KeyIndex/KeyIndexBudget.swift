/// Shares a bound of memory among the key indexes of all tables of a process.
///
/// A table without an index is followed all the same, by deletes of keys instead of positions, which
/// readers pay for; so who has memory is decided here, and every decision is an event to be logged.
/// When bytes are asked for that are not free, the tables that were used least recently give theirs
/// up, all of it: half an index finds nothing. A table never pushes out one that was used more
/// recently than itself, so two tables that do not fit side by side do not take turns in being
/// rebuilt: the busier one stays.
///
/// Owned by one task.
public struct KeyIndexBudget: Sendable {
    /// What happened to a table's index.
    public enum Event: Equatable, Sendable, CustomStringConvertible {
        /// It has memory now.
        case admitted(table: String, bytes: Int)
        /// It gave its memory up for another table's.
        case evicted(table: String, bytes: Int, for: String)
        /// It does not get the memory, or not more, and gave up what it had.
        case refused(table: String, bytesWanted: Int, bytesFree: Int)
        /// It has memory beyond the bound, because its rows cannot be deleted by key.
        case exceeded(table: String, bytes: Int, bytesMax: Int)

        public var description: String {
            switch self {
            case .admitted(let table, let bytes):
                "the key index of \(table) is in memory with \(bytes) bytes"
            case .evicted(let table, let bytes, let other):
                "the key index of \(table) gave up \(bytes) bytes for that of \(other); its rows "
                    + "are deleted by key"
            case .refused(let table, let wanted, let free):
                "the key index of \(table) wants \(wanted) bytes and \(free) can be had; its rows "
                    + "are deleted by key"
            case .exceeded(let table, let bytes, let bytesMax):
                "the key index of \(table) takes \(bytes) bytes and all together more than the "
                    + "\(bytesMax) that they may; the table cannot be followed without"
            }
        }
    }

    /// A table's part.
    public struct Share: Equatable, Sendable {
        public var table: String
        public var bytes: Int
        /// Counts uses of all tables; greater is more recent.
        public var lastUse: UInt64
        /// Whether the table cannot be followed without an index, so that it keeps it.
        public var isNeeded: Bool
    }

    public let bytesMax: Int
    private var shares: [String: Share] = [:]
    /// When tables without memory were last used.
    private var otherUses: [String: UInt64] = [:]
    private var useCount: UInt64 = 0

    /// - Precondition: `bytesMax` is not negative.
    public init(bytesMax: Int) {
        precondition(bytesMax >= 0, "a budget of \(bytesMax) bytes")
        self.bytesMax = bytesMax
    }

    public var bytesUsed: Int { shares.values.reduce(0) { $0 + $1.bytes } }
    /// Below zero where tables that need an index take more than there is.
    public var bytesFree: Int { bytesMax - bytesUsed }

    /// Who has how much, the greatest first.
    public var allShares: [Share] {
        shares.values.sorted { ($1.bytes, $0.table) < ($0.bytes, $1.table) }
    }

    public func holds(_ table: String) -> Bool { shares[table] != nil }
}

extension KeyIndexBudget {
    /// Notes that a table has changes, with an index or without.
    public mutating func use(_ table: String) {
        useCount += 1
        if shares[table] == nil {
            otherUses[table] = useCount
        } else {
            shares[table]?.lastUse = useCount
        }
    }

    /// Sets what a table's index takes, before it takes it where that is known.
    ///
    /// The table has this many bytes afterwards, or none; see the events. One that `isNeeded` has
    /// them, also where it pushes out tables that were used since, or exceeds the bound.
    ///
    /// - Returns: What happened, in order: evictions first. Empty when only a size changed.
    public mutating func set(
        _ bytes: Int,
        of table: String,
        isNeeded: Bool = false
    ) -> [Event] {
        precondition(bytes >= 0, "an index of \(bytes) bytes")
        let old = shares[table]
        let lastUse = old?.lastUse ?? otherUses[table] ?? 0
        let candidates = shares.values
            .filter { $0.table != table && !$0.isNeeded && (isNeeded || $0.lastUse < lastUse) }
            .sorted { ($0.lastUse, $0.table) < ($1.lastUse, $1.table) }
        var free = bytesFree + (old?.bytes ?? 0)
        var evicted: [Share] = []
        for candidate in candidates where free < bytes {
            evicted.append(candidate)
            free += candidate.bytes
        }
        guard free >= bytes || isNeeded else {
            // Nobody makes room that does not suffice.
            release(table)
            return [.refused(table: table, bytesWanted: bytes, bytesFree: free)]
        }
        for share in evicted { release(share.table) }
        // Whoever is over the bound for some time is told so once.
        let isExceeded = free < bytes && bytesFree >= 0
        shares[table] = Share(
            table: table,
            bytes: bytes,
            lastUse: lastUse,
            isNeeded: isNeeded
        )
        otherUses[table] = nil
        let evictions = evicted.map {
            Event.evicted(table: $0.table, bytes: $0.bytes, for: table)
        }
        if isExceeded {
            return evictions + [.exceeded(table: table, bytes: bytes, bytesMax: bytesMax)]
        }
        return evictions + (old == nil ? [.admitted(table: table, bytes: bytes)] : [])
    }

    /// Whether a table without an index could have one of this many bytes now.
    public func couldAdmit(_ bytes: Int, for table: String) -> Bool {
        var copy = self
        return copy.set(bytes, of: table).last == .admitted(table: table, bytes: bytes)
    }

    /// Takes a table's memory back.
    public mutating func release(_ table: String) {
        guard let share = shares.removeValue(forKey: table) else { return }
        otherUses[table] = share.lastUse
    }

    /// Forgets a table that is followed no longer.
    public mutating func forget(_ table: String) {
        shares[table] = nil
        otherUses[table] = nil
    }
}
