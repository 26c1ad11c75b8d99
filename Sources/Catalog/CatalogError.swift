/// A catalog that could not do what it was asked for; nothing was changed.
public struct CatalogError: Error, Sendable, CustomStringConvertible {
    /// How callers react; the only part that code branches on.
    public enum Kind: Sendable, Equatable {
        /// Locked, busy or out of reach; `retryable` says whether the same call may soon succeed.
        case unavailable(retryable: Bool)
        /// Set up in a way that cannot work.
        case configuration
        /// Not allowed to read or write.
        case permission
        /// What the catalog holds makes no sense.
        case corrupt
        case notFound
        case alreadyExists
    }

    public var kind: Kind
    /// One sentence: what was tried, where, and what came of it.
    public var message: String
    /// What an operator can do about it.
    public var remedy: String?

    public init(_ kind: Kind, _ message: String, remedy: String? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        guard let remedy else { return message }
        return "\(message). \(remedy)"
    }

    public var isRetryable: Bool { kind == .unavailable(retryable: true) }
}
