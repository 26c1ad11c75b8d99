import Bytes
import KeyIndex
import Synchronization

/// An index that is read from its table, or brought forward, while the stream goes on without it.
final class IndexBuild: Sendable {
    typealias Outcome = Result<HandedOver<KeptIndex>?, any Error>

    let tableUUID: String
    let hasher: SipHash128
    private let task: Task<Void, Never>
    private let state: Box

    private final class Box: Sendable {
        let outcome = Mutex<Outcome?>(nil)
    }

    /// `make` returns nil where it has to be begun anew.
    init(
        tableUUID: String,
        hasher: SipHash128,
        make: @escaping @Sendable () async throws -> HandedOver<KeptIndex>?
    ) {
        self.tableUUID = tableUUID
        self.hasher = hasher
        let box = Box()
        state = box
        task = Task {
            let outcome: Outcome
            do { outcome = .success(try await make()) } catch { outcome = .failure(error) }
            box.outcome.withLock { $0 = outcome }
        }
    }

    /// What came of it; nil while it goes on.
    var outcome: Outcome? { state.outcome.withLock { $0 } }

    /// Ends it and waits until nothing is written any more.
    func cancel() async {
        task.cancel()
        await task.value
        if case .success(let handed?) = outcome { handed.value.keeper?.abandon() }
    }
}
