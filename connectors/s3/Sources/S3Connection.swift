internal import AWSSigning
internal import HTTPClient
internal import ObjectStore
internal import Synchronization

/// One request to S3 in its own words.
struct S3Operation: Sendable {
    var method: HTTPMethod
    var bucket: String
    var key: String?
    var query: [(String, String?)] = []
    var headers: HTTPHeaders = [:]
    var body: [UInt8] = []
    /// The largest answer that is taken.
    var answerBytesMax = 1 << 20
    /// Statuses beside the successes that the caller understands.
    var understood: Set<Int> = []
    /// Whether an answer with status 200 may be an error all the same.
    var mayFailWithSuccess = false
    /// Such as `read s3://bucket/key`.
    var tried: String
    /// What a policy has to allow for it.
    var action: String
    /// A request that may take the server long before it says a word.
    var isSlow = false
}

/// Sends requests to S3: signs them, and sends them again while that can help.
///
/// All that we ask of S3 may be asked twice: the callers see to it.
final class S3Connection: Sendable {
    let configuration: S3Configuration
    private let addressing: S3Addressing
    private let signer: AWSSigner
    /// Nil asks without a name.
    private let credentials: (any AWSCredentialsSource)?
    let client: HTTPClient
    private let surroundings: RetrySurroundings
    private let clockSeconds: @Sendable () -> Int
    /// What has to be added to our clock so that it is the server's.
    private let clockOffsetSeconds = Mutex(0)

    init(
        _ configuration: S3Configuration,
        credentials: (any AWSCredentialsSource)?,
        client: HTTPClient? = nil,
        surroundings: RetrySurroundings,
        clockSeconds: @escaping @Sendable () -> Int
    ) {
        self.configuration = configuration
        self.credentials = credentials
        self.surroundings = surroundings
        self.clockSeconds = clockSeconds
        addressing = S3Addressing(configuration)
        signer = .s3(region: configuration.region)
        self.client = client ?? HTTPClient(configuration.client)
    }

    /// Sends a request until it is answered with a success or a status that is understood.
    ///
    /// - Throws: ``StoreError``, `CancellationError`.
    func send(_ operation: S3Operation) async throws -> HTTPResponse {
        var repairs = Repairs()
        return try await configuration.retries.run(surroundings) { _ in
            try await attempt(operation, &repairs)
        }
    }

    /// What was put right once already and will not be twice.
    private struct Repairs {
        var hasSetClock = false
        var hasRenewedCredentials = false
    }

    private func attempt(
        _ operation: S3Operation,
        _ repairs: inout Repairs
    ) async throws -> RetryPolicy.Attempt<HTTPResponse> {
        let (request, used): (HTTPRequest, AWSCredentials?)
        do {
            (request, used) = try await signed(operation)
        } catch let error as AWSCredentialsError {
            return try Self.failed(operation, without: error)
        }
        let response: HTTPResponse
        do {
            response = try await client.send(request, bodyBytesMax: operation.answerBytesMax)
        } catch let error as HTTPError {
            let failure = Self.failure(error, operation)
            guard error.isPassing else { throw failure }
            return .failed(failure)
        }
        if operation.understood.contains(response.status) { return .done(response) }
        if response.isSuccess, !operation.mayFailWithSuccess { return .done(response) }
        let failure = S3Failure(response)
        if response.isSuccess, failure.code == nil { return .done(response) }
        let error = failure.storeError(operation.tried, action: operation.action)
        let wait = response.head.retryAfterMilliseconds(nowSeconds: clockSeconds())
        if failure.isPassing { return .failed(error, waitMilliseconds: wait) }
        if failure.isClockSkew, !repairs.hasSetClock, setClock(response) {
            repairs.hasSetClock = true
            return .failed(error)
        }
        if failure.isAboutCredentials, !repairs.hasRenewedCredentials, let used, let credentials {
            repairs.hasRenewedCredentials = true
            await credentials.discard(used)
            do {
                guard try await credentials.credentials() != used else { throw error }
            } catch let error as AWSCredentialsError {
                return try Self.failed(operation, without: error)
            }
            return .failed(error)
        }
        throw error
    }

    /// What becomes of a request for which there are no credentials.
    private static func failed(
        _ operation: S3Operation,
        without error: AWSCredentialsError
    ) throws(StoreError) -> RetryPolicy.Attempt<HTTPResponse> {
        let kind: StoreError.Kind = error.isRetryable ? .unavailable : .denied
        let failure = StoreError(kind, "could not \(operation.tried): \(error)")
        guard error.isRetryable else { throw failure }
        return .failed(failure)
    }

    private func signed(
        _ operation: S3Operation
    ) async throws -> (HTTPRequest, AWSCredentials?) {
        var timeouts = configuration.client.timeouts
        if operation.isSlow { timeouts.idleMilliseconds = max(timeouts.idleMilliseconds, 300_000) }
        var request = HTTPRequest(
            operation.method,
            addressing.url(
                bucket: operation.bucket,
                key: operation.key,
                query: operation.query
            ),
            headers: operation.headers,
            body: operation.body.isEmpty ? .none : .bytes(operation.body),
            isIdempotent: true,
            timeouts: timeouts
        )
        guard let credentials else { return (request, nil) }
        guard let used = try await credentials.credentials() else {
            throw AWSCredentialsError(
                "found no AWS credentials",
                remedy: "Set lake.s3.access-key and secret-key, or AWS_ACCESS_KEY_ID and"
                    + " AWS_SECRET_ACCESS_KEY; a public bucket needs lake.s3.anonymous: true"
            )
        }
        try signer.sign(
            &request,
            payload: .bytes(operation.body),
            credentials: used,
            atSeconds: clockSeconds() + clockOffsetSeconds.withLock { $0 }
        )
        return (request, used)
    }

    /// Takes the server's time for ours; false when it does not say it.
    private func setClock(_ response: HTTPResponse) -> Bool {
        guard let date = response.headers["Date"].flatMap(secondsSince1970(ofHTTPDate:)) else {
            return false
        }
        clockOffsetSeconds.withLock { $0 = date - clockSeconds() }
        return true
    }

    private static func failure(_ error: HTTPError, _ operation: S3Operation) -> StoreError {
        switch error.kind {
        case .unreachable, .timeout, .broken, .closed:
            StoreError(.unavailable, "could not \(operation.tried): \(error)")
        case .untrusted:
            StoreError(
                .permission,
                "could not \(operation.tried): \(error). Name the authority's file in"
                    + " lake.s3.ca-file"
            )
        case .invalidRequest, .tooLarge, .malformedResponse:
            StoreError(
                .permission,
                "could not \(operation.tried): \(error). Check lake.s3.endpoint"
            )
        }
    }
}
