internal import Bytes
public import HTTPClient

/// A role that is taken on with a token in a file, as Kubernetes service accounts have it.
///
/// Source: AWS Security Token Service API Reference, AssumeRoleWithWebIdentity.
public struct WebIdentityCredentials: AWSCredentialsSource {
    private let tokenPath: String
    private let role: String
    private let session: String
    private let endpoint: String
    private let client: HTTPClient

    /// From the environment, or else from the profile; nil when neither names a token.
    public init?(
        _ environment: (String) -> String?,
        profile: AWSProfile,
        region: String,
        client: HTTPClient
    ) {
        func set(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        if let path = set("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = set("AWS_ROLE_ARN") {
            tokenPath = path
            self.role = role
        } else if let path = profile.values["web_identity_token_file"],
            let role = profile.values["role_arn"]
        {
            tokenPath = path
            self.role = role
        } else {
            return nil
        }
        session =
            set("AWS_ROLE_SESSION_NAME") ?? profile.values["role_session_name"] ?? "frazil"
        let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        endpoint = set("AWS_ENDPOINT_URL_STS") ?? "https://sts.\(region).\(suffix)"
        self.client = client
    }

    public func credentials() async throws -> AWSCredentials? {
        guard let token = ProfileFile.readText(tokenPath)?.filter({ !$0.isNewline }),
            !token.isEmpty
        else {
            throw AWSCredentialsError(
                "could not read the web identity's token in \(tokenPath)",
                remedy: "Check AWS_WEB_IDENTITY_TOKEN_FILE"
            )
        }
        let parameters = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", token),
        ]
        let form = parameters.map { "\($0)=\(URIEncoding.encode($1))" }.joined(separator: "&")
        // Twice gives two sets of credentials, which does no harm.
        let request = HTTPRequest(
            .post,
            "\(endpoint)/",
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: .bytes(Array(form.utf8)),
            isIdempotent: true
        )
        return try await RetryPolicy(attemptsMax: 4, totalMillisecondsMax: 20_000).run { _ in
            try await ask(request)
        }
    }

    private static let answerBytesMax = 256 << 10

    private func ask(_ request: HTTPRequest) async throws -> RetryPolicy.Attempt<AWSCredentials> {
        let answer: HTTPResponse
        do {
            answer = try await client.send(request, bodyBytesMax: Self.answerBytesMax)
        } catch let error as HTTPError {
            let failure = failure("\(error)", isRetryable: error.isPassing)
            guard request.mayBeRetried(after: error) else { throw failure }
            return .failed(failure)
        }
        let document = try? XMLElement(parsing: answer.body)
        guard answer.isSuccess else {
            let code = document?.child("Error")?.text(of: "Code") ?? "no code"
            let mayPass = request.mayBeRetried(afterStatus: answer.status)
            let failure = failure(
                "the answer was \(answer.status) (\(code))",
                isRetryable: mayPass
            )
            guard mayPass else { throw failure }
            return .failed(failure)
        }
        let found = document?.child("AssumeRoleWithWebIdentityResult")?.child("Credentials")
        guard let key = found?.text(of: "AccessKeyId"),
            let secret = found?.text(of: "SecretAccessKey")
        else { throw failure("the answer holds no credentials", isRetryable: false) }
        return .done(
            AWSCredentials(
                accessKeyID: key,
                secretAccessKey: secret,
                sessionToken: found?.text(of: "SessionToken"),
                expiresAtSeconds: found?.text(of: "Expiration")
                    .flatMap(secondsSince1970(ofISODate:))
            )
        )
    }

    private func failure(_ reason: String, isRetryable: Bool) -> AWSCredentialsError {
        AWSCredentialsError(
            "could not take on the role \(role) with a web identity: \(reason)",
            remedy: isRetryable ? nil : "Check the role's trust policy and AWS_ROLE_ARN",
            isRetryable: isRetryable
        )
    }
}
