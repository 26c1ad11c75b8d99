import Diagnostics
import Synchronization

/// A clock that moves when it is looked at, and jumps over every wait.
///
/// Ticks never come: scripted sources tell of boundaries often enough.
package final class SimulatedTime: TimeSource {
    private let origin = ContinuousClock.now
    private let passed = Mutex(Duration.zero)

    package init() {}

    private func pass(_ duration: Duration) -> Duration {
        passed.withLock { passed in
            passed += duration
            return passed
        }
    }

    package func now() -> ContinuousClock.Instant { origin + pass(.milliseconds(1)) }

    package func microsecondsSince1970() -> Int64 {
        let (seconds, attoseconds) = pass(.milliseconds(1)).components
        return 1_700_000_000_000_000 + seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    package func sleep(for duration: Duration) async throws {
        _ = pass(duration)
        try Task.checkCancellation()
        await Task.yield()
    }

    package func waitForTick(of interval: Duration) async throws {
        try await Task.sleep(for: .seconds(3600))
    }
}
