public import HTTPClient

/// Where a store of S3's kind is, and how it is used.
public struct S3Configuration: Sendable {
    /// Such as `http://127.0.0.1:9000`; AWS itself when nil.
    public var endpoint: String?
    public var region: String
    /// Whether the bucket stands in the path, `endpoint/bucket/key`, instead of the host's name.
    public var usesPathStyle: Bool
    /// Whether a name that is taken is refused by the server itself (`If-None-Match`).
    ///
    /// Without it a look comes before each write, which another writer may slip behind.
    public var writesConditionally: Bool
    /// Files of more bytes are sent in parts of this size.
    public var partBytes: Int
    /// Parts of all files together that are under way at the same time.
    public var partsInFlightMax: Int
    /// How many objects a page of a listing has; the server may give fewer.
    public var listPageObjectsMax: Int
    public var client: HTTPClientConfiguration
    public var retries: RetryPolicy

    /// - `usesPathStyle`: As most servers at their own address want it, when nil.
    public init(
        endpoint: String? = nil,
        region: String = "us-east-1",
        usesPathStyle: Bool? = nil,
        writesConditionally: Bool = true,
        partBytes: Int = partBytesDefault,
        partsInFlightMax: Int = 4,
        listPageObjectsMax: Int = 1000,
        client: HTTPClientConfiguration = HTTPClientConfiguration(),
        retries: RetryPolicy = RetryPolicy(attemptsMax: 8, totalMillisecondsMax: 60_000)
    ) {
        self.endpoint = endpoint
        self.region = region
        self.usesPathStyle = usesPathStyle ?? (endpoint != nil)
        self.writesConditionally = writesConditionally
        self.partBytes = partBytes
        self.partsInFlightMax = partsInFlightMax
        self.listPageObjectsMax = listPageObjectsMax
        self.client = client
        self.retries = retries
    }

    public static let partBytesDefault = 8 << 20
}

/// Limits of the service.
///
/// Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits", and DeleteObjects.
enum S3Limits {
    static let partsMax = 10_000
    static let deletedObjectsMax = 1000
    static let keyBytesMax = 1024
}
