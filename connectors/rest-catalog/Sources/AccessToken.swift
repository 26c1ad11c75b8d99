internal import Bytes
internal import Catalog
internal import HTTPClient

/// The token of an OAuth2 client, fetched when it is needed and renewed before it ends.
actor AccessToken {
    private let client: HTTPClient
    private let settings: RESTCatalogConfiguration.OAuth2
    private let tokenURI: String
    private var token: String?
    private var expires: ContinuousClock.Instant?
    private var fetching: Task<String, any Error>?

    /// A token is renewed when less than this is left of it.
    private static let marginSeconds = 60
    /// Of servers that do not say how long a token lives.
    private static let lifetimeSecondsDefault = 3600
    private static let answerBytesMax = 1 << 20

    init(
        _ settings: RESTCatalogConfiguration.OAuth2,
        catalogURI: String,
        client: HTTPClient
    ) {
        self.settings = settings
        self.client = client
        tokenURI = settings.tokenURI ?? catalogURI + "/v1/oauth/tokens"
    }

    /// A token that is still good; requests at the same time share one renewal.
    func current() async throws -> String {
        if let token, let expires, ContinuousClock.now < expires { return token }
        if let fetching { return try await fetching.value }
        let task = Task { try await fetch() }
        fetching = task
        defer { fetching = nil }
        return try await task.value
    }

    /// Forgets a token that the server did not take.
    func discard(_ refused: String) {
        if token == refused { token = nil }
    }

    private func fetch() async throws -> String {
        let tried = "get an access token"
        var form = [("grant_type", "client_credentials"), ("scope", settings.scope)]
        if let clientID = settings.clientID { form.append(("client_id", clientID)) }
        form.append(("client_secret", settings.clientSecret))
        let body = form.map { "\(RESTPath.encoded($0.0))=\(RESTPath.encoded($0.1))" }
        let request = HTTPRequest(
            .post,
            tokenURI,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: .bytes(Array(body.joined(separator: "&").utf8)),
            // Another token does no harm.
            isIdempotent: true
        )
        let response: HTTPResponse
        do {
            response = try await client.send(request, bodyBytesMax: Self.answerBytesMax)
        } catch let error as HTTPError {
            throw CatalogError(error, tried: tried)
        }
        guard response.isSuccess else {
            let failure = RESTFailure(response)
            // OAuth2 servers answer wrong credentials with 400 as well.
            guard failure.status == 400 else { throw failure.catalogError(tried) }
            throw CatalogError(
                .permission,
                "could not \(tried): the server answered with \(failure.description)",
                remedy: "Check the client id and the secret of lake.catalog"
            )
        }
        let answer = try? JSONValue(parsing: response.body).objectValue
        guard let token = answer?["access_token"]?.stringValue, !token.isEmpty else {
            throw CatalogError(.corrupt, "could not \(tried): the answer holds no access_token")
        }
        let seconds =
            answer?["expires_in"]?.integerValue.map { Int(clamping: $0) }
            ?? Self.lifetimeSecondsDefault
        self.token = token
        expires = .now + .seconds(max(seconds - Self.marginSeconds, seconds / 2))
        return token
    }
}
