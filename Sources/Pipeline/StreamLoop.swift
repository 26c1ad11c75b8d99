import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import KeyIndex
import Logging
import PipelineConfig
import SourceInterface
import TableCommit
import TableModel

extension PipelineRunner {
    /// Follows the log from where the lake is.
    func stream(_ session: Session) async throws -> SessionEnd {
        guard !session.streaming.isEmpty else { return .finished }
        let streams = try await openStreams(session.streaming)
        let loop = StreamLoop(runner: self, ledger: session.ledger, streams: streams)
        do {
            loop.dropEvictedIndexes()
            if target != nil { try await loop.maintainAtOnce() }
            let end = try await loop.run()
            indexes.keep(loop.keptIndexes())
            return end
        } catch let colliding as CollidingKeysOfTable {
            indexes.keep(loop.keptIndexes())
            await indexes.changeSecret(of: colliding.name)
            return .again
        } catch let needs as NeedsIndex {
            indexes.keep(loop.keptIndexes())
            indexes.need(needs.table)
            return .again
        } catch {
            indexes.keep(loop.keptIndexes())
            throw error
        }
    }
}

/// What travels from the streaming thread to the loop.
enum LoopEvent: Sendable {
    case source(SourceEvent)
    /// Time passed.
    case tick
}

/// Puts a source's events into the loop's queue.
private final class QueueSink: SourceEventSink {
    let queue: BoundedQueue<LoopEvent>

    init(_ queue: BoundedQueue<LoopEvent>) { self.queue = queue }

    func offer(_ event: SourceEvent, timeoutMilliseconds: Int) -> SinkAnswer {
        switch queue.offer(
            .source(event),
            bytes: event.memoryBytes,
            timeoutMilliseconds: timeoutMilliseconds
        )
        {
        case .taken: .taken
        case .full: .full
        case .closed: .closed
        }
    }
}

/// Folds the events of the source into the tables and commits epochs; owned by one task.
final class StreamLoop {
    let runner: PipelineRunner
    let parts: PipelineParts
    var ledger: Ledger
    var streams: [SourceTableName: TableStream]
    /// The newest boundary; what may be committed reaches to here.
    var boundary: SourceBoundary?
    /// Whether nothing arrived since the newest boundary.
    var isAtBoundary = true
    var epochBegan: ContinuousClock.Instant?
    var ledgerWritten: ContinuousClock.Instant
    var newestCommitMicroseconds: Int64?
    /// What is done beside the stream, and for which table.
    var maintenance: (table: SourceTableName, work: BackgroundWork<MaintenanceOutcome>)?
    private var stopDeadline: ContinuousClock.Instant?

    init(runner: PipelineRunner, ledger: Ledger, streams: [TableStream]) {
        self.runner = runner
        parts = runner.parts
        ledgerWritten = parts.time.now()
        self.ledger = ledger
        self.streams = Dictionary(
            streams.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    func keptIndexes() -> [SourceTableName: KeptIndex] {
        streams.compactMapValues { $0.keptIndex() }
    }

    func run() async throws -> PipelineRunner.SessionEnd {
        guard let start = ledger.position else {
            throw PipelineError(.lake, "the ledger of the pipeline holds no position")
        }
        let request = StreamRequest(
            from: start,
            tables: streams.values.sorted { $0.name < $1.name }.map {
                (table: $0.lake.source, watermark: $0.lake.watermark(runner.properties) ?? start)
            },
            until: runner.target,
            boundaryIntervalMilliseconds: min(
                Limits.boundaryIntervalMilliseconds,
                parts.configuration.commit.intervalMilliseconds
            )
        )
        let queue = BoundedQueue<LoopEvent>(bytesMax: Limits.eventQueueBytes)
        let source = parts.source
        let reader = Task {
            try await onBlockingThread("stream") {
                do {
                    try source.stream(request, to: QueueSink(queue))
                    queue.close(nil)
                } catch {
                    queue.close(error)
                }
            }
        }
        let time = parts.time
        let ticker = Task {
            while !Task.isCancelled {
                try? await time.waitForTick(of: .milliseconds(Limits.tickMilliseconds))
                _ = queue.offer(.tick, bytes: 0, timeoutMilliseconds: 0)
            }
        }
        let result: Result<PipelineRunner.SessionEnd, any Error>
        do { result = .success(try await consume(queue)) } catch { result = .failure(error) }
        ticker.cancel()
        queue.abandon()
        _ = await reader.result
        await endMaintenance()
        if case .failure = result { for stream in streams.values { await stream.abandon() } }
        return try result.get()
    }

    private func consume(
        _ queue: BoundedQueue<LoopEvent>
    ) async throws -> PipelineRunner.SessionEnd {
        while let event = try await queue.next() {
            switch event {
            case .source(let event): try await handle(event)
            case .tick:
                try await adoptIndexes()
                try await maintain()
            }
            if try await commitWhenDue(), let end = sessionEnd() { return end }
            if runner.stop.isRequested, hasWaitedLongForBoundary() { return .finished }
        }
        if runner.stop.isRequested { return .finished }
        throw SourceError(.connection, "the source ended the stream of changes")
    }

    /// Why the session ends after a commit, if it does.
    private func sessionEnd() -> PipelineRunner.SessionEnd? {
        if streams.values.contains(where: \.needsCopy) { return .again }
        if runner.stop.isRequested { return .finished }
        if runner.target != nil, boundary?.hasReachedTarget == true { return .finished }
        if streams.values.allSatisfy({ $0.stopError != nil }) { return .finished }
        if streams.values.contains(where: \.isOvertaken) { return .again }
        return nil
    }

    /// After a wish to stop, a transaction that does not end is not waited for longer than this;
    /// it is read again at the next start.
    private func hasWaitedLongForBoundary() -> Bool {
        let deadline = stopDeadline ?? parts.time.now() + .seconds(Limits.stopGraceSeconds)
        stopDeadline = deadline
        return parts.time.now() >= deadline
    }

    private func handle(_ event: SourceEvent) async throws {
        switch event {
        case .rows(let batch):
            isAtBoundary = false
            streams[batch.table]?.append(batch)
            beginEpoch()
            try await spillWhenLarge()
        case .truncated(let name):
            isAtBoundary = false
            streams[name]?.truncate()
            beginEpoch()
        case .columnsAdded(let table, let needsSnapshot):
            parts.log.info(
                "columns were added in the source",
                metadata: ["table": "\(table.name)", "copied_anew": "\(needsSnapshot)"]
            )
            try await streams[table.name]?.addColumns(
                table,
                needsSnapshot: needsSnapshot,
                epoch: ledger.epoch + 1
            )
            beginEpoch()
        case .stopped(let name, let error):
            try await stop(name, error)
        case .boundary(let boundary):
            self.boundary = boundary
            isAtBoundary = true
            if let at = boundary.committedAtMicroseconds { newestCommitMicroseconds = at }
        }
    }

    /// Rows before a change that cannot be followed stay when they are whole transactions.
    ///
    /// When that commit fails nothing of the epoch may be left to a later one: the session ends, and
    /// the next one is told of the change again.
    private func stop(_ name: SourceTableName, _ error: SourceError) async throws {
        guard let stream = streams[name] else { return }
        runner.reportStopped(name, error)
        if isAtBoundary, stream.hasChanges { _ = try await commitEpoch() }
        await stream.stop(error)
        beginEpoch()
    }

    func beginEpoch() {
        if epochBegan == nil { epochBegan = parts.time.now() }
    }

    /// Moves folded changes to files when they hold more memory than an epoch may.
    private func spillWhenLarge() async throws {
        let pending = streams.values.reduce(0) { $0 + $1.pendingBytes }
        guard pending >= parts.configuration.commit.bytesMax else { return }
        for stream in streams.values where stream.pendingBytes > 0 {
            try await stream.spill(epoch: ledger.epoch + 1)
            try await boundOpenWriters()
        }
        FailPoint.spilled.reach()
        isLarge = true
    }

    /// Whether the epoch has reached its size and ends at the next boundary.
    var isLarge = false
    /// Whether the last epoch ended by its size: the stream is behind, and nothing else matters.
    var isCatchingUp = false
}
