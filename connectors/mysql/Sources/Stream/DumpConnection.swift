internal import SourceInterface

/// A connection that the server sends its log through.
struct DumpConnection {
    /// Also how soon an idle stream notices that its sink was closed.
    static let heartbeatMilliseconds = 250
    /// Without a heartbeat for so long the connection is taken for broken.
    static let readTimeoutSeconds = 10
    static let copyAnew =
        "Keep binary logs longer (binlog_expire_logs_seconds), drop the tables from the lake, and"
        + " start the pipeline again, so that they are copied anew"

    let connection: Connection
    let dialect: Dialect
    /// Whether events end with a checksum, until the first format description says so itself.
    let hasChecksums: Bool

    /// Asks for the log behind `position`.
    init(
        _ configuration: MySQLSourceConfiguration,
        from position: LogPosition
    ) throws(SourceError) {
        let session = try ServerSession(
            configuration,
            readTimeoutSeconds: Self.readTimeoutSeconds
        )
        connection = session.connection
        dialect = session.dialect
        let algorithm = try connection.value(
            "SELECT @@GLOBAL.binlog_checksum",
            to: "read binlog_checksum"
        )
        hasChecksums = algorithm != "NONE"
        let heartbeatNanoseconds = Self.heartbeatMilliseconds * 1_000_000
        try set("@master_binlog_checksum = @@GLOBAL.binlog_checksum")
        try set("@master_heartbeat_period = \(heartbeatNanoseconds)")
        switch position {
        case .mysql(let executed): try request(executed, configuration)
        case .mariadb(let domains): try request(domains, configuration)
        }
    }

    private func set(_ assignment: String) throws(SourceError) {
        try connection.query("SET \(assignment)", to: "prepare reading the log")
    }

    /// MySQL: the set of what we have goes with the command.
    private func request(
        _ executed: GTIDSet,
        _ configuration: MySQLSourceConfiguration
    ) throws(SourceError) {
        let uuid = Self.replicaUUID(serverID: configuration.serverID)
        try set("@slave_uuid = '\(uuid)', @replica_uuid = '\(uuid)'")
        let throughGTID: UInt16 = 4
        let encoded = executed.encoded()
        var argument: [UInt8] = []
        append(throughGTID, to: &argument)
        append(configuration.serverID, to: &argument)
        append(UInt32(0), to: &argument)
        append(UInt64(4), to: &argument)
        append(UInt32(encoded.count), to: &argument)
        argument.append(contentsOf: encoded)
        try connection.send(.binlogDumpGTID, argument, to: "read the log")
    }

    /// MariaDB: what we have goes into a session variable.
    private func request(
        _ domains: DomainPosition,
        _ configuration: MySQLSourceConfiguration
    ) throws(SourceError) {
        try set("@mariadb_slave_capability = 4")
        try set("@slave_connect_state = '\(domains)'")
        try set("@slave_gtid_strict_mode = 1")
        try set("@slave_gtid_ignore_duplicates = 0")
        var argument: [UInt8] = []
        append(UInt32(4), to: &argument)
        append(UInt16(0), to: &argument)
        append(configuration.serverID, to: &argument)
        try connection.send(.binlogDump, argument, to: "read the log")
    }

    private func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A UUID of our own; a second dump under the same one makes the server end the first.
    static func replicaUUID(serverID: UInt32) -> String {
        uuidText(0x6672_617A_696C_4000_8000_0000_0000_0000 | UInt128(serverID))
    }

    /// Reads the next event, without the status byte in front.
    func readEvent() throws(SourceError) -> UnsafeRawBufferPointer {
        let packet: UnsafeRawBufferPointer?
        do throws(SourceError) {
            packet = try connection.readPacket("read the log")
        } catch {
            throw classify(error)
        }
        guard let packet, packet.count > 1, packet[0] == 0 else {
            throw SourceError(
                .connection,
                "could not read the log on \(connection.address): the server ended it"
            )
        }
        return UnsafeRawBufferPointer(rebasing: packet[1...])
    }

    /// One error number stands for everything that can be wrong with a position.
    private func classify(_ error: SourceError) -> SourceError {
        var text = connection.lastErrorText
        while text.hasSuffix(".") || text.hasSuffix(" ") { text.removeLast() }
        let lowercased = text.lowercased()
        if lowercased.contains("same server_uuid") || lowercased.contains("same server_id")
            || lowercased.contains("same uuid")
        {
            return SourceError(
                .configuration,
                "another replica with our server id reads the log: \(text)",
                remedy: "Stop the other instance of this pipeline, or give this one a server-id"
            )
        }
        guard connection.lastErrorNumber == ClientError.sourceFatalReadingLog else { return error }
        if lowercased.contains("max_allowed_packet") {
            return SourceError(
                .configuration,
                "could not read the log: \(text)",
                remedy: "Raise max_allowed_packet on the server"
            )
        }
        return SourceError(
            .positionLost,
            "the server cannot continue the log from our position: \(text)",
            remedy: Self.copyAnew
        )
    }
}
