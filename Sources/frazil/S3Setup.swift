import AWSSigning
import Catalog
import HTTPClient
import PipelineConfig
import RESTCatalog
import S3ObjectStore

/// The store of buckets as the pipeline file wants it.
///
/// Nothing is asked of anybody before the first file is.
func makeS3Store(_ settings: LakeConfiguration.S3Settings) -> S3ObjectStore {
    S3ObjectStore(configuration(settings), credentials: credentials(settings))
}

/// The store of buckets for whose paths a catalog hands out credentials.
func makeVendedS3Store(_ settings: LakeConfiguration.S3Settings) -> VendedS3Store {
    VendedS3Store(
        configuration(settings),
        credentials: credentials(settings),
        follows: VendedS3Store.Follows(
            endpoint: settings.endpoint == nil,
            region: settings.region == nil
        )
    )
}

/// Signs a catalog's requests as AWS wants it.
private struct CatalogRequestSigner: RequestSigner {
    let signer: AWSRequestSigner

    func sign(_ request: inout HTTPRequest) async throws {
        do {
            try await signer.sign(&request)
        } catch let error as AWSCredentialsError {
            throw CatalogError(
                error.isRetryable ? .unavailable(retryable: true) : .permission,
                "could not sign a request to the catalog: \(error.message)",
                remedy: error.remedy
            )
        }
    }
}

/// Signs a catalog's requests with the credentials of its buckets.
func makeRequestSigner(
    service: String,
    region: String?,
    _ settings: LakeConfiguration.S3Settings
) -> any RequestSigner {
    let signer = AWSRequestSigner(
        .other(service, region: region ?? awsRegion(settings)),
        source: credentials(settings) ?? NoCredentials()
    )
    return CatalogRequestSigner(signer: signer)
}

/// Who asks without a name has nothing to sign with.
private struct NoCredentials: AWSCredentialsSource {
    func credentials() async throws -> AWSCredentials? { nil }
}

private let environment: @Sendable (String) -> String? = { processEnvironment($0) }

private func awsRegion(_ settings: LakeConfiguration.S3Settings) -> String {
    settings.region ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
        ?? AWSProfile(environment, name: settings.profile).region ?? "us-east-1"
}

private func configuration(_ settings: LakeConfiguration.S3Settings) -> S3Configuration {
    let tls = HTTPTLS(authorityPath: settings.authorityPath, verifies: settings.verifiesTLS)
    return S3Configuration(
        endpoint: settings.endpoint ?? variable("AWS_ENDPOINT_URL_S3")
            ?? variable("AWS_ENDPOINT_URL"),
        region: awsRegion(settings),
        usesPathStyle: settings.usesPathStyle,
        writesConditionally: settings.writesConditionally,
        partBytes: settings.partBytes,
        client: HTTPClientConfiguration(tls: tls)
    )
}

private func credentials(
    _ settings: LakeConfiguration.S3Settings
) -> (any AWSCredentialsSource)? {
    if settings.isAnonymous { return nil }
    if let key = settings.accessKey, let secret = settings.secretKey {
        return FixedCredentials(
            AWSCredentials(
                accessKeyID: key,
                secretAccessKey: secret,
                sessionToken: settings.sessionToken
            )
        )
    }
    return standardCredentials(
        environment: environment,
        profile: settings.profile,
        region: awsRegion(settings)
    )
}

private func variable(_ name: String) -> String? {
    processEnvironment(name).flatMap { $0.isEmpty ? nil : $0 }
}
