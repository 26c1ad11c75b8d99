internal import Synchronization

/// Lets a bounded number of parts be under way; others wait in their order.
final class PartSlots: Sendable {
    private let state: Mutex<State>

    private struct State {
        var free: Int
        var waiters: [(number: Int, continuation: CheckedContinuation<Void, any Error>)] = []
        var nextNumber = 0
        /// Those whose task was cancelled before they could wait.
        var cancelled: Set<Int> = []
    }

    init(count: Int) { state = Mutex(State(free: max(1, count))) }

    /// Takes a slot, waiting for a free one.
    ///
    /// - Throws: `CancellationError`.
    func take() async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(number) != nil {
                        return .failure(CancellationError())
                    }
                    guard state.free == 0 else {
                        state.free -= 1
                        return .success(())
                    }
                    state.waiters.append((number, continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func cancel(_ number: Int) {
        let waiter = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.waiters.remove(at: index).continuation
        }
        waiter?.resume(throwing: CancellationError())
    }

    func giveBack() {
        let waiter = state.withLock { state in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.waiters.removeFirst().continuation
        }
        waiter?.resume()
    }
}
