internal import Synchronization

/// The same credentials always.
public struct FixedCredentials: AWSCredentialsSource {
    private let fixed: AWSCredentials

    public init(_ credentials: AWSCredentials) { fixed = credentials }

    public func credentials() async throws -> AWSCredentials? { fixed }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
public struct EnvironmentCredentials: AWSCredentialsSource {
    private let environment: @Sendable (String) -> String?

    public init(_ environment: @escaping @Sendable (String) -> String?) {
        self.environment = environment
    }

    public func credentials() async throws -> AWSCredentials? {
        guard let key = value("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = value("AWS_SECRET_ACCESS_KEY") else {
            throw AWSCredentialsError(
                "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not",
                remedy: "Set both"
            )
        }
        return AWSCredentials(
            accessKeyID: key,
            secretAccessKey: secret,
            sessionToken: value("AWS_SESSION_TOKEN")
        )
    }

    private func value(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Asks one source after the other; the first that has credentials gives them.
public struct CredentialsChain: AWSCredentialsSource {
    private let sources: [any AWSCredentialsSource]

    public init(_ sources: [any AWSCredentialsSource]) { self.sources = sources }

    public func credentials() async throws -> AWSCredentials? {
        for source in sources {
            if let found = try await source.credentials() { return found }
        }
        return nil
    }
}

/// Keeps credentials until shortly before they end, and asks once however many wait.
public actor CachedCredentials: AWSCredentialsSource {
    private let source: any AWSCredentialsSource
    private let nowSeconds: @Sendable () -> Int
    private var kept: AWSCredentials?
    private var asking: Task<AWSCredentials?, any Error>?

    /// Time before their end at which new ones are asked for; services hand out new ones from five
    /// minutes before.
    public static let renewalSeconds = 240

    public init(
        _ source: any AWSCredentialsSource,
        nowSeconds: @escaping @Sendable () -> Int = wallClockSeconds
    ) {
        self.source = source
        self.nowSeconds = nowSeconds
    }

    public func credentials() async throws -> AWSCredentials? {
        if let kept, isFresh(kept, marginSeconds: Self.renewalSeconds) { return kept }
        do {
            let found = try await askedOnce()
            kept = found
            return found
        } catch {
            // A source that is out of reach for a while does no harm while these still hold.
            if let kept, isFresh(kept, marginSeconds: 0) { return kept }
            throw error
        }
    }

    public func discard(_ credentials: AWSCredentials) async {
        // Somebody else's newer ones stay.
        if kept == credentials { kept = nil }
    }

    private func isFresh(_ credentials: AWSCredentials, marginSeconds: Int) -> Bool {
        guard let end = credentials.expiresAtSeconds else { return true }
        return nowSeconds() < end - marginSeconds
    }

    private func askedOnce() async throws -> AWSCredentials? {
        if let asking { return try await asking.value }
        // Not a child of one caller: the others would lose it when that one is cancelled.
        let task = Task { [source] in try await source.credentials() }
        asking = task
        defer { asking = nil }
        return try await task.value
    }
}
