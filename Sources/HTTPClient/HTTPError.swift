/// A request that got no whole answer.
///
/// It names the method, the server and the path, never the query, a header or a body: those may hold
/// secrets. A status such as 500 is an answer, not an error.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The request itself cannot be sent: its URL, a header or its body is not allowed.
        case invalidRequest
        /// No address, no connection, or no agreement on TLS.
        case unreachable
        /// The server's certificate is not trusted, or the authority file cannot be used.
        case untrusted
        /// The server took longer than a limit of ``HTTPTimeouts``.
        case timeout
        /// The connection ended before the answer did.
        case broken
        /// The answer is larger than the caller takes.
        case tooLarge
        /// What came is not HTTP.
        case malformedResponse
        /// The client was shut down.
        case closed
    }

    /// Whether the server may have received the request, and acted on it.
    public enum Sent: Sendable, Equatable {
        case no
        case maybe
    }

    public var kind: Kind
    public var sent: Sent
    /// One sentence: what was tried, where, and what came of it.
    public var message: String

    public init(_ kind: Kind, sent: Sent, _ message: String) {
        self.kind = kind
        self.sent = sent
        self.message = message
    }

    public var description: String { message }

    /// Whether the same request may get an answer if it is sent again.
    ///
    /// Whether it *may* be sent again is another question: see ``sent``.
    public var isPassing: Bool {
        switch kind {
        case .unreachable, .timeout, .broken: true
        case .invalidRequest, .untrusted, .tooLarge, .malformedResponse, .closed: false
        }
    }
}
