import Glibc
import Synchronization

/// A server on the loopback that does on each connection what a script says, byte by byte.
///
/// It ends with its last reference; connections that are still open are shut down then.
public final class ScriptedServer: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let state: SharedState

    final class SharedState: Sendable {
        let connections = Mutex<[ServerConnection]>([])
    }

    /// - `script`: Runs on a thread of its own for each connection; the connection is closed when
    ///   it returns or throws.
    public init(_ script: @escaping @Sendable (ServerConnection) throws -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                bind(listener, plain, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, plain, &length) == 0
            }
        }
        guard isBound else { throw ServerFault("could not listen: error \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        let state = SharedState()
        self.state = state
        onThread {
            // Closed by nobody else: a number that is free again may be another server's.
            defer { close(listener) }
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                let connection = state.connections.withLock { connections in
                    let made = ServerConnection(descriptor, number: connections.count)
                    connections.append(made)
                    return made
                }
                onThread {
                    try? script(connection)
                    connection.close()
                }
            }
        }
    }

    deinit {
        // Also lets an accept fail that begins only now.
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in state.connections.withLock({ $0 }) { connection.shutDown() }
    }

    /// `http://127.0.0.1:port`, without a slash at its end.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// How many connections were made so far.
    public var connectionCount: Int { state.connections.withLock { $0.count } }
}

public struct ServerFault: Error, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let status = pthread_create(
        &thread,
        nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        },
        Unmanaged.passRetained(Box(body)).toOpaque()
    )
    precondition(status == 0, "could not start a thread: error \(status)")
    pthread_detach(thread)
}
