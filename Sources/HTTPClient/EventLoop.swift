internal import CCurl
internal import Glibc
internal import Synchronization

/// The one thread that moves the bytes of all requests of a client.
///
/// `@unchecked Sendable`: `mailbox` is guarded by its lock, everything else belongs to the thread.
final class EventLoop: @unchecked Sendable {
    private let configuration: HTTPClientConfiguration
    private let multi: UnsafeMutableRawPointer
    private let mailbox = Mutex(Mailbox())
    private var active: [ObjectIdentifier: Exchange] = [:]
    /// Those that wait for their turn, from `waitingStart` on.
    private var waiting: [Transfer] = []
    private var waitingStart = 0

    private enum Command {
        case start(Transfer)
        case drop(Transfer)
        case resume(Transfer)
    }

    private struct Mailbox {
        var commands: [Command] = []
        var isStopping = false
        /// The library's handle is gone; nobody may wake it.
        var isStopped = false
    }

    init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        multi = startLibrary()
        frazil_curl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, configuration.idleConnectionsMax)
        startThread { self.run() }
    }

    func start(_ transfer: Transfer) { send(.start(transfer)) }

    /// Ends a request that is still under way; its connection is closed with it.
    func drop(_ transfer: Transfer, because error: any Error) {
        guard !transfer.isFinished else { return }
        transfer.finish(.failure(error))
        send(.drop(transfer))
    }

    /// Lets a request go on that waited for us.
    func resume(_ transfer: Transfer) { send(.resume(transfer)) }

    /// Ends all requests, closes all connections and lets the thread end.
    func stop() {
        mailbox.withLock { mailbox in
            mailbox.isStopping = true
            if !mailbox.isStopped { curl_multi_wakeup(multi) }
        }
    }

    private func send(_ command: Command) {
        let isOpen = mailbox.withLock { mailbox in
            guard !mailbox.isStopping else { return false }
            mailbox.commands.append(command)
            // Under the lock, so that the handle cannot go away meanwhile.
            curl_multi_wakeup(multi)
            return true
        }
        if !isOpen, case .start(let transfer) = command {
            transfer.finish(.failure(closed(transfer)))
        }
    }

    private func closed(_ transfer: Transfer) -> HTTPError {
        HTTPError(.closed, sent: .maybe, "\(transfer.checked.purpose): the client was shut down")
    }
}

// MARK: - The thread

extension EventLoop {
    private func run() {
        while true {
            let (commands, isStopping) = mailbox.withLock { mailbox in
                var commands: [Command] = []
                swap(&commands, &mailbox.commands)
                return (commands, mailbox.isStopping)
            }
            for command in commands { perform(command) }
            if isStopping { break }
            startWaiting()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            reap()
            let left = expire()
            startWaiting()
            curl_multi_poll(multi, nil, 0, Int32(clamping: min(left, Self.pollMilliseconds)), nil)
        }
        finish()
    }

    private static let pollMilliseconds = 60_000

    private func perform(_ command: Command) {
        switch command {
        case .start(let transfer): waiting.append(transfer)
        case .drop(let transfer):
            if let exchange = active.removeValue(forKey: ObjectIdentifier(transfer)) {
                curl_multi_remove_handle(multi, exchange.easy)
            }
        case .resume(let transfer): active[ObjectIdentifier(transfer)]?.resume()
        }
    }

    private func startWaiting() {
        while waitingStart < waiting.count, active.count < configuration.requestsMax {
            let transfer = waiting[waitingStart]
            waitingStart += 1
            if !transfer.isFinished { begin(transfer) }
        }
        if waitingStart == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            waitingStart = 0
        } else if waitingStart > 1024 {
            waiting.removeFirst(waitingStart)
            waitingStart = 0
        }
    }

    private func begin(_ transfer: Transfer) {
        do throws(HTTPError) {
            let exchange = try Exchange(transfer, configuration)
            let code = curl_multi_add_handle(multi, exchange.easy)
            guard code == CURLM_OK else {
                let text = String(cString: curl_multi_strerror(code))
                throw HTTPError(.closed, sent: .no, "\(transfer.checked.purpose): \(text)")
            }
            active[ObjectIdentifier(transfer)] = exchange
        } catch {
            transfer.finish(.failure(error))
        }
    }

    /// Ends the requests that the library is through with.
    private func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE,
                let exchange = Exchange.from(frazil_curl_private(message.pointee.easy_handle))
            else { continue }
            let failure = exchange.outcome(message.pointee.data.result)
            end(exchange, failure.map { .failure($0) } ?? .success(()))
        }
    }

    private func end(_ exchange: Exchange, _ outcome: Result<Void, any Error>) {
        curl_multi_remove_handle(multi, exchange.easy)
        active[ObjectIdentifier(exchange.transfer)] = nil
        exchange.transfer.finish(outcome)
    }

    /// Ends the requests whose time is over; the milliseconds until the next one's is.
    private func expire() -> Int {
        let now = monotonicMilliseconds()
        var least = Int.max
        var expired: [(Exchange, HTTPError)] = []
        for exchange in active.values {
            switch exchange.expiry(at: now) {
            case .success(let left): least = min(least, left)
            case .failure(let error): expired.append((exchange, error))
            }
        }
        for (exchange, error) in expired { end(exchange, .failure(error)) }
        return least
    }

    private func finish() {
        let unread = mailbox.withLock { mailbox in
            mailbox.isStopped = true
            return mailbox.commands
        }
        for case .start(let transfer) in unread { transfer.finish(.failure(closed(transfer))) }
        for transfer in waiting[waitingStart...] { transfer.finish(.failure(closed(transfer))) }
        for exchange in active.values { end(exchange, .failure(closed(exchange.transfer))) }
        curl_multi_cleanup(multi)
    }
}

/// Starts the library once in the process, and a handle for one thread.
private func startLibrary() -> UnsafeMutableRawPointer {
    _ = libraryStarted
    guard let multi = curl_multi_init() else { fatalError("no memory for the HTTP client") }
    return multi
}

private let libraryStarted: Void = {
    curl_global_init(Int(CURL_GLOBAL_ALL))
}()

private func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    let status = pthread_create(
        &thread,
        nil,
        { argument in
            // TLS may write to a connection that the server closed; that is no reason to die.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            if let argument {
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        },
        box
    )
    precondition(status == 0, "could not start the HTTP client's thread: error \(status)")
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
