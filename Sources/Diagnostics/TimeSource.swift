internal import Glibc

/// Where a pipeline gets its time from: the system, or a test that lets time pass as it likes.
public protocol TimeSource: Sendable {
    /// For measuring intervals; never goes back.
    func now() -> ContinuousClock.Instant

    /// Wall time, as the lake shows it.
    func microsecondsSince1970() -> Int64

    /// - Throws: `CancellationError` when the task is cancelled.
    func sleep(for duration: Duration) async throws

    /// Waits until a loop that has nothing to do should look at the clock again.
    ///
    /// A test's clock may never return before the task is cancelled: time passes there with what
    /// happens.
    func waitForTick(of interval: Duration) async throws
}

/// The system's clocks.
public struct SystemTime: TimeSource {
    public init() {}

    public func now() -> ContinuousClock.Instant { .now }

    public func microsecondsSince1970() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }

    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }

    public func waitForTick(of interval: Duration) async throws {
        try await Task.sleep(for: interval)
    }
}
