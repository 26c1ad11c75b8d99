import Glibc
import Logging
import Pipeline

/// Turns SIGTERM and SIGINT into a wish to stop; the second one ends the program at once.
///
/// Must be called before any other thread is made: threads inherit that the signals are blocked,
/// and only the thread that waits for them sees them.
func stopOnSignals(_ stop: StopSignal, log: Logger) {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waiter = SignalWaiter(stop: stop, log: log, signals: signals)
    var thread = pthread_t()
    let status = pthread_create(
        &thread,
        nil,
        { pointer in
            if let pointer {
                Unmanaged<SignalWaiter>.fromOpaque(pointer).takeRetainedValue().wait()
            }
            return nil
        },
        Unmanaged.passRetained(waiter).toOpaque()
    )
    if status == 0 {
        pthread_detach(thread)
    } else {
        // Without the thread the signals keep their plain meaning: the program ends, and starts
        // again from its last commit.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}

private final class SignalWaiter: Sendable {
    private let stop: StopSignal
    private let log: Logger
    private let signals: sigset_t

    init(stop: StopSignal, log: Logger, signals: sigset_t) {
        self.stop = stop
        self.log = log
        self.signals = signals
    }

    func wait() {
        var signals = signals
        while true {
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            // A shell tells such an end by 128 and the signal's number.
            if stop.isRequested { _exit(128 + number) }
            stop.request()
            log.notice("stopping after the last commit; signal again to end at once")
        }
    }
}
