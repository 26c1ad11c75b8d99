/// Every limit of this connector, with its unit.
enum Limits {
    /// Source: PostgreSQL manual, "Replication Slots": a slot's name is at most 63 bytes.
    static let slotNameBytesMax = 63
    /// Versions before know neither TID range scans nor `logical_decoding_work_mem` as we need.
    static let serverVersionMin = 140_000
    /// How often the server hears from us while nothing else is said; well below the smallest
    /// sensible `wal_sender_timeout`.
    static let statusIntervalMilliseconds = 1_000
    /// How long messages of an open transaction may gather in the socket before they are read.
    static let gatheringMicroseconds: UInt32 = 500
    /// Reads of the socket, of some kilobytes each, before messages are looked at.
    static let readsAtOnceMax = 64
    /// How often the server is asked for its position while a target is waited for.
    static let targetQuestionIntervalMilliseconds = 50
    /// A server that answers nothing for so long is gone.
    static let serverSilenceMillisecondsMax = 60_000
    /// How often an idle stream asks whether its sink is still open.
    static let sinkQuestionIntervalMilliseconds = 500
    /// How long one offer to a full sink waits before the connection is looked after.
    static let offerTimeoutMilliseconds = 200
    /// How often the catalog is asked for changes of idle tables.
    static let catalogPollIntervalMilliseconds = 2_000
    /// A slot is created once the transactions running then have ended; so long we wait.
    static let slotCreationTimeoutSeconds = 120
    /// How long a snapshot waits for table locks that somebody else holds.
    static let tableLockTimeoutSeconds = 30
    /// How long a snapshot waits for writers that began before the table was published.
    static let writerWaitSecondsMax = 120
    /// How long transactions that are just committing may take to become visible.
    static let commitSettleMillisecondsMax = 500
    /// How long the last acknowledgement may take after a stream has ended.
    static let lateAcknowledgementTimeoutMilliseconds = 10_000
    /// Rows of one batch; row numbers are 32 bits in the stages behind.
    static let rowsPerBatchMax = 1 << 20
    /// Batches of all tables together are cut when they hold this many times one batch.
    static let openBatchesFactor = 8
    /// Names listed in one error message.
    static let namesPerMessageMax = 10
    /// Ranges of one table's snapshot.
    static let rangesPerTableMax = 100_000
}
