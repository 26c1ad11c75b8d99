internal import Bytes
public import HTTPClient

/// The role of the container that we run in (ECS, EKS pod identity).
///
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
public struct ContainerCredentials: AWSCredentialsSource {
    private let environment: @Sendable (String) -> String?
    private let client: HTTPClient

    /// - `client`: One that uses no proxy.
    public init(_ environment: @escaping @Sendable (String) -> String?, client: HTTPClient) {
        self.environment = environment
        self.client = client
    }

    public func credentials() async throws -> AWSCredentials? {
        guard let url = try address() else { return nil }
        var request = HTTPRequest(.get, url, timeouts: metadataTimeouts)
        request.headers["Authorization"] = token()
        let tried = "ask for the container's credentials"
        let answer = try await askMetadata(client, request, tried: tried)
        return try AWSSigning.credentials(fromMetadata: answer, tried: tried)
    }

    private func address() throws -> String? {
        if let path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), !path.isEmpty {
            return "http://169.254.170.2\(path.hasPrefix("/") ? "" : "/")\(path)"
        }
        guard let text = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"), !text.isEmpty else {
            return nil
        }
        let url = try HTTPURL(text)
        // In plain only within the machine: the answer is a secret.
        let hosts = [
            "localhost", "127.0.0.1", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23",
        ]
        guard url.isSecure || hosts.contains(url.host) else {
            throw AWSCredentialsError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names \(url.host) without TLS",
                remedy: "Use https, or an address of this machine"
            )
        }
        return text
    }

    private func token() -> String? {
        if let path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), !path.isEmpty {
            return ProfileFile.readText(path).map { $0.filter { !$0.isNewline } }
        }
        return environment("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    }
}

/// The role of the instance that we run on, by the instance metadata service, version 2.
///
/// Source: Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
public struct InstanceCredentials: AWSCredentialsSource {
    private let environment: @Sendable (String) -> String?
    private let client: HTTPClient

    /// - `client`: One that uses no proxy.
    public init(_ environment: @escaping @Sendable (String) -> String?, client: HTTPClient) {
        self.environment = environment
        self.client = client
    }

    public func credentials() async throws -> AWSCredentials? {
        guard environment("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { return nil }
        let named = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").flatMap {
            $0.isEmpty ? nil : $0
        }
        var root = named ?? "http://169.254.169.254"
        while root.hasSuffix("/") { root.removeLast() }
        guard let token = try await session(root, isNamed: named != nil) else { return nil }
        let folder = "\(root)/latest/meta-data/iam/security-credentials/"
        let tried = "ask for the instance's credentials"
        guard let role = try await text(folder, token, tried), !role.isEmpty else { return nil }
        let name = URIEncoding.encode(role)
        guard let answer = try await text(folder + name, token, tried) else { return nil }
        return try AWSSigning.credentials(fromMetadata: Array(answer.utf8), tried: tried)
    }

    /// A session token; nil where nobody answers, which means that this is no instance.
    private func session(_ root: String, isNamed: Bool) async throws -> String? {
        let request = HTTPRequest(
            .put,
            "\(root)/latest/api/token",
            headers: ["X-aws-ec2-metadata-token-ttl-seconds": "21600"],
            timeouts: metadataTimeouts
        )
        do {
            let answer = try await client.send(request, bodyBytesMax: metadataBytesMax)
            guard answer.isSuccess else { return nil }
            return String(decoding: answer.body, as: UTF8.self)
        } catch let error as HTTPError {
            guard isNamed else { return nil }
            throw AWSCredentialsError(
                "could not ask for the instance's credentials: \(error)",
                isRetryable: error.isPassing
            )
        }
    }

    /// The text of one entry; nil when there is none.
    private func text(_ url: String, _ token: String, _ tried: String) async throws -> String? {
        let request = HTTPRequest(
            .get,
            url,
            headers: ["X-aws-ec2-metadata-token": token],
            timeouts: metadataTimeouts
        )
        guard let body = try await askMetadata(client, request, tried: tried, isOptional: true)
        else { return nil }
        return String(decoding: body, as: UTF8.self)
    }
}

/// These services are next door; nobody else answers at their addresses.
private let metadataTimeouts = HTTPTimeouts(
    connectMilliseconds: 1000,
    idleMilliseconds: 2000,
    totalMilliseconds: 5000
)
private let metadataBytesMax = 64 << 10

private func askMetadata(
    _ client: HTTPClient,
    _ request: HTTPRequest,
    tried: String
) async throws -> [UInt8] {
    try await askMetadata(client, request, tried: tried, isOptional: false) ?? []
}

/// The body of a success; nil for 404 where the entry may be missing.
private func askMetadata(
    _ client: HTTPClient,
    _ request: HTTPRequest,
    tried: String,
    isOptional: Bool
) async throws -> [UInt8]? {
    let policy = RetryPolicy(attemptsMax: 3, totalMillisecondsMax: 10_000)
    return try await policy.run { _ in
        do {
            let answer = try await client.send(request, bodyBytesMax: metadataBytesMax)
            if answer.isSuccess { return .done(answer.body) }
            if answer.status == 404, isOptional { return .done(nil) }
            let mayPass = request.mayBeRetried(afterStatus: answer.status)
            let error = AWSCredentialsError(
                "could not \(tried): the answer was \(answer.status)",
                isRetryable: mayPass
            )
            guard mayPass else { throw error }
            return .failed(error)
        } catch let error as HTTPError {
            let failure = AWSCredentialsError(
                "could not \(tried): \(error)",
                isRetryable: error.isPassing
            )
            guard request.mayBeRetried(after: error) else { throw failure }
            return .failed(failure)
        }
    }
}

/// The credentials in the JSON that both services answer with.
private func credentials(
    fromMetadata bytes: [UInt8],
    tried: String
) throws(AWSCredentialsError) -> AWSCredentials {
    let members = (try? JSONValue(parsing: bytes))?.objectValue
    guard let key = members?["AccessKeyId"]?.stringValue,
        let secret = members?["SecretAccessKey"]?.stringValue
    else {
        throw AWSCredentialsError("could not \(tried): what was answered holds none")
    }
    return AWSCredentials(
        accessKeyID: key,
        secretAccessKey: secret,
        sessionToken: members?["Token"]?.stringValue,
        expiresAtSeconds: members?["Expiration"]?.stringValue.flatMap(secondsSince1970(ofISODate:))
    )
}
