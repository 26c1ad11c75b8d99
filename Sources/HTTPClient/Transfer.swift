internal import Synchronization

/// What the event thread and the task that asked hand to each other for one request.
///
/// The thread puts in the answer and takes out the request's body; the task does the opposite.
/// Either can end it, the first one decides how.
final class Transfer: Sendable {
    /// What becomes of an answer's body.
    enum Delivery: Sendable {
        /// It is gathered; one with more bytes is refused.
        case whole(bytesMax: Int)
        /// It is taken out in pieces; while more than this is held the connection is not read.
        case stream(bytesHeldMax: Int)
    }

    let checked: CheckedRequest
    let timeouts: HTTPTimeouts
    let delivery: Delivery
    private let bodyBytesHeldMax: Int
    private let state: Mutex<State>

    struct State {
        var head: HTTPResponseHead?
        var inbox: [UInt8] = []
        var isReceivePaused = false
        var outbox: [[UInt8]] = []
        /// Bytes of the first piece that are gone already.
        var outboxOffset = 0
        var outboxByteCount = 0
        var isBodyComplete = false
        var isSendPaused = false
        var outcome: Result<Void, any Error>?
        /// The task that waits for the answer.
        var reader: CheckedContinuation<Void, Never>?
        /// The task that waits for room for the request's body.
        var feeder: CheckedContinuation<Void, Never>?
    }

    init(
        _ checked: CheckedRequest,
        timeouts: HTTPTimeouts,
        delivery: Delivery,
        bodyBytesHeldMax: Int
    ) {
        self.checked = checked
        self.timeouts = timeouts
        self.delivery = delivery
        self.bodyBytesHeldMax = bodyBytesHeldMax
        var state = State()
        switch checked.request.body {
        case .none: state.isBodyComplete = true
        case .bytes(let bytes):
            state.outbox = [bytes]
            state.outboxByteCount = bytes.count
            state.isBodyComplete = true
        case .stream: break
        }
        self.state = Mutex(state)
    }

    /// Ends it unless it has ended, and wakes whoever waits.
    func finish(_ outcome: Result<Void, any Error>) {
        let (reader, feeder) = state.withLock { state in
            guard state.outcome == nil else { return (nil, nil) as Waiters }
            state.outcome = outcome
            state.outbox = []
            state.outboxByteCount = 0
            return state.takeWaiters()
        }
        reader?.resume()
        feeder?.resume()
    }

    var isFinished: Bool { state.withLock { $0.outcome != nil } }

    /// Which directions wait for us, not for the server.
    var pauses: (receiving: Bool, sending: Bool) {
        state.withLock { ($0.isReceivePaused, $0.isSendPaused) }
    }
}

private typealias Waiters = (
    CheckedContinuation<Void, Never>?, CheckedContinuation<Void, Never>?
)

extension Transfer.State {
    fileprivate mutating func takeWaiters() -> Waiters { (reader.take(), feeder.take()) }
}

// MARK: - The event thread's side

extension Transfer {
    func deliver(_ head: HTTPResponseHead) {
        let reader = state.withLock { state in
            state.head = head
            if case .whole(let bytesMax) = delivery, let announced = head.contentLength {
                // What is only announced is not yet worth much memory.
                state.inbox.reserveCapacity(min(announced, bytesMax, Self.reserveBytesMax))
            }
            return state.reader.take()
        }
        reader?.resume()
    }

    private static let reserveBytesMax = 1 << 20

    enum Verdict { case taken, paused, tooLarge, finished }

    func deliver(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        let (verdict, reader): (Verdict, CheckedContinuation<Void, Never>?) = state.withLock {
            state in
            guard state.outcome == nil else { return (.finished, nil) }
            switch delivery {
            case .whole(let bytesMax):
                guard bytes.count <= bytesMax - state.inbox.count else { return (.tooLarge, nil) }
                state.inbox.append(contentsOf: bytes)
                return (.taken, nil)
            case .stream(let bytesHeldMax):
                guard state.inbox.isEmpty || bytes.count <= bytesHeldMax - state.inbox.count else {
                    state.isReceivePaused = true
                    return (.paused, nil)
                }
                state.inbox.append(contentsOf: bytes)
                return (.taken, state.reader.take())
            }
        }
        reader?.resume()
        return verdict
    }

    enum Filling: Equatable { case bytes(Int), paused, end, finished }

    /// Moves the next bytes of the request's body to `target`.
    func fill(_ target: UnsafeMutableRawBufferPointer) -> Filling {
        let (filling, feeder): (Filling, CheckedContinuation<Void, Never>?) = state.withLock {
            state in
            guard state.outcome == nil else { return (.finished, nil) }
            var filled = 0
            while filled < target.count, let piece = state.outbox.first {
                let count = min(target.count - filled, piece.count - state.outboxOffset)
                piece.withUnsafeBytes { source in
                    let start = state.outboxOffset
                    UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + count])
                        .copyMemory(
                            from: UnsafeRawBufferPointer(rebasing: source[start..<start + count])
                        )
                }
                filled += count
                state.outboxOffset += count
                guard state.outboxOffset == piece.count, !isRewindable else { break }
                state.outbox.removeFirst()
                state.outboxOffset = 0
                state.outboxByteCount -= piece.count
            }
            if filled > 0 { return (.bytes(filled), state.feeder.take()) }
            guard !state.isBodyComplete else { return (.end, nil) }
            state.isSendPaused = true
            return (.paused, state.feeder.take())
        }
        feeder?.resume()
        return filling
    }

    /// Whether the body is one array, which can be sent from its start again.
    private var isRewindable: Bool {
        if case .bytes = checked.request.body { return true }
        return false
    }

    /// Begins the body anew for a second connection; false when it is gone.
    func rewind() -> Bool {
        state.withLock { state in
            guard state.outcome == nil, isRewindable || state.isBodyComplete && isBodyEmpty else {
                return false
            }
            state.outboxOffset = 0
            return true
        }
    }

    private var isBodyEmpty: Bool { checked.request.body.byteCount == 0 }

    /// Forgets that it waited for us; true when it did.
    func takePauses() -> Bool {
        state.withLock { state in
            let wasPaused = state.isReceivePaused || state.isSendPaused
            state.isReceivePaused = false
            state.isSendPaused = false
            return wasPaused
        }
    }
}

// MARK: - The task's side

extension Transfer {
    /// Waits for the answer's beginning.
    func head() async throws -> HTTPResponseHead {
        while true {
            let answer: Result<HTTPResponseHead, any Error>? = state.withLock { state in
                if let head = state.head { return .success(head) }
                if case .failure(let error)? = state.outcome { return .failure(error) }
                return nil
            }
            if let answer { return try answer.get() }
            await wait { $0.head != nil || $0.outcome != nil }
        }
    }

    /// Takes out what has come of the body, waiting for the first byte; nil behind the last one.
    func nextPiece() async throws -> (bytes: [UInt8], wasPaused: Bool)? {
        while true {
            let answer: Result<([UInt8], Bool)?, any Error>? = state.withLock { state in
                if !state.inbox.isEmpty {
                    var bytes: [UInt8] = []
                    swap(&bytes, &state.inbox)
                    return .success((bytes, state.isReceivePaused))
                }
                return state.outcome.map { outcome in outcome.map { nil } }
            }
            if let answer { return try answer.get() }
            await wait { !$0.inbox.isEmpty || $0.outcome != nil }
        }
    }

    /// Waits for the end and takes out the whole body.
    func wholeBody() async throws -> [UInt8] {
        while true {
            let answer: Result<[UInt8], any Error>? = state.withLock { state in
                state.outcome.map { outcome in
                    outcome.map {
                        var bytes: [UInt8] = []
                        swap(&bytes, &state.inbox)
                        return bytes
                    }
                }
            }
            if let answer { return try answer.get() }
            await wait { $0.outcome != nil }
        }
    }

    /// Hands over bytes of the request's body when there is room for them.
    ///
    /// - Returns: nil when it has ended and no more are wanted, else whether the sending waits for
    ///   these bytes.
    func offer(_ bytes: [UInt8]) async -> Bool? {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.outcome != nil || state.outbox.isEmpty
                    || bytes.count <= bodyBytesHeldMax - state.outboxByteCount
                {
                    return true
                }
                state.feeder = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        return state.withLock { state in
            guard state.outcome == nil else { return nil }
            if !bytes.isEmpty {
                state.outbox.append(bytes)
                state.outboxByteCount += bytes.count
            }
            return state.isSendPaused
        }
    }

    /// Says that the request's body is whole; true when the sending waits for it.
    func completeBody() -> Bool {
        state.withLock { state in
            state.isBodyComplete = true
            return state.isSendPaused
        }
    }

    /// Suspends the task until something happened; it may be something else.
    private func wait(until isReady: @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if isReady(state) { return true }
                state.reader = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
