import Glibc

/// A queue from one blocking thread to one task, bounded by the bytes of its elements.
///
/// The producer waits on a condition variable of its own thread when the queue is full; that is the
/// back-pressure that reaches the source's socket. The consumer suspends.
///
/// `@unchecked Sendable`: all state is guarded by `mutex`.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasRoom = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [(element: Element, bytes: Int)] = []
    private var head = 0
    private var bytes = 0
    private let bytesMax: Int
    private var waiter: CheckedContinuation<Element?, any Error>?
    private var isClosed = false
    private var failure: (any Error)?

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(hasRoom, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(hasRoom)
        mutex.deallocate()
        hasRoom.deallocate()
    }

    enum Answer { case taken, full, closed }

    /// Puts an element in, waiting at most `timeoutMilliseconds` for room.
    ///
    /// One element always
    /// fits into an empty queue, however large it is.
    func offer(_ element: Element, bytes elementBytes: Int, timeoutMilliseconds: Int) -> Answer {
        pthread_mutex_lock(mutex)
        let deadline = Self.deadline(afterMilliseconds: timeoutMilliseconds)
        while !isClosed, bytes > 0, bytes + elementBytes > bytesMax {
            var until = deadline
            if pthread_cond_timedwait(hasRoom, mutex, &until) == ETIMEDOUT {
                pthread_mutex_unlock(mutex)
                return .full
            }
        }
        if isClosed {
            pthread_mutex_unlock(mutex)
            return .closed
        }
        if let waiting = waiter {
            waiter = nil
            pthread_mutex_unlock(mutex)
            waiting.resume(returning: element)
            return .taken
        }
        elements.append((element, elementBytes))
        bytes += elementBytes
        pthread_mutex_unlock(mutex)
        return .taken
    }

    /// The next element; nil when the queue was closed and is empty.
    func next() async throws -> Element? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                deliver(to: continuation)
            }
        } onCancel: {
            close(nil)
        }
    }

    private func deliver(to continuation: CheckedContinuation<Element?, any Error>) {
        pthread_mutex_lock(mutex)
        if head < elements.count {
            let (element, elementBytes) = elements[head]
            head += 1
            bytes -= elementBytes
            if head == elements.count {
                elements.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 64, head * 2 > elements.count {
                elements.removeFirst(head)
                head = 0
            }
            pthread_cond_signal(hasRoom)
            pthread_mutex_unlock(mutex)
            continuation.resume(returning: element)
            return
        }
        if isClosed {
            let failure = failure
            pthread_mutex_unlock(mutex)
            if let failure {
                continuation.resume(throwing: failure)
            } else {
                continuation.resume(returning: nil)
            }
            return
        }
        waiter = continuation
        pthread_mutex_unlock(mutex)
    }

    /// Ends the queue: elements inside are still delivered, then the failure or nil.
    func close(_ failure: (any Error)?) {
        pthread_mutex_lock(mutex)
        if isClosed {
            pthread_mutex_unlock(mutex)
            return
        }
        isClosed = true
        self.failure = failure
        let waiting = waiter
        waiter = nil
        pthread_cond_broadcast(hasRoom)
        pthread_mutex_unlock(mutex)
        if let failure {
            waiting?.resume(throwing: failure)
        } else {
            waiting?.resume(returning: nil)
        }
    }

    /// Drops what is inside and refuses all further offers; for a consumer that gives up.
    func abandon() {
        pthread_mutex_lock(mutex)
        isClosed = true
        elements.removeAll()
        head = 0
        bytes = 0
        let waiting = waiter
        waiter = nil
        pthread_cond_broadcast(hasRoom)
        pthread_mutex_unlock(mutex)
        waiting?.resume(returning: nil)
    }

    private static func deadline(afterMilliseconds milliseconds: Int) -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let nanoseconds = now.tv_nsec + (milliseconds % 1000) * 1_000_000
        return timespec(
            tv_sec: now.tv_sec + milliseconds / 1000 + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000
        )
    }
}
