import Catalog
import ChangeModel
import ObjectStore
import PipelineTestKit
import SourceInterface
import Synchronization
import TableCommit
import Testing

@testable import Pipeline

@Suite("What is away for a while")
struct OutageTests {
    /// T211: more attempts than fit into five minutes, at five seconds each.
    @Test(
        "a catalog that is away for five minutes is waited for, and the source keeps its log",
        arguments: [true, false]
    )
    func catalogAway(commitsTablesTogether: Bool) async throws {
        var rig = PipelineRig(["orders"], commitsTablesTogether: commitsTablesTogether)
        let orders = rig.names[0]
        let time = SimulatedTime()
        rig.time = time
        rig.source.commit([(orders, .insert(id: 1, name: "a"))])
        try await rig.runUntilCaughtUp()
        let acknowledged = rig.source.state.withLock { $0.acknowledged }
        rig.source.commit([(orders, .insert(id: 2, name: "b"))])

        let faults = FaultPlan<ProcessCatalog.Fault>()
        // The first commit is the program's claim of the ledger. The outage ends when the test says so.
        for call in 2...200_000 { faults.plan(.unavailable, atCall: call) }
        var parts = try rig.parts()
        let log = rig.log
        parts.catalog = ProcessCatalog(
            rig.catalog,
            lifeline: Lifeline(),
            faults: faults,
            foreignWriter: {}
        )
        let began = time.now()
        let stop = StopSignal()
        let run = Task { [parts] in
            defer { stop.request() }
            return try await runPipeline(parts, untilCaughtUp: false, stop: stop)
        }
        while !stop.isRequested, log.lines(with: "attempt=80 ").isEmpty {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(time.now() - began > .seconds(300))
        #expect(rig.source.state.withLock { $0.acknowledged } == acknowledged)
        #expect(try await rig.lakeRows(orders).count == 1)
        faults.removeAll()
        while !stop.isRequested, try await rig.lakeRows(orders).count == 1 {
            try await Task.sleep(for: .milliseconds(5))
        }
        stop.request()
        _ = try await run.value
        try await rig.expectEqualTables()
    }

    @Test("a run that is to end gives up on a catalog that stays away, and commits nothing")
    func patienceEnds() async throws {
        var rig = PipelineRig(["orders"])
        rig.time = SimulatedTime()
        rig.source.commit([(rig.names[0], .insert(id: 1, name: "a"))])
        try await rig.runUntilCaughtUp()
        rig.source.commit([(rig.names[0], .insert(id: 2, name: "b"))])
        let faults = FaultPlan<ProcessCatalog.Fault>()
        for call in 2...200 { faults.plan(.unavailable, atCall: call) }
        var parts = try rig.parts()
        parts.catalog = ProcessCatalog(
            rig.catalog,
            lifeline: Lifeline(),
            faults: faults,
            foreignWriter: {}
        )
        let error = await #expect(throws: CatalogError.self) {
            try await runPipeline(parts, untilCaughtUp: true, stop: StopSignal())
        }
        #expect(error?.kind == .unavailable(retryable: true))
        #expect(try await rig.lakeRows(rig.names[0]).count == 1)
    }

    @Test("what the program does about each failure, before it has run and after")
    func reactions() {
        let failures: [(any Error, beforeRun: Reaction, afterwards: Reaction)] = [
            (SourceError(.connection, ""), .giveUp, .waitOut),
            (SourceError(.malformedEvent, ""), .retry, .retry),
            (SourceError(.permission, ""), .giveUp, .giveUp),
            (SourceError(.positionLost, ""), .giveUp, .giveUp),
            (CatalogError(.unavailable(retryable: true), ""), .giveUp, .waitOut),
            (CatalogError(.unavailable(retryable: false), ""), .giveUp, .giveUp),
            (CatalogError(.permission, ""), .giveUp, .giveUp),
            (StoreError(.unavailable, ""), .retry, .waitOut),
            (StoreError(.full, ""), .retry, .waitOut),
            // A store that answers 403 for a while, as T211 wants.
            (StoreError(.denied, ""), .giveUp, .waitOut),
            (StoreError(.notFound, ""), .giveUp, .giveUp),
            (PipelineError(.conflict, ""), .retry, .retry),
            (PipelineError(.overtaken, ""), .giveUp, .giveUp),
            (CommitUnknown(message: ""), .giveUp, .giveUp),
        ]
        for (error, beforeRun, afterwards) in failures {
            #expect(reaction(to: error, hasRun: false) == beforeRun, "\(error)")
            #expect(reaction(to: error, hasRun: true) == afterwards, "\(error)")
        }
    }
}
