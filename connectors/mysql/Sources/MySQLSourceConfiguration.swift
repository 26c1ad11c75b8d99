public import ChangeModel

/// Where a MySQL or MariaDB server is and what to replicate from it.
public struct MySQLSourceConfiguration: Sendable {
    /// What the pipeline file said; the server's own version decides how we speak to it, and a
    /// difference between the two is an error.
    public enum Flavor: String, Sendable {
        case mysql
        case mariadb
    }

    /// How the connection is encrypted, in the words of `?sslmode=`.
    public enum TLSMode: String, Sendable {
        case disabled
        /// TLS when the server offers it, without looking at its certificate.
        case preferred
        case required
        /// The client library checks the host name whenever it checks the certificate, so this is
        /// as strict as `verify-full`.
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    public var flavor: Flavor
    public var host: String
    public var port: UInt16
    public var user: String
    public var password: String
    /// A Unix socket to connect through instead of host and port.
    public var socketPath: String?
    /// `nil`: preferred, except on this machine's loopback addresses, where it is disabled.
    public var tlsMode: TLSMode?
    /// A file with the certificates that may sign the server's; `nil` for the system's.
    public var tlsAuthorityPath: String?
    public var pipelineName: String
    /// Must differ from every other replica's of this server.
    public var serverID: UInt32
    public var connectTimeoutSeconds: Int
    public var isChosen: @Sendable (SourceTableName) -> Bool

    public init(
        flavor: Flavor,
        host: String,
        port: UInt16 = 3306,
        user: String,
        password: String,
        socketPath: String? = nil,
        tlsMode: TLSMode? = nil,
        tlsAuthorityPath: String? = nil,
        pipelineName: String,
        serverID: UInt32? = nil,
        connectTimeoutSeconds: Int = 10,
        isChosen: @escaping @Sendable (SourceTableName) -> Bool
    ) {
        self.flavor = flavor
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.socketPath = socketPath
        self.tlsMode = tlsMode
        self.tlsAuthorityPath = tlsAuthorityPath
        self.pipelineName = pipelineName
        self.serverID = serverID ?? Self.serverID(ofPipeline: pipelineName)
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.isChosen = isChosen
    }

    /// A server id in the upper half of the numbers, which people who number replicas by hand
    /// leave alone; the same for the same pipeline, so that a second instance is noticed.
    public static func serverID(ofPipeline name: String) -> UInt32 {
        // FNV-1a, 32 bits.
        var hash: UInt32 = 2_166_136_261
        for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash | 0x8000_0000
    }

    /// How errors name the server: never with the user's password.
    var address: String { socketPath ?? "\(host):\(port)" }

    var effectiveTLSMode: TLSMode {
        if socketPath != nil { return .disabled }
        if let tlsMode { return tlsMode }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        return isLoopback ? .disabled : .preferred
    }
}
