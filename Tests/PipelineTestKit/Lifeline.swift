import Synchronization

/// Whether a simulated process lives; once it is dead, nothing it does reaches the world any more.
///
/// Every call of a process to the outside is one step. It may die before a step or right after it.
package final class Lifeline: Sendable {
    package struct Death: Error {}

    private struct State {
        var steps = 0
        var dieBeforeStep: Int?
        var dieAfterStep: Int?
        var isDead = false
    }

    private let state = Mutex(State())

    package init(dieBeforeStep: Int? = nil, dieAfterStep: Int? = nil) {
        state.withLock {
            $0.dieBeforeStep = dieBeforeStep
            $0.dieAfterStep = dieAfterStep
        }
    }

    package var isDead: Bool { state.withLock { $0.isDead } }

    /// Does one step in the world, unless the process is dead or dies here.
    package func step<Value>(_ body: () async throws -> Value) async throws -> Value {
        let number = try state.withLock { state throws(Death) in
            state.steps += 1
            if state.steps == state.dieBeforeStep { state.isDead = true }
            guard !state.isDead else { throw Death() }
            return state.steps
        }
        let value = try await body()
        try state.withLock { state throws(Death) in
            if number == state.dieAfterStep { state.isDead = true }
            guard !state.isDead else { throw Death() }
        }
        return value
    }
}
