import ChangeModel
import Glibc
import SourceInterface
import Synchronization

/// One run of the stream: the loop around the connection, the clock and the sink.
///
/// Used by one thread from start to end.
final class StreamSession {
    /// Unwinds when the sink takes no more; never leaves this file.
    private struct SinkClosed: Error {}

    private let request: StreamRequest
    private let sink: any SourceEventSink
    private let replication: ReplicationConnection
    private let durable: @Sendable () -> LogSequenceNumber
    private let watch: CatalogWatch
    private let tables: [StreamedTable]
    private let target: LogSequenceNumber?
    private let schema: CatalogLookup
    private let countSpecialValues: (Int) -> Void
    private let confirmedAtStart: LogSequenceNumber

    /// Every transaction up to here has come; also moves with keepalives.
    private var position: LogSequenceNumber
    private var sentBoundary: LogSequenceNumber
    private var hasSentTarget = false
    private var lastBoundaryAt: Int
    private var lastStatusAt = 0
    private var lastStatusDurable = LogSequenceNumber.zero
    private var lastCatalogLookAt: Int
    private var lastHeardAt: Int
    /// Whether a message came since the clock was last looked at.
    private var hasHeard = false
    private var isReplyWanted = false

    init(
        configuration: PostgresSourceConfiguration,
        request: StreamRequest,
        sink: any SourceEventSink,
        control: PostgresConnection,
        durable: @escaping @Sendable () -> LogSequenceNumber,
        countSpecialValues: @escaping (Int) -> Void
    ) throws {
        self.request = request
        self.sink = sink
        self.durable = durable
        self.countSpecialValues = countSpecialValues
        let start = try PostgresPosition(parsing: request.from).sequence
        target = try request.until.map { try PostgresPosition(parsing: $0).farthest }
        tables = try request.tables.map { table, watermark in
            StreamedTable(table, watermark: try PostgresPosition(parsing: watermark))
        }
        watch = CatalogWatch(control, tables: tables)
        schema = CatalogLookup(control)
        guard let slot = try ReplicationSlot.read(configuration.slotName, control) else {
            throw ReplicationSlot.lostError(configuration.slotName, since: start)
        }
        try slot.refuseUnsuitable(database: configuration.database)
        confirmedAtStart = slot.confirmed
        try watch.resolveRelations()
        replication = try ReplicationConnection(configuration, from: start)
        position = start
        sentBoundary = start
        let now = MonotonicClock.milliseconds
        lastBoundaryAt = now
        lastHeardAt = now
        lastCatalogLookAt = now - Limits.catalogPollIntervalMilliseconds
    }

    // MARK: The loop

    func run() throws {
        let decoder = ChangeDecoder(
            tables: tables,
            schema: schema,
            batchBytesMax: request.batchBytesMax,
            countSpecialValues: countSpecialValues,
            emit: { [unowned self] in try offer($0) }
        )
        do {
            try answer(isReplyRequested: true)
            while !hasSentTarget {
                let received = try replication.receive { try handle($0, decoder) }
                if case .message = received {
                    if !decoder.isInTransaction { try lookAfter(decoder, isQuiet: false) }
                    continue
                }
                try lookAfter(decoder, isQuiet: true)
                if hasSentTarget { break }
                // The rest of an open transaction is on its way, a message a row.
                try replication.wait(
                    milliseconds: millisecondsToWait(decoder),
                    isMoreComing: decoder.isInTransaction
                )
                try checkSilence()
            }
            try answer(isReplyRequested: false)
        } catch is SinkClosed {
            try? answer(isReplyRequested: false)
        }
    }

    private func millisecondsToWait(_ decoder: ChangeDecoder) -> Int {
        if target != nil, !hasSentTarget { return Limits.targetQuestionIntervalMilliseconds }
        return min(request.boundaryIntervalMilliseconds, Limits.statusIntervalMilliseconds)
    }

    /// One message of the replication protocol: data, or a sign of life.
    private func handle(_ bytes: UnsafeRawBufferPointer, _ decoder: ChangeDecoder) throws {
        hasHeard = true
        guard let tag = bytes.first else { return }
        switch tag {
        case UInt8(ascii: "w"):
            // Start, end and time of sending stand before the message.
            let headerByteCount = 25
            guard bytes.count > headerByteCount else { throw malformed(bytes) }
            try decoder.handle(UnsafeRawBufferPointer(rebasing: bytes[headerByteCount...]))
            if !decoder.isInTransaction { position = max(position, decoder.committedEnd) }
        case UInt8(ascii: "k"):
            guard let keepalive = KeepaliveMessage(framed: bytes) else { throw malformed(bytes) }
            // Inside a transaction the server has read on, but we have not all of it.
            if !decoder.isInTransaction { position = max(position, keepalive.end) }
            if keepalive.isReplyRequested { isReplyWanted = true }
        default: throw malformed(bytes)
        }
    }

    private func malformed(_ bytes: UnsafeRawBufferPointer) -> SourceError {
        SourceError(
            .malformedEvent,
            "could not decode a replication message of \(bytes.count) bytes",
            position: "\(position)"
        )
    }

    private func checkSilence() throws {
        let now = MonotonicClock.milliseconds
        if hasHeard {
            hasHeard = false
            lastHeardAt = now
        }
        guard now - lastHeardAt > Limits.serverSilenceMillisecondsMax else { return }
        throw SourceError(
            .connection,
            "could not read the stream: the server has not answered for "
                + "\((now - lastHeardAt) / 1000) s",
            position: "\(position)"
        )
    }

    // MARK: Between messages

    /// Boundaries, status and the catalog, each when it is due.
    private func lookAfter(_ decoder: ChangeDecoder, isQuiet: Bool) throws {
        let now = MonotonicClock.milliseconds
        if !decoder.isInTransaction {
            if now - lastCatalogLookAt >= Limits.catalogPollIntervalMilliseconds {
                lastCatalogLookAt = now
                try watch.look()
            }
            let reachesTarget = target.map { position >= $0 } ?? false
            let isDue = now - lastBoundaryAt >= request.boundaryIntervalMilliseconds
            // What was seen in the catalog of an idle server counts although the log stands still.
            let hasNews = position > sentBoundary || watch.hasObservations(upTo: position)
            // A boundary without news asks whether anybody listens still: an idle run ends by it.
            let isQuestionDue = now - lastBoundaryAt >= Limits.sinkQuestionIntervalMilliseconds
            if reachesTarget || (isDue && hasNews) || isQuestionDue {
                try sendBoundary(decoder, reachesTarget: reachesTarget)
                lastBoundaryAt = now
            }
        }
        try answerIfDue(now)
    }

    private func sendBoundary(_ decoder: ChangeDecoder, reachesTarget: Bool) throws {
        for observation in watch.takeObservations(upTo: position) {
            try decoder.apply(observation)
        }
        try decoder.flushAll()
        try offer(.boundary(decoder.takeBoundary(at: position, reachesTarget: reachesTarget)))
        sentBoundary = position
        if reachesTarget { hasSentTarget = true }
    }

    /// Hands an event to the sink, and keeps the connection alive while there is no room.
    private func offer(_ event: SourceEvent) throws {
        while true {
            switch sink.offer(event, timeoutMilliseconds: Limits.offerTimeoutMilliseconds) {
            case .taken: return
            case .closed: throw SinkClosed()
            case .full:
                try answerIfDue(MonotonicClock.milliseconds)
                // The server was not listened to, so its silence means nothing.
                hasHeard = true
            }
        }
    }

    private func answerIfDue(_ now: Int) throws {
        let waitsForTarget =
            target != nil && now - lastStatusAt >= Limits.targetQuestionIntervalMilliseconds
        let isDue = now - lastStatusAt >= Limits.statusIntervalMilliseconds
        guard isReplyWanted || isDue || waitsForTarget || durable() > lastStatusDurable
        else { return }
        try answer(isReplyRequested: isDue || waitsForTarget)
    }

    /// Confirms what the pipeline acknowledged and nothing else, however far we have read.
    private func answer(isReplyRequested: Bool) throws {
        let acknowledged = durable()
        // The server would take its own position back to an older one.
        let confirmed = max(acknowledged, confirmedAtStart)
        try replication.sendStatus(
            received: max(position, confirmed),
            durable: confirmed,
            isReplyRequested: isReplyRequested
        )
        lastStatusAt = MonotonicClock.milliseconds
        lastStatusDurable = acknowledged
        isReplyWanted = false
    }
}
