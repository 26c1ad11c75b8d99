import Catalog
import ObjectStore
import SourceInterface
import TableCommit

/// What to do about a failure; the one place where that is decided.
enum Reaction: Equatable {
    /// Begin again from what the lake holds, after a wait; a limited number of times.
    case retry
    /// Something is out of reach or full: the same, for as long as it takes.
    case waitOut
    /// End the program and say why.
    case giveUp
}

/// How the pipeline reacts to a failure.
///
/// `hasRun` says whether this program already worked with source and lake: before that, what cannot
/// be reached is most likely a mistake in the pipeline file, and waiting would hide it.
func reaction(to error: any Error, hasRun: Bool) -> Reaction {
    switch error {
    case let error as SourceError:
        switch error.kind {
        case .connection: hasRun ? .waitOut : .giveUp
        case .malformedEvent: .retry
        case .permission, .positionLost, .configuration, .unsupportedChange: .giveUp
        }
    case let error as CatalogError:
        error.isRetryable && hasRun ? .waitOut : .giveUp
    case let error as StoreError:
        switch error.kind {
        case .unavailable, .full: hasRun ? .waitOut : .retry
        case .denied: hasRun ? .waitOut : .giveUp
        case .notFound, .alreadyExists, .changed, .permission: .giveUp
        }
    case let error as PipelineError:
        error.kind == .conflict ? .retry : .giveUp
    case is CommitConflict:
        .retry
    default:
        .giveUp
    }
}

extension Error {
    /// Whether a commit of ours found that another one had come first.
    var isLostRace: Bool { self is CommitConflict || (self as? PipelineError)?.kind == .conflict }
}
