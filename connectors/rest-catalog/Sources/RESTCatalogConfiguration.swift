public import HTTPClient

/// Where a REST catalog is and how this program shows who it is.
public struct RESTCatalogConfiguration: Sendable {
    /// The catalog's root, without `/v1` and without a slash at its end.
    public var uri: String
    /// The warehouse that the server is asked for; servers with one only need none.
    public var warehouse: String?
    /// The path segment that the server tells apart its catalogs by, when it does not say so itself.
    public var prefix: String?
    public var authorization: Authorization
    /// Sent with every request.
    public var headers: HTTPHeaders
    /// Whether the server is asked to hand out credentials for the tables' files.
    public var wantsVendedCredentials: Bool

    public init(
        uri: String,
        warehouse: String? = nil,
        prefix: String? = nil,
        authorization: Authorization = .none,
        headers: HTTPHeaders = [:],
        wantsVendedCredentials: Bool = true
    ) {
        self.uri = uri
        self.warehouse = warehouse
        self.prefix = prefix
        self.authorization = authorization
        self.headers = headers
        self.wantsVendedCredentials = wantsVendedCredentials
    }

    public enum Authorization: Sendable {
        case none
        case bearer(token: String)
        case oauth2(OAuth2)
        /// Every request is signed, as AWS services want it.
        case signed(any RequestSigner)
    }

    /// The OAuth2 client credentials flow.
    ///
    /// Source: RFC 6749 section 4.4; Iceberg REST specification, `oauth/tokens`.
    public struct OAuth2: Sendable {
        /// Where tokens are; the catalog's own `v1/oauth/tokens` when nil.
        public var tokenURI: String?
        public var clientID: String?
        public var clientSecret: String
        public var scope: String

        public init(
            tokenURI: String? = nil,
            clientID: String?,
            clientSecret: String,
            scope: String = "catalog"
        ) {
            self.tokenURI = tokenURI
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.scope = scope
        }
    }
}

/// Adds a signature to requests.
public protocol RequestSigner: Sendable {
    func sign(_ request: inout HTTPRequest) async throws
}

/// Credentials for files below a location, as a catalog handed them out with a table.
public struct VendedCredentials: Sendable, Equatable {
    /// The beginning of the locations they are for.
    public var prefix: String
    /// Such as `s3.access-key-id` and `s3.session-token`.
    public var properties: [String: String]

    public init(prefix: String, properties: [String: String]) {
        self.prefix = prefix
        self.properties = properties
    }
}
