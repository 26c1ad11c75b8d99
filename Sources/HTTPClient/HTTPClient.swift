internal import Synchronization

/// Sends HTTP requests over connections that are kept and shared.
///
/// Nothing is sent twice behind the caller's back but what is idempotent, redirects are answers like
/// any other, and certificates are checked unless the configuration says otherwise. One thread does
/// the work of all requests (decision 0011); it ends with the client.
public final class HTTPClient: Sendable {
    public let configuration: HTTPClientConfiguration
    private let loop: EventLoop

    public init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = configuration
        loop = EventLoop(configuration)
    }

    deinit { loop.stop() }

    /// Sends a request and returns its whole answer, whatever its status is.
    ///
    /// - `bodyBytesMax`: A larger answer is refused, at the latest when that much has come.
    /// - Throws: ``HTTPError``, `CancellationError`, or what the body's stream throws.
    public func send(_ request: HTTPRequest, bodyBytesMax: Int) async throws -> HTTPResponse {
        try await perform(request, .whole(bytesMax: bodyBytesMax)) { transfer in
            let body = try await transfer.wholeBody()
            return HTTPResponse(head: try await transfer.head(), body: body)
        }
    }

    /// Sends a request and hands its answer to `use` as soon as it begins.
    ///
    /// What `use` has not read when it returns is dropped, with the connection.
    /// - Throws: ``HTTPError``, `CancellationError`, or what `use` or the body's stream throws.
    public func withResponse<Result>(
        to request: HTTPRequest,
        _ use: (HTTPResponseStream) async throws -> Result
    ) async throws -> Result {
        let bytesHeldMax = configuration.streamBytesMax
        return try await perform(request, .stream(bytesHeldMax: bytesHeldMax)) { transfer in
            let head = try await transfer.head()
            return try await use(HTTPResponseStream(head: head, transfer: transfer, loop: loop))
        }
    }

    private func perform<Result>(
        _ request: HTTPRequest,
        _ delivery: Transfer.Delivery,
        _ use: (Transfer) async throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let transfer = Transfer(
            try CheckedRequest(request),
            timeouts: request.timeouts ?? configuration.timeouts,
            delivery: delivery,
            bodyBytesHeldMax: configuration.streamBytesMax
        )
        return try await withTaskCancellationHandler {
            loop.start(transfer)
            guard case .stream(let byteCount, let next) = request.body else {
                defer { loop.drop(transfer, because: CancellationError()) }
                return try await use(transfer)
            }
            let feeder = BodyFeeder(transfer: transfer, loop: loop, byteCount: byteCount)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await feeder.feed(next) }
                defer {
                    loop.drop(transfer, because: CancellationError())
                    group.cancelAll()
                }
                return try await use(transfer)
            }
        } onCancel: {
            loop.drop(transfer, because: CancellationError())
        }
    }
}

/// An answer whose body is still coming; for one task.
public struct HTTPResponseStream {
    public let head: HTTPResponseHead
    let transfer: Transfer
    let loop: EventLoop

    /// The next bytes of the body, at least one; nil behind the last one.
    ///
    /// While nobody asks the connection is not read beyond `streamBytesMax`.
    /// - Throws: ``HTTPError`` when the answer ends before its end.
    public func next() async throws -> [UInt8]? {
        guard let (bytes, wasPaused) = try await transfer.nextPiece() else { return nil }
        if wasPaused { loop.resume(transfer) }
        return bytes
    }
}

/// Moves a request's body from its stream to the connection, as fast as that takes it.
private struct BodyFeeder {
    let transfer: Transfer
    let loop: EventLoop
    let byteCount: Int?

    func feed(_ next: () async throws -> [UInt8]?) async {
        do {
            var count = 0
            while let bytes = try await next() {
                count += bytes.count
                if let byteCount, count >= byteCount {
                    // The server may answer as soon as it has the announced bytes: what is too
                    // much has to be found before.
                    while count == byteCount, let more = try await next() { count += more.count }
                }
                if let byteCount, count > byteCount { throw wrongCount(count, byteCount) }
                guard let isAwaited = await transfer.offer(bytes) else { return }
                if isAwaited { loop.resume(transfer) }
            }
            if let byteCount, count < byteCount { throw wrongCount(count, byteCount) }
            if transfer.completeBody() { loop.resume(transfer) }
        } catch {
            loop.drop(transfer, because: error)
        }
    }

    private func wrongCount(_ found: Int, _ byteCount: Int) -> HTTPError {
        HTTPError(
            .invalidRequest,
            sent: .maybe,
            "\(transfer.checked.purpose): its body has \(found) instead of \(byteCount) bytes"
        )
    }
}
