public import HTTPClient

/// Credentials from where AWS tools look for them.
///
/// In their order: environment, web identity, profile, container, instance.
///
/// - Parameters:
///   - environment: Looks a variable up.
///   - name: The profile of the shared files; the one that the environment names when nil.
///   - region: The region whose token service takes web identities.
///   - tls: Whom to believe when a role is taken on.
/// - Returns: A source that keeps what it found until shortly before its end.
public func standardCredentials(
    environment: @escaping @Sendable (String) -> String?,
    profile name: String? = nil,
    region: String,
    tls: HTTPTLS = HTTPTLS()
) -> CachedCredentials {
    // The metadata services are on this machine: no proxy knows them.
    let nearby = HTTPClient(HTTPClientConfiguration(proxy: .none, idleConnectionsMax: 1))
    let remote = HTTPClient(HTTPClientConfiguration(tls: tls, idleConnectionsMax: 1))
    let readProfile: @Sendable () -> AWSProfile = { AWSProfile(environment, name: name) }
    var sources: [any AWSCredentialsSource] = [EnvironmentCredentials(environment)]
    if let identity = WebIdentityCredentials(
        environment,
        profile: readProfile(),
        region: region,
        client: remote
    ) {
        sources.append(identity)
    }
    sources.append(ProfileCredentials(readProfile))
    sources.append(ContainerCredentials(environment, client: nearby))
    sources.append(InstanceCredentials(environment, client: nearby))
    return CachedCredentials(CredentialsChain(sources))
}
