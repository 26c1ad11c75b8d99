internal import Bytes
internal import Catalog
internal import HTTPClient

/// What a server says of itself, merged with what the configuration wants.
///
/// Source: Iceberg REST specification, `GET /v1/config`.
struct ServerSettings: Sendable {
    var prefix: String?
    /// What the server offers; nil when it does not say.
    var endpoints: Set<String>?
    /// Whether it remembers idempotency keys.
    var takesIdempotencyKeys: Bool
    var properties: [String: String]

    /// Several tables in one commit; servers that do not list it are not trusted to have it.
    var commitsTablesTogether: Bool {
        endpoints?.contains("POST /v1/{prefix}/transactions/commit") ?? false
    }
}

/// Sends requests to one REST catalog: authorization, prefixes, and retries of what may be retried.
actor RESTConnection {
    private let configuration: RESTCatalogConfiguration
    private let client: HTTPClient
    private let token: AccessToken?
    private var settings: ServerSettings?
    private let reads = RetryPolicy(attemptsMax: 5, totalMillisecondsMax: 30_000)

    /// The largest answer that is taken: the metadata of one table.
    private static let answerBytesMax = 256 << 20

    init(_ configuration: RESTCatalogConfiguration, client: HTTPClient) {
        self.configuration = configuration
        self.client = client
        if case .oauth2(let settings) = configuration.authorization {
            token = AccessToken(settings, catalogURI: configuration.uri, client: client)
        } else {
            token = nil
        }
    }

    /// What the server said of itself, asked once.
    func serverSettings() async throws -> ServerSettings {
        if let settings { return settings }
        let tried = "read the configuration of the catalog \(configuration.uri)"
        let query = RESTPath.query(configuration.warehouse.map { [("warehouse", $0)] } ?? [])
        let response = try await read("\(configuration.uri)/v1/config\(query)", tried: tried)
        guard let answer = try? JSONValue(parsing: response.body).objectValue else {
            throw CatalogError(
                .configuration,
                "could not \(tried): what it answered is no JSON object",
                remedy: "Check that lake.catalog.uri is the root of an Iceberg REST catalog"
            )
        }
        let found = Self.settings(answer, prefix: configuration.prefix)
        settings = found
        return found
    }

    private static func settings(_ answer: JSONObject, prefix: String?) -> ServerSettings {
        func texts(_ name: String) -> [String: String] {
            let members = answer[name]?.objectValue?.members ?? []
            return Dictionary(
                members.compactMap { member in
                    member.value.stringValue.map { (member.name, $0) }
                },
                uniquingKeysWith: { _, last in last }
            )
        }
        // Defaults yield to the configuration, and that to the server's overrides.
        let overrides = texts("overrides")
        let defaults = texts("defaults")
        let chosen = overrides["prefix"] ?? prefix ?? defaults["prefix"]
        return ServerSettings(
            prefix: chosen.flatMap { $0.isEmpty ? nil : $0 },
            endpoints: answer["endpoints"]?.arrayValue.map { Set($0.compactMap(\.stringValue)) },
            takesIdempotencyKeys: answer["idempotency-key-lifetime"]?.stringValue != nil,
            properties: defaults.merging(overrides) { _, override in override }
        )
    }

    /// The URL of a path below the server's prefix.
    func url(_ path: String, query: [(String, String)] = []) async throws -> String {
        let prefix = try await serverSettings().prefix
        let segments = prefix.map { $0.split(separator: "/").map { RESTPath.encoded(String($0)) } }
        let parts = [configuration.uri, "v1"] + (segments ?? []) + [path]
        return parts.joined(separator: "/") + RESTPath.query(query)
    }

    /// Reads, trying again while that can help.
    ///
    /// - Throws: ``CatalogError`` unless the answer is a success.
    func read(_ url: String, tried: String) async throws -> HTTPResponse {
        let request = HTTPRequest(.get, url)
        return try await reads.run { _ in
            do {
                let response = try await send(request)
                if response.isSuccess { return .done(response) }
                let error = RESTFailure(response).catalogError(tried)
                guard request.mayBeRetried(afterStatus: response.status) else { throw error }
                return .failed(error)
            } catch let error as HTTPError {
                let failure = CatalogError(error, tried: tried)
                guard request.mayBeRetried(after: error) else { throw failure }
                return .failed(failure)
            }
        }
    }

    /// Sends a change once.
    ///
    /// - Throws: ``CatalogError`` unless the answer is a success.
    func change(
        _ method: HTTPMethod,
        _ url: String,
        body: JSONValue? = nil,
        tried: String
    ) async throws -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await send(Self.request(method, url, body))
        } catch let error as HTTPError {
            throw CatalogError(error, tried: tried)
        }
        guard response.isSuccess else { throw RESTFailure(response).catalogError(tried) }
        return response
    }

    static func request(_ method: HTTPMethod, _ url: String, _ body: JSONValue?) -> HTTPRequest {
        var request = HTTPRequest(method, url)
        if let body {
            request.body = .bytes(body.serialized())
            request.headers["Content-Type"] = "application/json"
        }
        return request
    }

    /// Sends a request; a token that the server does not take is renewed once.
    ///
    /// - Throws: `HTTPError`, and ``CatalogError`` when no token can be had.
    func send(_ plain: HTTPRequest) async throws -> HTTPResponse {
        let (request, usedToken) = try await authorized(plain)
        let response = try await client.send(request, bodyBytesMax: Self.answerBytesMax)
        guard response.status == 401 || response.status == 419, let token, let usedToken else {
            return response
        }
        // The server says that it did nothing, so the request may be sent again.
        await token.discard(usedToken)
        let (again, _) = try await authorized(plain)
        return try await client.send(again, bodyBytesMax: Self.answerBytesMax)
    }

    private func authorized(_ plain: HTTPRequest) async throws -> (HTTPRequest, token: String?) {
        var request = plain
        request.headers["Accept"] = "application/json"
        request.acceptsCompressed = true
        for field in configuration.headers.fields { request.headers[field.name] = field.value }
        if configuration.wantsVendedCredentials {
            request.headers["X-Iceberg-Access-Delegation"] = "vended-credentials"
        }
        switch configuration.authorization {
        case .none: return (request, nil)
        case .bearer(let token): request.headers["Authorization"] = "Bearer \(token)"
        case .oauth2:
            let used = try await token?.current()
            if let used { request.headers["Authorization"] = "Bearer \(used)" }
            return (request, used)
        case .signed(let signer): try await signer.sign(&request)
        }
        return (request, nil)
    }
}
