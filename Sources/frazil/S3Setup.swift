import AWSSigning
import HTTPClient
import PipelineConfig
import S3ObjectStore

/// The store of buckets as the pipeline file wants it.
///
/// Nothing is asked of anybody before the first file is.
func makeS3Store(_ settings: LakeConfiguration.S3Settings) -> S3ObjectStore {
    let environment: @Sendable (String) -> String? = { processEnvironment($0) }
    let region =
        settings.region ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
        ?? AWSProfile(environment, name: settings.profile).region ?? "us-east-1"
    let tls = HTTPTLS(authorityPath: settings.authorityPath, verifies: settings.verifiesTLS)
    return S3ObjectStore(
        S3Configuration(
            endpoint: settings.endpoint ?? variable("AWS_ENDPOINT_URL_S3")
                ?? variable("AWS_ENDPOINT_URL"),
            region: region,
            usesPathStyle: settings.usesPathStyle,
            writesConditionally: settings.writesConditionally,
            partBytes: settings.partBytes,
            client: HTTPClientConfiguration(tls: tls)
        ),
        credentials: credentials(settings, environment, region: region)
    )
}

private func credentials(
    _ settings: LakeConfiguration.S3Settings,
    _ environment: @escaping @Sendable (String) -> String?,
    region: String
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
        region: region
    )
}

private func variable(_ name: String) -> String? {
    processEnvironment(name).flatMap { $0.isEmpty ? nil : $0 }
}
