/// How a client connects, and its limits.
public struct HTTPClientConfiguration: Sendable {
    public var timeouts: HTTPTimeouts
    public var tls: HTTPTLS
    public var proxy: HTTPProxy
    /// The `User-Agent` of requests that bring none.
    public var userAgent: String
    /// Requests that are under way at the same time; more wait for their turn.
    public var requestsMax: Int
    /// Connections that are kept for the next request.
    public var idleConnectionsMax: Int
    /// How long a connection is kept without a request.
    ///
    /// Servers close what idles, often after 60 seconds and more; a request that meets the closing
    /// may be lost without an answer.
    public var idleConnectionSecondsMax: Int
    /// All header fields of an answer together.
    public var headerBytesMax: Int
    /// What one streamed body holds in memory, each way: bytes beyond it wait in the network.
    public var streamBytesMax: Int

    public init(
        timeouts: HTTPTimeouts = HTTPTimeouts(),
        tls: HTTPTLS = HTTPTLS(),
        proxy: HTTPProxy = .environment,
        userAgent: String = "frazil",
        requestsMax: Int = 128,
        idleConnectionsMax: Int = 32,
        idleConnectionSecondsMax: Int = 45,
        headerBytesMax: Int = 64 << 10,
        streamBytesMax: Int = 1 << 20
    ) {
        self.timeouts = timeouts
        self.tls = tls
        self.proxy = proxy
        self.userAgent = userAgent
        self.requestsMax = requestsMax
        self.idleConnectionsMax = idleConnectionsMax
        self.idleConnectionSecondsMax = idleConnectionSecondsMax
        self.headerBytesMax = headerBytesMax
        self.streamBytesMax = streamBytesMax
    }
}

/// Whom a client believes to be the server.
public struct HTTPTLS: Sendable, Equatable {
    /// A file of certificates in PEM of the authorities to trust; the system's when nil.
    public var authorityPath: String?
    /// Checks the server's certificate and name.
    ///
    /// Without it anyone between may read and answer.
    public var verifies: Bool

    public init(authorityPath: String? = nil, verifies: Bool = true) {
        self.authorityPath = authorityPath
        self.verifies = verifies
    }
}

public enum HTTPProxy: Sendable, Equatable {
    /// As `https_proxy`, `http_proxy` and `no_proxy` say.
    case environment
    case none
}
