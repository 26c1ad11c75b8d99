import Catalog
import Diagnostics
import Logging
import TableCommit

/// Waits for what is out of reach: ever longer up to a limit, and no longer once a stop is asked for.
struct OutagePatience: CommitPatience {
    /// Attempts after which it is enough; nil never is.
    let attemptsMax: Int?
    let time: any TimeSource
    let stop: StopSignal
    let log: Logger

    func allows(attempt: Int) -> Bool { attemptsMax.map { attempt <= $0 } ?? true }

    /// A commit is kept and sent again; nothing is read from the source meanwhile but what its
    /// queue holds.
    func wait(for trouble: CommitTrouble, attempt: Int) async throws {
        guard allows(attempt: attempt), !stop.isRequested else {
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
