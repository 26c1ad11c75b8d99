import Glibc
import Logging
import Pipeline
import Synchronization

/// Turns SIGTERM and SIGINT into a wish to stop; the second one ends the program at once.
///
/// The handler may do next to nothing, so it only writes the signal's number into a pipe; a thread
/// that reads the pipe does the rest. Blocking the signals and waiting for them is no way here: the
/// main thread of an asynchronous program is parked with all signals open.
func stopOnSignals(_ stop: StopSignal, log: Logger) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
        // Then signals keep their plain meaning: the next start goes on from the last commit.
        log.warning("cannot wait for signals; a signal ends the program at once")
        return
    }
    signalPipe.store(ends[1], ordering: .releasing)
    let waiter = SignalWaiter(stop: stop, log: log, pipe: ends[0])
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
    guard status == 0 else {
        log.warning("cannot wait for signals; a signal ends the program at once")
        return
    }
    pthread_detach(thread)
    for number in [SIGTERM, SIGINT] {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = passOn
        // Calls into the kernel go on where the handler interrupted them.
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }
}

/// The end of the pipe that the handler writes to.
private let signalPipe = Atomic<Int32>(-1)

/// The signal handler: async-signal-safe calls only.
private func passOn(_ number: Int32) {
    let errorBefore = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
    errno = errorBefore
}

private final class SignalWaiter: Sendable {
    private let stop: StopSignal
    private let log: Logger
    private let pipe: Int32

    init(stop: StopSignal, log: Logger, pipe: Int32) {
        self.stop = stop
        self.log = log
        self.pipe = pipe
    }

    func wait() {
        var number: UInt8 = 0
        while true {
            guard read(pipe, &number, 1) == 1 else { continue }
            // A shell tells such an end by 128 and the signal's number.
            if stop.isRequested { _exit(128 + Int32(number)) }
            stop.request()
            log.notice("stopping after the last commit; signal again to end at once")
        }
    }
}
