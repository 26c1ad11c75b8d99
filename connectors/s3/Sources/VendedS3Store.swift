public import AWSSigning
public import HTTPClient
public import ObjectStore
internal import Synchronization

/// Buckets by the credentials that a catalog hands out with its tables.
///
/// A path is read and written with the credentials of the longest prefix it begins with, and where
/// there is none by the store for all other paths.
///
/// Source: Iceberg REST specification, `storage-credentials` of `LoadTableResult`.
public final class VendedS3Store: RoutingObjectStore {
    private let rest: S3ObjectStore
    private let configuration: S3Configuration
    private let follows: Follows
    private let surroundings: RetrySurroundings
    private let clockSeconds: @Sendable () -> Int
    private let entries = Mutex<[Entry]>([])

    /// What is taken from the catalog because the pipeline does not say it itself.
    public struct Follows: Sendable {
        public var endpoint: Bool
        public var region: Bool

        public init(endpoint: Bool = true, region: Bool = true) {
            self.endpoint = endpoint
            self.region = region
        }
    }

    /// The store of one prefix.
    private struct Entry {
        var prefix: String
        var access: VendedS3Access
        var store: S3ObjectStore
        var source: VendedCredentialsSource
    }

    /// - Parameters:
    ///   - configuration: Where buckets are, as far as the catalog does not say.
    ///   - credentials: Who asks for paths without credentials from the catalog.
    ///   - follows: What the catalog may say.
    ///   - surroundings: The clock and the chance of retries.
    ///   - clockSeconds: Seconds since 1970, for signatures and for credentials that end.
    public init(
        _ configuration: S3Configuration,
        credentials: (any AWSCredentialsSource)?,
        follows: Follows = Follows(),
        surroundings: RetrySurroundings = .system,
        clockSeconds: @escaping @Sendable () -> Int = wallClockSeconds
    ) {
        self.configuration = configuration
        self.follows = follows
        self.surroundings = surroundings
        self.clockSeconds = clockSeconds
        rest = S3ObjectStore(
            configuration,
            credentials: credentials,
            surroundings: surroundings,
            clockSeconds: clockSeconds
        )
    }

    /// Takes what a catalog handed out for the paths that begin with `prefix`.
    ///
    /// Properties without a key for S3 are of some other store and change nothing. `renew` has the
    /// catalog hand out new ones, which come here in turn.
    public func note(
        prefix: String,
        properties: [String: String],
        renew: @escaping @Sendable () async throws -> Void
    ) {
        guard let access = VendedS3Access(properties) else { return }
        entries.withLock { entries in
            let index = entries.firstIndex { $0.prefix == prefix }
            if let index, entries[index].access.isSamePlace(as: access) {
                entries[index].source.update(access.credentials, renew: renew)
                return
            }
            let source = VendedCredentialsSource(
                access.credentials,
                clockSeconds: clockSeconds,
                renew: renew
            )
            let store = S3ObjectStore(
                access.applied(to: configuration, follows),
                credentials: source,
                sharing: rest,
                surroundings: surroundings,
                clockSeconds: clockSeconds
            )
            let entry = Entry(prefix: prefix, access: access, store: store, source: source)
            if let index { entries[index] = entry } else { entries.append(entry) }
        }
    }

    /// The longest prefix that a path begins with; empty where there is none.
    public func route(of path: String) -> String { entry(for: path)?.prefix ?? "" }

    public func store(for path: String) -> any ObjectStore { entry(for: path)?.store ?? rest }

    private func entry(for path: String) -> Entry? {
        entries.withLock { entries in
            entries.filter { path.utf8.starts(with: $0.prefix.utf8) }
                .max { $0.prefix.utf8.count < $1.prefix.utf8.count }
        }
    }
}

/// One set of credentials as a catalog spells it, and where they are good.
struct VendedS3Access {
    var credentials: AWSCredentials
    var endpoint: String?
    var region: String?
    var usesPathStyle: Bool?

    /// Nil where the properties hold no key for S3.
    ///
    /// Source: Iceberg documentation, AWS integrations, `S3FileIOProperties`.
    init?(_ properties: [String: String]) {
        guard let key = properties["s3.access-key-id"],
            let secret = properties["s3.secret-access-key"]
        else { return nil }
        credentials = AWSCredentials(
            accessKeyID: key,
            secretAccessKey: secret,
            sessionToken: properties["s3.session-token"],
            expiresAtSeconds: properties["s3.session-token-expires-at-ms"].flatMap { Int($0) }
                .map { $0 / 1000 }
        )
        endpoint = properties["s3.endpoint"]
        region = properties["client.region"] ?? properties["s3.region"]
        usesPathStyle = properties["s3.path-style-access"].map { $0 == "true" }
    }

    func isSamePlace(as other: VendedS3Access) -> Bool {
        endpoint == other.endpoint && region == other.region
            && usesPathStyle == other.usesPathStyle
    }

    func applied(
        to configuration: S3Configuration,
        _ follows: VendedS3Store.Follows
    ) -> S3Configuration {
        var applied = configuration
        if follows.region, let region { applied.region = region }
        guard follows.endpoint, let endpoint else { return applied }
        applied.endpoint = endpoint
        applied.usesPathStyle = usesPathStyle ?? true
        return applied
    }
}
