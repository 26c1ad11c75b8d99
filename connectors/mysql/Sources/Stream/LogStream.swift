internal import Bytes
internal import ChangeModel
internal import Glibc
internal import SourceInterface

/// Reads one server's log and turns it into events, on one thread.
///
/// This file holds the loop and the boundaries; extensions hold what each kind of event does.
final class LogStream {
    /// How long prepared XA branches may hold back every commit.
    static let heldSecondsMax = 600.0
    /// A queue of waiting rows over all tables may be so many times the bytes of one batch.
    static let waitingBatchesMax = 4

    /// Table maps that are remembered; servers give a table a new number whenever they open it.
    static let mappedTablesMax = 10_000

    let dump: DumpConnection
    let sender: EventSender
    let follower: SchemaFollower
    let request: StreamRequest
    let target: LogPosition?
    let onNulledValues: (Int) -> Void

    var format = FormatDescription()
    var fileName = ""
    var header: EventHeader?
    var tables: [SourceTableName: TrackedTable] = [:]
    var mapped: [UInt64: MappedTable] = [:]
    var transaction: OpenTransaction?
    var held = HeldTransactions()
    var waitingBytes = 0

    /// Everything up to here was read.
    var position: LogPosition
    private var isDirty = false
    private var transactionCount = 0
    private var committedAtMicroseconds: Int64?
    private var lastBoundarySeconds: Double
    private var heldSinceSeconds: Double?

    init(
        _ dump: DumpConnection,
        _ request: StreamRequest,
        from position: LogPosition,
        follower: SchemaFollower,
        sink: any SourceEventSink,
        onNulledValues: @escaping (Int) -> Void
    ) throws(SourceError) {
        self.dump = dump
        self.request = request
        self.position = position
        self.follower = follower
        self.onNulledValues = onNulledValues
        sender = EventSender(sink: sink)
        format.hasChecksums = dump.hasChecksums
        lastBoundarySeconds = Self.now()
        if let until = request.until {
            target = try LogPosition(until, dump.dialect)
        } else {
            target = nil
        }
        for (table, watermark) in request.tables {
            let covered = try LogPosition(watermark, dump.dialect)
            let isAhead = !covered.isCovered(by: position)
            tables[table.name] = TrackedTable(table, watermark: isAhead ? covered : nil)
        }
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    // MARK: The loop

    /// Runs until the sink closes or something fails.
    func run() throws(StreamEnd) {
        // Says at once when there is nothing to wait for.
        try sendBoundary()
        while true {
            try sendBoundaryIfDue()
            let event = try failing { () throws(SourceError) in try dump.readEvent() }
            try handle(event)
        }
    }

    func failing<Result>(
        _ body: () throws(SourceError) -> Result
    ) throws(StreamEnd) -> Result {
        do throws(SourceError) {
            return try body()
        } catch {
            throw .failed(error)
        }
    }

    /// Checks an event's length and checksum and hands its body on.
    private func handle(_ event: UnsafeRawBufferPointer) throws(StreamEnd) {
        let header: EventHeader
        do throws(WireFault) {
            header = try EventHeader(event.bytes)
        } catch {
            throw .failed(malformed("an event's header", error))
        }
        self.header = header
        guard Int(header.eventByteCount) == event.count else {
            let fault = WireFault(
                .impossibleLength,
                offset: 9,
                wanted: Int(header.eventByteCount),
                available: event.count
            )
            throw .failed(malformed("an event's header", fault))
        }
        let isDescription = header.type == EventType.formatDescription
        let hasChecksum = format.hasChecksums && !isDescription
        let checksumBytes = hasChecksum ? FormatDescription.checksumByteCount : 0
        guard event.count >= EventHeader.byteCount + checksumBytes else {
            let fault = WireFault(
                .truncated,
                offset: EventHeader.byteCount,
                wanted: checksumBytes,
                available: event.count - EventHeader.byteCount
            )
            throw .failed(malformed("an event's checksum", fault))
        }
        let end = event.count - checksumBytes
        if hasChecksum { try checkChecksum(event, end) }
        let body = UnsafeRawBufferPointer(rebasing: event[EventHeader.byteCount..<end])
        try dispatch(header, body)
    }

    private func checkChecksum(
        _ event: UnsafeRawBufferPointer,
        _ end: Int
    ) throws(StreamEnd) {
        let stored = event.loadUnaligned(fromByteOffset: end, as: UInt32.self)
        let computed = crc32Checksum(UnsafeRawBufferPointer(rebasing: event[..<end]))
        guard stored != computed else { return }
        throw .failed(
            SourceError(
                .malformedEvent,
                "an event of \(event.count) bytes has checksum \(computed), but says \(stored)",
                remedy: "If it happens again, the binary log is damaged: copy the tables anew",
                position: place
            )
        )
    }

    /// Where the current event begins, for people.
    var place: String {
        let start = Int(header?.nextPosition ?? 0) - Int(header?.eventByteCount ?? 0)
        let file = "\(fileName):\(max(start, 0))"
        guard let transaction else { return file }
        return "\(file) (\(transaction.id))"
    }

    func malformed(_ what: String, _ fault: WireFault) -> SourceError {
        SourceError(.malformedEvent, "could not decode \(what): \(fault)", position: place)
    }

    // MARK: Transactions

    func begin(_ opened: OpenTransaction) throws(StreamEnd) {
        if let open = transaction {
            throw .failed(
                SourceError(
                    .malformedEvent,
                    "transaction \(opened.id) begins inside of \(open.id)",
                    position: place
                )
            )
        }
        if opened.isPrepared { try sendAllBatches() }
        // Between transactions no map is in use.
        if mapped.count > Self.mappedTablesMax { mapped = [:] }
        transaction = opened
    }

    /// Everything of the open transaction was read.
    func endTransaction() throws(StreamEnd) {
        guard let ended = transaction else { return }
        transaction = nil
        position.insert(ended.id)
        isDirty = true
        if ended.hasRows { transactionCount += 1 }
        committedAtMicroseconds =
            ended.committedAtMicroseconds
            ?? header.map { Int64($0.timestampSeconds) * Temporal.microsecondsPerSecond }
    }

    // MARK: Boundaries

    private func sendBoundaryIfDue() throws(StreamEnd) {
        guard isDirty, transaction == nil else { return }
        let elapsed = (Self.now() - lastBoundarySeconds) * 1_000
        let remaining = Double(request.boundaryIntervalMilliseconds) - elapsed
        if remaining <= 0 || !dump.connection.hasData(withinMilliseconds: Int(remaining) + 1) {
            try sendBoundary()
        }
    }

    /// Between transactions: sends what waits, and the position behind it.
    func sendBoundary() throws(StreamEnd) {
        let now = Self.now()
        lastBoundarySeconds = now
        guard held.isEmpty else {
            try checkHeld(now)
            return
        }
        heldSinceSeconds = nil
        try sendAllBatches()
        let boundary = SourceBoundary(
            position: position.sourcePosition,
            committedAtMicroseconds: isDirty ? committedAtMicroseconds : nil,
            hasReachedTarget: target?.isCovered(by: position) ?? false,
            transactionCount: transactionCount
        )
        try send(.boundary(boundary))
        isDirty = false
        transactionCount = 0
        for tracked in tables.values {
            if let watermark = tracked.watermark, watermark.isCovered(by: position) {
                tracked.watermark = nil
            }
        }
    }

    private func checkHeld(_ now: Double) throws(StreamEnd) {
        let since = heldSinceSeconds ?? now
        heldSinceSeconds = since
        guard now - since > Self.heldSecondsMax || held.heldBytes > HeldTransactions.heldBytesMax
        else { return }
        throw .failed(
            SourceError(
                .configuration,
                "the prepared XA transactions \(held.names) hold back every commit for"
                    + " \(Int(now - since)) s with \(held.heldBytes) bytes of rows",
                remedy: "End them on the server with XA COMMIT or XA ROLLBACK",
                position: place
            )
        )
    }

    // MARK: Sending

    func send(_ event: SourceEvent) throws(StreamEnd) {
        do throws(EventSender.Closed) {
            try sender.send(event)
        } catch {
            throw .closed
        }
    }

    func sendBatch(of tracked: TrackedTable) throws(StreamEnd) {
        waitingBytes -= tracked.memoryBytes
        guard let batch = tracked.takeBatch() else { return }
        if transaction?.isPrepared == true {
            transaction?.heldBatches.append(batch)
        } else {
            try send(.rows(batch))
        }
    }

    func sendAllBatches() throws(StreamEnd) {
        for tracked in tables.values where tracked.batch != nil { try sendBatch(of: tracked) }
        waitingBytes = 0
    }

    /// Gives a table up; the others go on.
    func stop(_ tracked: TrackedTable, _ reason: String, _ remedy: String) throws(StreamEnd) {
        guard !tracked.isStopped else { return }
        // Whole transactions before this place stay in the lake: a boundary says that they are.
        if transaction?.hasRows != true { try sendBoundary() }
        try sendBatch(of: tracked)
        tracked.isStopped = true
        let error = SourceError(
            .unsupportedChange,
            "the table \(tracked.name) cannot be followed any further: \(reason)",
            remedy: remedy.isEmpty ? nil : remedy,
            position: place
        )
        try send(.stopped(tracked.name, error))
    }

    /// Whether the lake has the open transaction's rows of a table already.
    func isCovered(_ tracked: TrackedTable) -> Bool {
        guard let watermark = tracked.watermark, let transaction else { return false }
        return !transaction.isPrepared && watermark.contains(transaction.id)
    }
}
