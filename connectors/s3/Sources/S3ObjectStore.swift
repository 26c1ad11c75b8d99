public import AWSSigning
public import HTTPClient
public import ObjectStore

/// Objects in buckets of S3, or of a server that speaks its language.
public final class S3ObjectStore: ObjectStore {
    let connection: S3Connection
    /// Bounds the memory of all uploads together.
    let partSlots: PartSlots

    /// - Parameters:
    ///   - configuration: Where the buckets are.
    ///   - credentials: Who asks; nil asks without a name.
    ///   - surroundings: The clock and the chance of retries.
    ///   - clockSeconds: Seconds since 1970, for signatures.
    public init(
        _ configuration: S3Configuration,
        credentials: (any AWSCredentialsSource)?,
        surroundings: RetrySurroundings = .system,
        clockSeconds: @escaping @Sendable () -> Int = wallClockSeconds
    ) {
        connection = S3Connection(
            configuration,
            credentials: credentials,
            surroundings: surroundings,
            clockSeconds: clockSeconds
        )
        partSlots = PartSlots(count: configuration.partsInFlightMax)
    }

    /// A store of other credentials or places that shares connections and memory with one that is
    /// there.
    init(
        _ configuration: S3Configuration,
        credentials: any AWSCredentialsSource,
        sharing other: S3ObjectStore,
        surroundings: RetrySurroundings,
        clockSeconds: @escaping @Sendable () -> Int
    ) {
        connection = S3Connection(
            configuration,
            credentials: credentials,
            client: other.connection.client,
            surroundings: surroundings,
            clockSeconds: clockSeconds
        )
        partSlots = other.partSlots
    }

    /// The schemes of paths that this store reads and writes.
    public static let schemes = S3Location.schemes

    /// The largest file that is read whole; larger ones are read by ranges.
    public static let wholeReadBytesMax = 1 << 31

    public func create(_ path: String) async throws -> any ObjectUpload {
        S3Upload(try S3Location(path), store: self)
    }

    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let location = try S3Location(path)
        guard let range else { return try await readWhole(location) }
        guard !range.isEmpty else {
            let byteCount = try await status(of: path).byteCount
            guard range.upperBound <= byteCount else { throw beyond(range, path, byteCount) }
            return []
        }
        return try await read(location, range)
    }

    private func readWhole(_ location: S3Location) async throws -> [UInt8] {
        let operation = S3Operation(
            method: .get,
            bucket: location.bucket,
            key: location.key,
            answerBytesMax: Self.wholeReadBytesMax,
            tried: "read \(location.path)",
            action: "s3:GetObject"
        )
        return try await connection.send(operation).body
    }

    private func read(_ location: S3Location, _ range: Range<Int>) async throws -> [UInt8] {
        let operation = S3Operation(
            method: .get,
            bucket: location.bucket,
            key: location.key,
            headers: ["Range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"],
            // An error's text may be longer than the bytes that are wanted.
            answerBytesMax: max(range.count, 64 << 10),
            understood: [416],
            tried: "read bytes \(range) of \(location.path)",
            action: "s3:GetObject"
        )
        let response = try await connection.send(operation)
        let byteCount = Self.wholeByteCount(response.head)
        guard response.status != 416 else { throw beyond(range, location.path, byteCount) }
        guard response.body.count == range.count, response.status == 206 || range.lowerBound == 0
        else { throw beyond(range, location.path, byteCount) }
        return response.body
    }

    /// What stands behind the slash of `Content-Range: bytes 0-9/12345`.
    private static func wholeByteCount(_ head: HTTPResponseHead) -> Int? {
        head.headers["Content-Range"].flatMap { range in
            range.lastIndex(of: "/").flatMap { Int(range[$0...].dropFirst()) }
        }
    }

    private func beyond(_ range: Range<Int>, _ path: String, _ byteCount: Int?) -> StoreError {
        let found = byteCount.map { "it has \($0) bytes" } ?? "it has fewer"
        return StoreError(.notFound, "could not read bytes \(range) of \(path): \(found)")
    }

    public func status(of path: String) async throws -> ObjectStatus {
        let head = try await head(try S3Location(path))
        guard let byteCount = head.contentLength else {
            throw StoreError(
                .permission,
                "could not look at \(path): the answer does not say how large it is"
            )
        }
        return ObjectStatus(byteCount: byteCount, version: Self.version(head))
    }

    /// - Throws: ``StoreError`` `.notFound`.
    func head(_ location: S3Location) async throws -> HTTPResponseHead {
        let operation = S3Operation(
            method: .head,
            bucket: location.bucket,
            key: location.key,
            understood: [404],
            tried: "look at \(location.path)",
            action: "s3:GetObject"
        )
        let response = try await connection.send(operation)
        guard response.status != 404 else {
            throw StoreError(
                .notFound,
                "could not open \(location.path): there is no such object"
            )
        }
        return response.head
    }

    static func version(_ head: HTTPResponseHead) -> ObjectVersion {
        ObjectVersion(tag: head.headers["ETag"] ?? "")
    }

    public func delete(_ path: String) async throws {
        let location = try S3Location(path)
        let operation = S3Operation(
            method: .delete,
            bucket: location.bucket,
            key: location.key,
            tried: "delete \(path)",
            action: "s3:DeleteObject"
        )
        do {
            _ = try await connection.send(operation)
        } catch let error as StoreError where error.kind == .notFound {
            // Some servers say so; what is not there is as it should be.
        }
    }
}
