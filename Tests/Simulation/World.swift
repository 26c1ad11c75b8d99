import Catalog
import ChangeModel
import Logging
import ObjectStore
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import TestKit

/// One history: a source, a lake, and the processes that come and go between them.
struct World {
    struct Outcome {
        var totals = RunTotals()
        var failure: String?
    }

    let source: ScriptedSource
    let catalog: MemoryCatalog
    let store = MemoryObjectStore()
    let names: [SourceTableName]
    var configuration: PipelineConfiguration
    /// What epochs fold; without it every file is large enough to be written anew beside the stream.
    let foldedBytesPerEpoch: Int64
    /// Whether deletes are at times by key and at times by position.
    let changesDeletes: Bool
    let catalogFaults = FaultPlan<ProcessCatalog.Fault>()
    let storeFaults = FaultPlan<ProcessStore.Fault>()
    let foreign: ForeignWriter
    let progress = CountingProgress()
    let time = SimulatedTime()
    /// Nil where indexes do not survive a process.
    let disk: StateDisk?
    var random: SeededGenerator
    var totals = RunTotals()

    /// Processes that are started for one phase before it is given up.
    private static let startsMax = 40

    static func run(seed: UInt64) async -> Outcome {
        var outcome = Outcome()
        do {
            var world = try World(seed: seed)
            do {
                try await world.live()
            } catch {
                outcome.failure = "\(error)"
            }
            outcome.totals = world.totals
            outcome.totals.epochs = world.progress.epochs
            outcome.totals.foreignCommits = world.foreign.commits
        } catch {
            outcome.failure = "could not begin: \(error)"
        }
        return outcome
    }

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        names = ["a", "b"].map { SourceTableName(schema: "shop", table: $0) }
        source = ScriptedSource(names)
        catalog = MemoryCatalog(commitsTablesTogether: Int.random(in: 0..<3, using: &random) > 0)
        let deletes: DeleteMode = Int.random(in: 0..<3, using: &random) > 0 ? .auto : .equality
        // Without an index there is nothing to take unchanged values from.
        source.state.withLock { $0.sendsEveryValue = deletes == .equality }
        foldedBytesPerEpoch = Bool.random(using: &random) ? 16 << 20 : 0
        changesDeletes = deletes == .equality && Bool.random(using: &random)
        // A table without a key needs the index.
        if deletes == .auto, Int.random(in: 0..<4, using: &random) == 0 {
            source.state.withLock { [names] in $0.keyless = names[1] }
        }
        let disk = Int.random(in: 0..<3, using: &random) == 0 ? StateDisk() : nil
        self.disk = disk
        configuration = PipelineConfiguration(
            pipeline: "shop",
            source: SourceConfiguration(
                type: .mysql,
                url: try SourceURL("mysql://user@127.0.0.1:3306"),
                tables: try TableFilter(["shop.*"])
            ),
            lake: LakeConfiguration(
                catalog: .sqlite(path: "unused"),
                warehouse: "memory:///lake",
                formatVersion: Int.random(in: 2...3, using: &random)
            ),
            commit: CommitConfiguration(
                intervalMilliseconds: Int.random(in: 1...200, using: &random),
                bytesMax: Int.random(in: 300...20_000, using: &random)
            ),
            deletes: deletes,
            index: IndexConfiguration(
                folder: disk?.path,
                // For all, for some or most of the time, and for none.
                bytesMax: [1 << 30, 1 << 30, 5_000, 1].randomElement(using: &random) ?? 1
            ),
            tableRules: try Self.randomRules(&random),
            // Two workers would race for the faults, and a seed would not tell which one had them.
            snapshot: SnapshotConfiguration(workers: 1)
        )
        foreign = ForeignWriter(
            catalog: catalog,
            store: store,
            names: names,
            seed: random.next(),
            time: time
        )
    }

    /// Partitions by what may change and by what may not, sorted files, and small ones.
    private static func randomRules(_ random: inout SeededGenerator) throws -> [TableRule] {
        let partitions: [[TransformTerm]?] = [
            nil, nil, [TransformTerm(transform: .truncate(width: 2), column: "name")],
            [TransformTerm(transform: .bucket(count: 3), column: "id")],
        ]
        let orders: [[SortTerm]?] = [nil, nil, [.primaryKey]]
        let options = TableOptions(
            partition: partitions.randomElement(using: &random) ?? nil,
            sort: orders.randomElement(using: &random) ?? nil,
            fileBytesMax: Bool.random(using: &random) ? 1 : nil
        )
        return [TableRule(tables: try TableFilter(["shop.*"]), options: options)]
    }

    /// Changes, then whatever may go wrong, then a comparison; a few times over.
    private mutating func live() async throws {
        for phase in 1...Int.random(in: 1...4, using: &random) {
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                source.commit(randomTransaction(of: source, names: names, using: &random))
                totals.transactions += 1
            }
            planFaults()
            if changesDeletes, Bool.random(using: &random) {
                configuration.deletes = configuration.deletes == .auto ? .equality : .auto
            }
            try await catchUp(phase)
            catalogFaults.removeAll()
            storeFaults.removeAll()
            totals.snapshotsCompared += try await compare(
                catalog: catalog,
                store: store,
                source: source,
                names: names
            )
        }
    }

    private mutating func planFaults() {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let faults: [ProcessCatalog.Fault] = [
                .unavailable, .conflict, .unknownApplied, .unknownLost, .unknownDelayed,
                .duplicated, .foreignWriter, .foreignWriter, .unknownOvertaken,
            ]
            if let fault = faults.randomElement(using: &random) {
                catalogFaults.plan(fault, atCall: Int.random(in: 1...8, using: &random))
            }
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            storeFaults.plan(
                Bool.random(using: &random) ? .refused : .answerLost,
                atCall: Int.random(in: 1...60, using: &random)
            )
        }
        let breaks = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            Int.random(in: 1...40, using: &random)
        }
        source.state.withLock { $0.failAfterEvents = breaks }
    }

    /// Starts processes until one has caught up; some die on the way.
    private mutating func catchUp(_ phase: Int) async throws {
        var deaths = Int.random(in: 0...3, using: &random)
        for _ in 0..<Self.startsMax {
            let lifeline = deaths > 0 ? mortal() : Lifeline()
            deaths -= 1
            disk?.mishap(using: &random)
            do {
                let parts = processParts(lifeline)
                _ = try await runPipeline(parts, untilCaughtUp: true, stop: StopSignal())
                return
            } catch {
                if lifeline.isDead { totals.crashes += 1 } else { totals.failures += 1 }
            }
        }
        throw WorldError("phase \(phase): \(Self.startsMax) processes did not catch up")
    }

    private mutating func mortal() -> Lifeline {
        let step = Int.random(in: 1...120, using: &random)
        return Bool.random(using: &random)
            ? Lifeline(dieBeforeStep: step) : Lifeline(dieAfterStep: step)
    }

    private func processParts(_ lifeline: Lifeline) -> PipelineParts {
        let foreign = foreign
        return PipelineParts(
            configuration: configuration,
            source: source,
            catalog: ProcessCatalog(
                catalog,
                lifeline: lifeline,
                faults: catalogFaults,
                foreignWriter: { try await foreign.commitSomething() }
            ),
            store: ProcessStore(store, lifeline: lifeline, faults: storeFaults),
            log: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() },
            progress: progress,
            time: time,
            foldedBytesPerEpoch: foldedBytesPerEpoch
        )
    }
}

struct WorldError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

final class CountingProgress: ProgressReporter {
    private let count = Atomic<Int>(0)
    var epochs: Int { count.load(ordering: .relaxed) }

    func snapshotStarted(tables: [SourceTable]) {}
    func snapshotAdvanced(table: SourceTableName, rows: Int) {}
    func snapshotFinished(table: SourceTableName, rows: Int) {}
    func committed(_ epoch: CommittedEpoch) { count.add(1, ordering: .relaxed) }
}
