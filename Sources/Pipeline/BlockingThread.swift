import Glibc

/// Runs blocking work on a thread of its own and waits for it without holding a pool thread.
///
/// The client libraries of the sources block; on the cooperative pool two of them would stop the
/// whole program on a machine with two cores.
func onBlockingThread<Value: Sendable>(
    _ name: String,
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        startThread(name) {
            continuation.resume(with: Result { try body() })
        }
    }
}

/// Starts a detached thread.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, threadStackBytes)
    let status = pthread_create(
        &thread,
        &attributes,
        { argument in
            if let argument {
                Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        },
        box
    )
    pthread_attr_destroy(&attributes)
    precondition(status == 0, "could not start the thread \(name): error \(status)")
}

/// TLS and name resolution of the client libraries want more than the smallest stacks.
private let threadStackBytes = 4 << 20

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
