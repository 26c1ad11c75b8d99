/// Every bound of the pipeline, with its unit.
enum Limits {
    /// Decoded events that may wait between the streaming thread and the merge.
    static let eventQueueBytes = 32 << 20
    /// Decoded rows that may wait between a snapshot reader and its writer, per worker.
    static let snapshotQueueBytes = 16 << 20
    /// A snapshot batch is cut at about this size.
    static let snapshotBatchBytes = 4 << 20
    /// A row group is encoded when its rows hold this much memory.
    static let rowGroupBytes = 32 << 20
    /// Data files of one table that are open at the same time, one a partition.
    static let openDataFilesMax = 64
    /// Rows of one table that wait for their row groups, over all of its open files.
    static let openRowGroupsBytes = 64 << 20
    /// The same over all tables, which stay open between the pieces of a large transaction.
    static let openWriters = OpenWriterBounds(
        filesMax: 128,
        bytesMax: 64 << 20,
        waitingBytesMax: 64 << 20
    )
    /// Rows of a sorted table that are sorted at a time, and become a file.
    static let sortedRunBytes = 128 << 20
    /// Data files that are written anew beside the stream hold at most so many times the bytes at which
    /// a file is closed.
    static let rewrittenFileSizes: Int64 = 2
    /// Deleted rows that are kept to be merged with the next ones, over all tables; others are read
    /// back from their delete files.
    static let deletedRowsCacheBytes = 32 << 20
    /// How often a broken session is begun again before the program gives up, when nothing was
    /// committed in between.
    static let sessionAttemptsMax = 8
    /// How often what is out of reach is tried in a run that is to end when it has caught up.
    ///
    /// About two minutes. A run without an end waits for as long as it takes; the source keeps its
    /// log meanwhile.
    static let outageAttemptsMax = 24
    /// Waits between such attempts: doubling from the first to the second.
    static let retryFirstMilliseconds = 200
    static let retryLastMilliseconds = 5_000
    /// Secrets under which a table's keys are read; collisions under several are no chance any more.
    static let secretsTried = 8
    /// How long a table that lost its index, or got none, waits for the next try to give it one.
    static let indexRetrySeconds = 300
    /// Snapshots that an index is brought over while the stream waits.
    static let snapshotsAdvancedAtOnce = 2
    /// Keys that `verify` holds in memory at once; larger tables are compared in several passes.
    static let verifyKeysPerPass = 8_000_000
    /// Differing keys that `verify` names for each table.
    static let verifyKeysNamed = 20
    /// Differing rows after which `verify` gives up on a table.
    static let verifySuspectsMax = 100_000
    /// Rounds of `verify` in which a differing key may settle while both sides move.
    static let verifyRoundsMax = 5
    /// The source is asked for a place to cut at least this often.
    static let boundaryIntervalMilliseconds = 100
    /// How often the loop looks at the clock when nothing arrives.
    static let tickMilliseconds = 50
    /// How long a wish to stop waits for the end of a transaction.
    static let stopGraceSeconds = 10
    /// An idle lake's position is written this often, so that the source's log may go.
    static let idleLedgerSeconds = 60
}
