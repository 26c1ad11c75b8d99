import ChangeModel
import Pipeline
import PipelineConfig
import Synchronization
import Testing

/// A small reproducible generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Random runs")
struct RandomRunTests {
    /// Broken connections, refused and unknown commits, and crashes in between.
    @Test(
        "whatever breaks, the lake ends up equal to the source",
        arguments: [DeleteMode.auto, .equality]
    )
    func equalAfterEverything(deletes: DeleteMode) async throws {
        for seed in 0..<20 as Range<UInt64> {
            try await run(seed: seed, deletes: deletes)
        }
    }

    private func run(seed: UInt64, deletes: DeleteMode) async throws {
        var random = SeededGenerator(seed: seed)
        var rig = PipelineRig(["a", "b"], deletes: deletes)
        rig.bytesMax = Int.random(in: 300...20_000, using: &random)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            for _ in 0..<Int.random(in: 0...25, using: &random) {
                rig.source.commit(
                    transaction(of: rig, using: &random)
                )
            }
            planFaults(rig, using: &random)
            // A planned death ends the run; whoever starts again finds the truth in the lake.
            for _ in 0..<20 {
                do {
                    try await rig.runUntilCaughtUp()
                    break
                } catch is MemoryCatalog.Death {
                    continue
                }
            }
            try await rig.expectEqualTables("seed \(seed), deletes: \(deletes)")
        }
    }

    private func planFaults(_ rig: PipelineRig, using random: inout SeededGenerator) {
        let faults: [MemoryCatalog.Fault] = [
            .conflict, .unknownApplied, .unknownLost, .dieAfter, .dieBefore,
        ]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            if let fault = faults.randomElement(using: &random) {
                rig.catalog.plan(fault, atCommit: Int.random(in: 2...8, using: &random))
            }
        }
        let breaks = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            Int.random(in: 1...40, using: &random)
        }
        rig.source.state.withLock { $0.failAfterEvents = breaks }
    }

    private func transaction(
        of rig: PipelineRig,
        using random: inout SeededGenerator
    ) -> [(SourceTableName, ScriptedChange)] {
        var changes: [(SourceTableName, ScriptedChange)] = []
        // Changes must be possible one after the other, so they are tried on a copy.
        var tables = rig.source.state.withLock { $0.tables }
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            guard let name = rig.names.randomElement(using: &random) else { continue }
            let rows = tables[name] ?? [:]
            let id = Int64.random(in: 0...40, using: &random)
            let text = Bool.random(using: &random) ? "v\(random.next() % 1000)" : nil
            let change: ScriptedChange
            if rows[id] == nil {
                if let from = rows.keys.randomElement(using: &random),
                    Int.random(in: 0...3, using: &random) == 0
                {
                    change = .move(from: from, to: id, name: text)
                } else {
                    change = .insert(id: id, name: text)
                }
            } else {
                switch Int.random(in: 0...20, using: &random) {
                case 0...7: change = .update(id: id, name: text)
                case 8...12: change = .touch(id: id, amount: 5)
                case 13: change = .truncate
                default: change = .delete(id: id)
                }
            }
            var state = ScriptedSource.State()
            state.tables = tables
            state.apply(change, to: name)
            tables = state.tables
            changes.append((name, change))
        }
        return changes
    }
}
