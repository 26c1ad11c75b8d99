/// What proves who asks.
///
/// Printing it shows no secret.
public struct AWSCredentials: Sendable, Equatable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    public var accessKeyID: String
    public var secretAccessKey: String
    public var sessionToken: String?
    /// Seconds since 1970 at which they end; nil for those that do not.
    public var expiresAtSeconds: Int?

    public init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiresAtSeconds: Int? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAtSeconds = expiresAtSeconds
    }

    public var description: String { "credentials of the access key \(accessKeyID)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where credentials come from.
public protocol AWSCredentialsSource: Sendable {
    /// Credentials to use now; nil when this source has none to give.
    ///
    /// - Throws: ``AWSCredentialsError`` when it should have some and cannot give them.
    func credentials() async throws -> AWSCredentials?

    /// Says that a service no longer takes these; the next ones are to be fresh.
    func discard(_ credentials: AWSCredentials) async
}

extension AWSCredentialsSource {
    /// For sources that look anew each time.
    public func discard(_ credentials: AWSCredentials) async {}
}

/// Credentials that should be there and cannot be had.
public struct AWSCredentialsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence: what was tried, where, and what came of it.
    public var message: String
    public var remedy: String?
    /// Whether the same may succeed soon.
    public var isRetryable: Bool

    public init(_ message: String, remedy: String? = nil, isRetryable: Bool = false) {
        self.message = message
        self.remedy = remedy
        self.isRetryable = isRetryable
    }

    public var description: String {
        guard let remedy else { return message }
        return "\(message). \(remedy)"
    }
}
