public import HTTPClient

/// Signs requests with Signature Version 4.
///
/// Source: AWS General Reference, "Signature Version 4 signing process"; Amazon S3 API Reference,
/// "Authenticating Requests (AWS Signature Version 4)".
public struct AWSSigner: Sendable {
    /// How a URL's path is written before it is signed.
    public enum PathRule: Sendable {
        /// As S3 wants it: every byte of a key counts, encoded once.
        case asKeys
        case normalized
        /// As all other services want it: the encoded path, encoded again.
        case normalizedEncodedTwice
    }

    public var region: String
    public var service: String
    public var paths: PathRule
    /// Whether the payload's hash goes into a header of its own, as S3 wants it.
    public var namesPayload: Bool

    public init(region: String, service: String, paths: PathRule, namesPayload: Bool) {
        self.region = region
        self.service = service
        self.paths = paths
        self.namesPayload = namesPayload
    }

    public static func s3(region: String) -> AWSSigner {
        AWSSigner(region: region, service: "s3", paths: .asKeys, namesPayload: true)
    }

    /// For every service but S3, such as `glue` and `s3tables`.
    public static func other(_ service: String, region: String) -> AWSSigner {
        AWSSigner(
            region: region,
            service: service,
            paths: .normalizedEncodedTwice,
            namesPayload: false
        )
    }

    /// What is said of a request's body.
    public enum Payload: Sendable, Equatable {
        /// Its SHA-256, 64 hexadecimal digits.
        case sha256(String)
        /// Nothing; TLS alone protects it. S3 only.
        case unsigned
        /// It is signed chunk by chunk; see ``AWSChunkSigner``. S3 only.
        ///
        /// - `byteCount`: Of the content, without the chunks' frames.
        case chunks(byteCount: Int)

        /// The hash of bytes that are at hand.
        public static func bytes(_ bytes: [UInt8]) -> Payload {
            .sha256(hexadecimal(Digest.sha256(bytes)))
        }

        var name: String {
            switch self {
            case .sha256(let digits): digits
            case .unsigned: "UNSIGNED-PAYLOAD"
            case .chunks: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
            }
        }
    }

    /// Puts a signature and what belongs to it into the headers of a request.
    ///
    /// - Returns: The signature; that of the first chunk builds on it.
    /// - Throws: `HTTPError` `.invalidRequest` for a URL that is none.
    @discardableResult
    public func sign(
        _ request: inout HTTPRequest,
        payload: Payload,
        credentials: AWSCredentials,
        atSeconds seconds: Int
    ) throws(HTTPError) -> String {
        let url = try HTTPURL(request.url)
        let timestamp = AWSTimestamp(secondsSince1970: seconds)
        request.headers["X-Amz-Date"] = timestamp.text
        request.headers["X-Amz-Security-Token"] = credentials.sessionToken
        request.headers["Authorization"] = nil
        if namesPayload { request.headers["X-Amz-Content-Sha256"] = payload.name }
        if case .chunks(let byteCount) = payload {
            request.headers["Content-Encoding"] = "aws-chunked"
            request.headers["X-Amz-Decoded-Content-Length"] = String(byteCount)
        }
        let canonical = CanonicalRequest(
            request,
            url: url,
            payloadHash: payload.name,
            paths: paths
        )
        let signature = signature(of: canonical, credentials, timestamp)
        request.headers["Authorization"] = """
            \(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(timestamp)), \
            SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)
            """
        return signature
    }

    /// A URL that carries its own signature in its query, for who has no credentials.
    ///
    /// - Parameters:
    ///   - request: Its method, URL and headers; the headers have to be sent as they are.
    ///   - payload: What is said of the body; S3 takes `.unsigned`.
    ///   - credentials: Who asks.
    ///   - seconds: Since 1970.
    ///   - lifetimeSeconds: How long the URL holds.
    /// - Returns: The request's URL with the signature behind its own query.
    /// - Throws: `HTTPError` `.invalidRequest` for a URL that is none.
    public func signedURL(
        _ request: HTTPRequest,
        payload: Payload,
        credentials: AWSCredentials,
        atSeconds seconds: Int,
        lifetimeSeconds: Int
    ) throws(HTTPError) -> String {
        var url = try HTTPURL(request.url)
        let timestamp = AWSTimestamp(secondsSince1970: seconds)
        func canonical(_ url: HTTPURL) -> CanonicalRequest {
            CanonicalRequest(
                request,
                url: url,
                payloadHash: payload.name,
                paths: paths
            )
        }
        var parameters = [
            ("X-Amz-Algorithm", Self.algorithm),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(timestamp))"),
            ("X-Amz-Date", timestamp.text),
            ("X-Amz-Expires", String(lifetimeSeconds)),
            ("X-Amz-SignedHeaders", canonical(url).signedHeaders),
        ]
        if let token = credentials.sessionToken {
            parameters.append(("X-Amz-Security-Token", token))
        }
        let added = parameters.map { "\($0)=\(URIEncoding.encode($1))" }.joined(separator: "&")
        let before = url.query.map { $0.isEmpty ? "" : "\($0)&" } ?? ""
        url.query = before + added
        let signature = signature(of: canonical(url), credentials, timestamp)
        let target = request.url.prefix { $0 != "?" }
        return "\(target)?\(before)\(added)&X-Amz-Signature=\(signature)"
    }

    static let algorithm = "AWS4-HMAC-SHA256"

    func scope(_ timestamp: AWSTimestamp) -> String {
        "\(timestamp.day)/\(region)/\(service)/aws4_request"
    }

    private func signature(
        of request: CanonicalRequest,
        _ credentials: AWSCredentials,
        _ timestamp: AWSTimestamp
    ) -> String {
        let text = """
            \(Self.algorithm)
            \(timestamp.text)
            \(scope(timestamp))
            \(hexadecimal(Digest.sha256(Array(request.text.utf8))))
            """
        let key = signingKey(credentials, timestamp)
        return hexadecimal(Digest.hmacSHA256(key: key, Array(text.utf8)))
    }

    func signingKey(_ credentials: AWSCredentials, _ timestamp: AWSTimestamp) -> [UInt8] {
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [String(timestamp.day), region, service, "aws4_request"] {
            key = Digest.hmacSHA256(key: key, Array(part.utf8))
        }
        return key
    }
}

/// Signs requests with whatever credentials are current.
public struct AWSRequestSigner: Sendable {
    public let signer: AWSSigner
    private let source: any AWSCredentialsSource
    private let nowSeconds: @Sendable () -> Int

    public init(
        _ signer: AWSSigner,
        source: any AWSCredentialsSource,
        nowSeconds: @escaping @Sendable () -> Int = wallClockSeconds
    ) {
        self.signer = signer
        self.source = source
        self.nowSeconds = nowSeconds
    }

    /// Signs a request whose body is at hand.
    ///
    /// - Throws: ``AWSCredentialsError`` when there are no credentials.
    public func sign(_ request: inout HTTPRequest) async throws {
        guard let credentials = try await source.credentials() else {
            throw AWSCredentialsError(
                "found no AWS credentials",
                remedy: "Give an access key, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        }
        let payload: AWSSigner.Payload
        switch request.body {
        case .none: payload = .bytes([])
        case .bytes(let bytes): payload = .bytes(bytes)
        case .stream: payload = .unsigned
        }
        try signer.sign(
            &request,
            payload: payload,
            credentials: credentials,
            atSeconds: nowSeconds()
        )
    }
}
