/// A failure while reading from a source database.
///
/// The `message` says what we were doing and what went wrong; `remedy`, when there is one, says
/// what an operator can do about it. Row values and secrets never appear in either.
public struct SourceError: Error, Sendable {
    /// How the pipeline should react; the only part that code branches on.
    public enum Kind: Sendable, Equatable {
        /// The connection broke or timed out; reconnecting at the last durable position is safe.
        case connection
        /// The server refuses this user: wrong password, missing privilege. Retrying cannot help.
        case permission
        /// The server no longer has the position we need; only a new snapshot helps.
        case positionLost
        /// Bytes did not match the protocol; reading the same bytes again may show a good copy.
        case malformedEvent
        /// The server or a table is set up in a way we cannot replicate from.
        case configuration
        /// A table's schema changed, or an event came, in a way we cannot follow. Stops that table.
        case unsupportedChange
    }

    public var kind: Kind
    public var message: String
    public var remedy: String?
    /// Where in the log it happened, written as the source writes it: `binlog.000042:1877` or
    /// `0/16B3748`.
    public var position: String?

    public init(
        _ kind: Kind,
        _ message: String,
        remedy: String? = nil,
        position: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
        self.position = position
    }

    /// Whether the same call may succeed if it is made again, with nothing else changed.
    public var isRetryable: Bool {
        switch kind {
        case .connection, .malformedEvent: true
        case .permission, .positionLost, .configuration, .unsupportedChange: false
        }
    }
}

extension SourceError: CustomStringConvertible {
    public var description: String {
        var text = message
        if let position { text += " at \(position)" }
        if let remedy { text += ". \(remedy)" }
        return text
    }
}
