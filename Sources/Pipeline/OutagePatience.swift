import Catalog
import Diagnostics
import Logging
import Synchronization
import TableCommit

/// Waits for what is out of reach: ever longer up to a limit, and no longer once a stop is asked for.
struct OutagePatience: CommitPatience {
    /// Attempts after which it is enough; nil never is.
    let attemptsMax: Int?
    let time: any TimeSource
    let stop: StopSignal
    let log: Logger
    /// Whether a commit was given up; a new session would begin to wait all over again.
    private let hasEnded = EndMark()

    init(attemptsMax: Int?, time: any TimeSource, stop: StopSignal, log: Logger) {
        self.attemptsMax = attemptsMax
        self.time = time
        self.stop = stop
        self.log = log
    }

    func allows(attempt: Int) -> Bool {
        attemptsMax.map { attempt <= $0 && !hasEnded.isSet } ?? true
    }

    /// A commit is kept and sent again; nothing is read from the source meanwhile but what its
    /// queue holds.
    func wait(for trouble: CommitTrouble, attempt: Int) async throws {
        guard allows(attempt: attempt), !stop.isRequested else {
            hasEnded.set()
            switch trouble {
            case .unavailable(let error): throw error
            case .unknownOutcome(let reason): throw CommitUnknown(message: reason)
            }
        }
        try await wait(
            attempt: attempt,
            saying: "could not commit, trying again",
            about: trouble.description
        )
    }

    func wait(
        attempt: Int,
        saying message: Logger.Message,
        about reason: String
    ) async throws {
        let doubled = Limits.retryFirstMilliseconds << min(attempt - 1, 10)
        let wait = min(doubled, Limits.retryLastMilliseconds)
        log.warning(
            message,
            metadata: [
                "error": "\(reason)", "attempt": "\(attempt)", "wait_milliseconds": "\(wait)",
            ]
        )
        let deadline = time.now() + .milliseconds(wait)
        while time.now() < deadline, !stop.isRequested {
            try await time.sleep(for: .milliseconds(20))
        }
    }
}

/// Set once, never taken back.
private final class EndMark: Sendable {
    private let mark = Atomic<Bool>(false)
    var isSet: Bool { mark.load(ordering: .relaxed) }
    func set() { mark.store(true, ordering: .relaxed) }
}
