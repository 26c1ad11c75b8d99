/// How often, how long and after which waits something is tried again.
///
/// Waits grow exponentially and are drawn evenly from zero to their bound ("full jitter"), so that
/// clients that failed together do not come back together.
///
/// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog.
public struct RetryPolicy: Sendable, Equatable {
    /// Counts the first attempt, too.
    public var attemptsMax: Int
    /// No attempt begins later than this after the first one.
    public var totalMillisecondsMax: Int
    /// The bound of the first wait; it doubles with each one.
    public var waitMillisecondsFirst: Int
    /// No bound grows beyond this.
    public var waitMillisecondsMax: Int

    public init(
        attemptsMax: Int = 8,
        totalMillisecondsMax: Int = 120_000,
        waitMillisecondsFirst: Int = 100,
        waitMillisecondsMax: Int = 20_000
    ) {
        self.attemptsMax = attemptsMax
        self.totalMillisecondsMax = totalMillisecondsMax
        self.waitMillisecondsFirst = waitMillisecondsFirst
        self.waitMillisecondsMax = waitMillisecondsMax
    }

    /// One try.
    public static let once = RetryPolicy(attemptsMax: 1)

    /// How one attempt ended.
    public enum Attempt<Value> {
        case done(Value)
        /// It failed in a way that may pass.
        ///
        /// - `waitMilliseconds`: How long the server wants to be left alone.
        case failed(any Error, waitMilliseconds: Int? = nil)
    }

    /// Runs `attempt` until it is done, it throws, or it was tried often and long enough.
    ///
    /// - `attempt`: Gets its number, counted from 1.
    /// - Throws: What `attempt` throws, the last failure, or `CancellationError`.
    public func run<Value>(
        _ surroundings: RetrySurroundings = .system,
        _ attempt: (Int) async throws -> Attempt<Value>
    ) async throws -> Value {
        let start = surroundings.nowMilliseconds()
        var number = 1
        while true {
            switch try await attempt(number) {
            case .done(let value): return value
            case .failed(let error, let wanted):
                let elapsed = surroundings.nowMilliseconds() - start
                let wait = max(
                    surroundings.random(0...waitBound(afterAttempt: number)),
                    wanted ?? 0
                )
                guard number < attemptsMax, wait <= totalMillisecondsMax - elapsed else {
                    throw error
                }
                try await surroundings.sleepMilliseconds(wait)
                number += 1
            }
        }
    }

    private func waitBound(afterAttempt number: Int) -> Int {
        // Shifted further it would leave no bits, long after the limit.
        let doublings = min(number - 1, 30)
        return min(waitMillisecondsFirst << doublings, waitMillisecondsMax)
    }
}

/// The clock, the sleep and the chance that retries use; tests bring their own.
public struct RetrySurroundings: Sendable {
    /// A clock that never goes back.
    public var nowMilliseconds: @Sendable () -> Int
    public var sleepMilliseconds: @Sendable (Int) async throws -> Void
    public var random: @Sendable (ClosedRange<Int>) -> Int

    public init(
        nowMilliseconds: @escaping @Sendable () -> Int,
        sleepMilliseconds: @escaping @Sendable (Int) async throws -> Void,
        random: @escaping @Sendable (ClosedRange<Int>) -> Int
    ) {
        self.nowMilliseconds = nowMilliseconds
        self.sleepMilliseconds = sleepMilliseconds
        self.random = random
    }

    public static let system = RetrySurroundings(
        nowMilliseconds: monotonicMilliseconds,
        sleepMilliseconds: { try await Task.sleep(for: .milliseconds($0)) },
        random: { Int.random(in: $0) }
    )
}
