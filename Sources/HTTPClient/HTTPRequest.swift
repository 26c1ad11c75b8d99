/// What is asked of a server.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// An absolute `http` or `https` URL, encoded as it is to be sent; nothing in it is changed.
    public var url: String
    public var headers: HTTPHeaders
    public var body: HTTPRequestBody
    /// Asks the server with `Expect: 100-continue` before the body is sent, so that a large body
    /// is not sent in vain.
    public var asksBeforeBody = false
    /// Lets the server compress its answer with gzip; limits count the bytes that come out.
    public var acceptsCompressed = false
    /// Whether the same request may reach the server twice without harm.
    ///
    /// It decides whether it is sent again, unseen by the caller, when a kept connection turns out
    /// to be broken before any byte of an answer came. By default as the method promises.
    public var isIdempotent: Bool
    /// How long the server may take; those of the client's configuration when nil.
    public var timeouts: HTTPTimeouts?

    public init(
        _ method: HTTPMethod,
        _ url: String,
        headers: HTTPHeaders = [:],
        body: HTTPRequestBody = .none,
        isIdempotent: Bool? = nil,
        timeouts: HTTPTimeouts? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.isIdempotent = isIdempotent ?? method.isIdempotent
        self.timeouts = timeouts
    }
}

public enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
    case patch = "PATCH"

    /// Source: RFC 9110 section 9.2.2.
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete: true
        case .post, .patch: false
        }
    }
}

public enum HTTPRequestBody: Sendable {
    case none
    case bytes([UInt8])
    /// Bytes that are asked for as the server takes them, until nil.
    ///
    /// - `byteCount`: How many there will be; nil sends them in chunks (`Transfer-Encoding`).
    case stream(byteCount: Int?, next: @Sendable () async throws -> [UInt8]?)

    /// How many bytes the body has; nil when that is not known before its end.
    var byteCount: Int? {
        switch self {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .stream(let byteCount, _): byteCount
        }
    }
}

/// How long a server may take before a request is given up.
public struct HTTPTimeouts: Sendable, Equatable {
    /// For finding the address, connecting and agreeing on TLS.
    public var connectMilliseconds: Int
    /// Between two moments at which bytes move, either way.
    ///
    /// Time that we take ourselves, to hand
    /// out the body or to use the answer, does not count.
    public var idleMilliseconds: Int
    /// From the start to the answer's last byte; nil for no limit.
    public var totalMilliseconds: Int?

    public init(
        connectMilliseconds: Int = 10_000,
        idleMilliseconds: Int = 60_000,
        totalMilliseconds: Int? = nil
    ) {
        self.connectMilliseconds = connectMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.totalMilliseconds = totalMilliseconds
    }
}
