import Synchronization

/// Work beside the stream, whose outcome is asked for from time to time.
final class BackgroundWork<Value: Sendable>: Sendable {
    private let task: Task<Void, Never>
    private let box: Box

    private final class Box: Sendable {
        let outcome = Mutex<Result<Value, any Error>?>(nil)
    }

    init(_ work: @escaping @Sendable () async throws -> Value) {
        let box = Box()
        self.box = box
        task = Task {
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
            box.outcome.withLock { $0 = outcome }
        }
    }

    /// What came of it; nil while it goes on.
    var outcome: Result<Value, any Error>? { box.outcome.withLock { $0 } }

    /// Ends it and waits until it does nothing any more.
    func cancel() async {
        task.cancel()
        await task.value
    }
}
