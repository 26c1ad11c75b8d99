import Synchronization

/// Faults at chosen calls, counted from 1 over the whole simulation.
package final class FaultPlan<Fault: Sendable>: Sendable {
    private struct State {
        var calls = 0
        var faults: [Int: Fault] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Plans a fault for the `number`th call from now.
    package func plan(_ fault: Fault, atCall number: Int) {
        state.withLock { $0.faults[$0.calls + number] = fault }
    }

    /// The fault of this call, if one was planned.
    package func next() -> Fault? {
        state.withLock { state in
            state.calls += 1
            return state.faults.removeValue(forKey: state.calls)
        }
    }

    package func removeAll() { state.withLock { $0.faults = [:] } }
}
