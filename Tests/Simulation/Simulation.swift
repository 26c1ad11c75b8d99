import ArgumentParser
import PipelineTestKit
import Synchronization

/// Runs the pipeline through thousands of random histories and compares the lake with a plain model.
///
/// Everything around the pipeline is in memory, time is virtual, and one number decides everything
/// that is random: the seed of a failure replays it.
@main
struct Simulation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulation",
        abstract: "Random changes, crashes, faults and foreign writers against a plain model."
    )

    @Option(help: "How many runs.")
    var runs = 10_000

    @Option(help: "The seed of the first run; the next one has the next number.")
    var seed: UInt64 = 1

    @Option(help: "Runs at the same time.")
    var jobs = 2

    func run() async throws {
        let board = RunBoard(seeds: seed..<seed + UInt64(runs))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<jobs {
                group.addTask {
                    while let seed = board.takeSeed() {
                        board.note(await World.run(seed: seed), seed: seed)
                    }
                }
            }
        }
        for failure in board.failures { print("FAILED \(failure)") }
        print(board.totals.description)
        print("\(board.totals.runs - board.failures.count) passed, \(board.failures.count) failed")
        if !board.failures.isEmpty { throw ExitCode.failure }
    }
}

/// The seeds that wait for a run, and what became of the others.
final class RunBoard: Sendable {
    private struct State {
        var seeds: Range<UInt64>
        var failures: [String] = []
        var totals = RunTotals()
    }

    /// After so many failures the rest says nothing new.
    private static let failuresMax = 10
    private let state: Mutex<State>

    init(seeds: Range<UInt64>) { state = Mutex(State(seeds: seeds)) }

    var failures: [String] { state.withLock { $0.failures } }
    var totals: RunTotals { state.withLock { $0.totals } }

    func takeSeed() -> UInt64? {
        state.withLock { state in
            guard state.failures.count < Self.failuresMax else { return nil }
            return state.seeds.popFirst()
        }
    }

    func note(_ outcome: World.Outcome, seed: UInt64) {
        state.withLock { state in
            state.totals.add(outcome.totals)
            state.totals.runs += 1
            if let failure = outcome.failure { state.failures.append("seed \(seed): \(failure)") }
        }
    }
}

/// What the runs went through; a simulation in which nothing happened proves nothing.
struct RunTotals: CustomStringConvertible {
    var runs = 0
    var transactions = 0
    var epochs = 0
    var crashes = 0
    var failures = 0
    var foreignCommits = 0
    var snapshotsCompared = 0

    mutating func add(_ other: RunTotals) {
        runs += other.runs
        transactions += other.transactions
        epochs += other.epochs
        crashes += other.crashes
        failures += other.failures
        foreignCommits += other.foreignCommits
        snapshotsCompared += other.snapshotsCompared
    }

    var description: String {
        "\(transactions) transactions, \(epochs) epochs, \(crashes) crashes, \(failures) failed "
            + "sessions, \(foreignCommits) foreign commits, \(snapshotsCompared) snapshots compared"
    }
}
