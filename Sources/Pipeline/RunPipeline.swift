import ChangeModel
import Logging
import PipelineConfig
import SourceInterface

/// Copies what is new, then follows the source's log until stopped.
///
/// Whatever breaks, a new session begins from what the lake holds; nothing is remembered beside it.
///
/// With `untilCaughtUp` it ends when everything that was in the log at the start is committed.
///
/// - Returns: Which tables were refused or stopped, and how much was committed.
/// - Throws: The failure that cannot be mended by trying again.
public func runPipeline(
    _ parts: PipelineParts,
    untilCaughtUp: Bool,
    stop: StopSignal
) async throws -> RunReport {
    let runner = PipelineRunner(parts, stop: stop, untilCaughtUp: untilCaughtUp)
    do {
        try await runSessions(runner, untilCaughtUp: untilCaughtUp)
        await runner.indexes.stop()
    } catch {
        await runner.indexes.abandon()
        throw error
    }
    return runner.report
}

private func runSessions(_ runner: PipelineRunner, untilCaughtUp: Bool) async throws {
    var attempt = 0
    if untilCaughtUp {
        let source = runner.parts.source
        runner.target = try await onBlockingThread("head") { try source.headPosition() }
    }
    while true {
        let epochsBefore = runner.epochsCommitted
        do {
            if try await runner.session() == .finished { break }
            attempt = 0
        } catch {
            if runner.epochsCommitted > epochsBefore { attempt = 0 }
            runner.hasLostRace = error.isLostRace
            attempt += 1
            try await runner.waitBeforeRetry(of: error, attempt: attempt)
            if runner.stop.isRequested { break }
        }
    }
}

/// One running pipeline: what stays while sessions come and go.
///
/// Owned by one task.
final class PipelineRunner {
    let parts: PipelineParts
    let properties: LakeProperties
    let stop: StopSignal
    /// How failures are waited for.
    let patience: OutagePatience
    var target: SourcePosition?
    var report = RunReport()
    /// Which running program this is; the ledger names the last one that wrote.
    let writerID: String
    let indexes: KeyIndexes
    var hasStarted = false
    /// Whether somebody else's commit came first, and none of ours since.
    ///
    /// The next one does not wait for its interval: who commits more often than that would always
    /// come first.
    var hasLostRace = false
    /// Values told of that arrived as NULL.
    private var specialValuesTold = 0

    var epochsCommitted: Int { report.epochsCommitted }

    init(_ parts: PipelineParts, stop: StopSignal, untilCaughtUp: Bool = true) {
        self.parts = parts
        self.stop = stop
        patience = OutagePatience(
            attemptsMax: untilCaughtUp ? Limits.outageAttemptsMax : nil,
            time: parts.time,
            stop: stop,
            log: parts.log
        )
        indexes = KeyIndexes(parts, waitsForAll: untilCaughtUp)
        properties = LakeProperties(pipeline: parts.configuration.pipeline)
        writerID = String(UInt64.random(in: .min ... .max), radix: 16)
    }

    enum SessionEnd {
        case finished
        /// Begin the next session at once: a table has to be copied anew, or somebody else changed one.
        case again
    }

    /// Looks at source and lake, copies what has to be copied, and streams.
    func session() async throws -> SessionEnd {
        var session = try await openSession()
        try await copyNewTables(&session)
        if stop.isRequested { return .finished }
        return try await stream(session)
    }

    /// Tells about a table that will not be followed; once for each reason.
    func reportStopped(_ table: SourceTableName, _ error: SourceError) {
        let known = report.stoppedTables.contains {
            $0.table == table && $0.error.description == error.description
        }
        guard !known else { return }
        report.stoppedTables.append((table, error))
        parts.log.error(
            "table is not replicated",
            metadata: ["table": "\(table)", "error": "\(error)"]
        )
    }

    /// Tells when values that Iceberg cannot hold arrived as NULL; they are never lost silently.
    func reportSpecialValues() {
        let count = parts.source.specialValueCount
        guard count > specialValuesTold else { return }
        parts.log.warning(
            "values that Iceberg has no form for arrived as NULL",
            metadata: ["values": "\(count - specialValuesTold)", "since_start": "\(count)"]
        )
        specialValuesTold = count
    }

    func waitBeforeRetry(of error: any Error, attempt: Int) async throws {
        let isWorthwhile =
            switch reaction(to: error, hasRun: hasStarted) {
            case .giveUp: false
            case .retry: attempt <= Limits.sessionAttemptsMax
            case .waitOut: patience.allows(attempt: attempt)
            }
        guard isWorthwhile else { throw error }
        try await patience.wait(
            attempt: attempt,
            saying: "session failed, beginning again",
            about: "\(error)"
        )
    }
}
