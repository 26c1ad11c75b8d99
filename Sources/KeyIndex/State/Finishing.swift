internal import Glibc

/// A piece of work in the background, its outcome, and whoever waits for it.
///
/// `@unchecked Sendable`: everything is read and written under the lock.
final class Finishing: @unchecked Sendable {
    typealias Outcome = Result<(generation: UInt64, byteCount: Int), IndexStateError>

    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var runs = false
    private var outcome: Outcome?

    init() {
        lock = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        changed.initialize(to: pthread_cond_t())
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }

    var isRunning: Bool { locked { runs } }

    func begin() { locked { runs = true } }

    func end(_ outcome: Outcome) {
        locked {
            runs = false
            self.outcome = outcome
            pthread_cond_broadcast(changed)
        }
    }

    /// The outcome, once.
    func take() -> Outcome? {
        locked {
            defer { outcome = nil }
            return outcome
        }
    }

    func wait() {
        locked { while runs { pthread_cond_wait(changed, lock) } }
    }
}
