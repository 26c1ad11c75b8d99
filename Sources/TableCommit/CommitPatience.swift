public import Catalog

/// Why a commit is not known to have happened, nor to have failed for good.
public enum CommitTrouble: Sendable, CustomStringConvertible {
    /// The catalog did not take the request; nothing was changed.
    case unavailable(CatalogError)
    /// It may have been applied.
    case unknownOutcome(String)

    public var description: String {
        switch self {
        case .unavailable(let error): error.description
        case .unknownOutcome(let reason): "the outcome of a commit is unknown: \(reason)"
        }
    }
}

/// Decides how long a commit is tried again, and waits in between.
public protocol CommitPatience: Sendable {
    /// Returns when the same request is to be sent again; `attempt` counts from 1.
    ///
    /// - Throws: When it is enough; the commit then ends with what was thrown.
    func wait(for trouble: CommitTrouble, attempt: Int) async throws
}
