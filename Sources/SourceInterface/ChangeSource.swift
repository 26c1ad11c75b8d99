public import ChangeModel
public import Columns

/// A database whose tables are replicated.
///
/// All calls block and are made on threads of their own, never on the cooperative pool: the client
/// libraries below are blocking C code. A source opens its own connections as it needs them.
public protocol ChangeSource: AnyObject, Sendable {
    /// Connects and looks at every requirement; one line each. Changes nothing.
    ///
    /// - Throws: ``SourceError`` only when the server cannot be reached at all.
    func checkRequirements() throws -> [RequirementCheck]

    /// The chosen tables as they are now, in name order.
    func inventory() throws -> SourceInventory

    /// Makes what the stream needs on the source (publication, replication slot) when it is not
    /// there yet, and returns the position from which everything will be in the log.
    ///
    /// Called at the start of every session. Idempotent.
    ///
    /// `position` is where the lake already is, or nil at the very first start. What the stream
    /// needs must then be there still: making it anew would lose what lies between.
    ///
    /// - Returns: Where the log begins to hold everything.
    /// - Throws: ``SourceError`` `.positionLost` when it is gone.
    func prepareStream(
        tables: [SourceTable],
        resuming position: SourcePosition?
    ) throws -> SourcePosition

    /// Opens a consistent view of the source.
    func openSnapshot(tables: [SourceTable], workers: Int) throws -> any SourceSnapshot

    /// Where the end of the log is now.
    func headPosition() throws -> SourcePosition

    /// Whether everything up to `position` is contained in `watermark`.
    func isCovered(_ position: SourcePosition, by watermark: SourcePosition) -> Bool

    /// What a table contains after the epoch up to `boundary` was applied to one that contained
    /// `watermark`: both together.
    ///
    /// The boundary alone would forget what a snapshot saw beyond it.
    func advance(_ watermark: SourcePosition, to boundary: SourcePosition) -> SourcePosition

    /// Values that Iceberg has no form for (zero dates, infinity, 24:00:00) and that therefore
    /// arrived as NULL, counted since the source was made.
    var specialValueCount: Int { get }

    /// Bytes of log between a position and the head, where the source can tell.
    func lagBytes(behind position: SourcePosition) throws -> Int?

    /// Reads the log from `request.from` and offers events to `sink` until the sink refuses, the
    /// target is reached and sent, or a failure.
    ///
    /// Sends a boundary at least every ``StreamRequest/boundaryIntervalMilliseconds`` while
    /// transactions come or the position advances, also when nothing concerns the chosen tables.
    func stream(_ request: StreamRequest, to sink: any SourceEventSink) throws

    /// Tells that every transaction up to `position` is durable in the lake; the source's log may
    /// go. Thread-safe and cheap; the streaming thread passes it on.
    func acknowledge(_ position: SourcePosition)

    /// Removes what `prepareStream` made. For tests and for ending a pipeline for good.
    func dropStream() throws
}

/// What to stream.
public struct StreamRequest: Sendable {
    public var from: SourcePosition
    /// The tables as the lake knows them, with how far each one is: rows of transactions that the
    /// watermark covers are not sent.
    public var tables: [(table: SourceTable, watermark: SourcePosition)]
    /// Say so in the boundary when this position is covered.
    public var until: SourcePosition?
    /// A batch is cut when it holds this many bytes.
    public var batchBytesMax: Int
    public var boundaryIntervalMilliseconds: Int

    public init(
        from: SourcePosition,
        tables: [(table: SourceTable, watermark: SourcePosition)],
        until: SourcePosition?,
        batchBytesMax: Int = 4 << 20,
        boundaryIntervalMilliseconds: Int = 100
    ) {
        self.from = from
        self.tables = tables
        self.until = until
        self.batchBytesMax = batchBytesMax
        self.boundaryIntervalMilliseconds = boundaryIntervalMilliseconds
    }
}

/// Where a streaming thread puts its events.
public protocol SourceEventSink: AnyObject, Sendable {
    /// Hands an event over, waiting at most `timeoutMilliseconds` for room.
    ///
    /// - Returns: What became of it. On `full` the source answers its keepalives and offers again;
    ///   on `closed` it ends.
    func offer(_ event: SourceEvent, timeoutMilliseconds: Int) -> SinkAnswer
}

public enum SinkAnswer: Sendable {
    case taken
    case full
    case closed
}

/// One line of `frazil check`.
public struct RequirementCheck: Sendable {
    public var name: String
    public var isMet: Bool
    /// What was found; with the remedy when the requirement is not met.
    public var message: String
    /// Whether the pipeline can run all the same.
    public var isWarning: Bool

    public init(name: String, isMet: Bool, message: String, isWarning: Bool = false) {
        self.name = name
        self.isMet = isMet
        self.message = message
        self.isWarning = isWarning
    }
}

/// A consistent view of the source's tables.
public protocol SourceSnapshot: AnyObject, Sendable {
    /// What the view of this table contains: the watermark to store with its rows. Transactions
    /// that it covers must not be applied to the table again.
    func watermark(of table: SourceTableName) -> SourcePosition

    /// Cuts a table into ranges of roughly `rowsPerRange` rows that together hold every row once.
    func ranges(of table: SourceTable, rowsPerRange: Int) throws -> [SnapshotRange]

    /// Opens one reader onto the view; each worker thread has its own. At most as many as
    /// `workers` of ``ChangeSource/openSnapshot(tables:workers:)``.
    func makeReader() throws -> any SnapshotReader

    /// Ends the view and its connections.
    func close()
}

/// One part of a table.
public struct SnapshotRange: Sendable {
    public var table: SourceTable
    /// A condition in the source's SQL without row values that came from outside of the source's
    /// own quoting, or nil for the whole table.
    public var condition: String?

    public init(table: SourceTable, condition: String?) {
        self.table = table
        self.condition = condition
    }
}

/// Reads ranges of a snapshot on one connection; used by one thread.
public protocol SnapshotReader: AnyObject {
    /// Reads all rows of a range in batches of at most about `batchBytesMax`.
    ///
    /// Columns are those of `range.table`, in its order, with the values the stream would send.
    ///
    /// - Throws: ``SourceError``, or what `body` throws.
    func read(
        _ range: SnapshotRange,
        batchBytesMax: Int,
        _ body: (ColumnBatch) throws -> Void
    ) throws

    func close()
}
