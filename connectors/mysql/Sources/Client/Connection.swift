internal import CMySQLClient
internal import SourceInterface

/// One connection to the server, used by one thread at a time.
///
/// `@unchecked Sendable`: whoever opens it hands it to one thread; only ``unblock()`` is called
/// from another, and that touches nothing but the socket's number.
final class Connection: @unchecked Sendable {
    /// The largest event or row that the protocol can carry.
    static let packetBytesMax = 1 << 30
    static let writeTimeoutSeconds = 60

    let address: String
    let serverVersion: String
    private var handle: OpaquePointer?

    init(
        to configuration: MySQLSourceConfiguration,
        readTimeoutSeconds: Int
    ) throws(SourceError) {
        address = configuration.address
        let mode = configuration.effectiveTLSMode
        var attempt = Self.open(configuration, mode, readTimeoutSeconds)
        if attempt.handle == nil, mode == .preferred, attempt.number == ClientError.tlsFailed {
            attempt = Self.open(configuration, .disabled, readTimeoutSeconds)
        }
        guard let handle = attempt.handle else {
            throw ClientError.ofConnecting(configuration, attempt.number, attempt.text)
        }
        self.handle = handle
        serverVersion = String(cString: frazil_mysql_server_version(handle))
    }

    deinit { close() }

    func close() {
        frazil_mysql_close(handle)
        handle = nil
    }

    /// Makes a read that blocks on another thread fail.
    func unblock() {
        if let handle { frazil_mysql_unblock(handle) }
    }

    private static func open(
        _ configuration: MySQLSourceConfiguration,
        _ mode: MySQLSourceConfiguration.TLSMode,
        _ readTimeoutSeconds: Int
    ) -> (handle: OpaquePointer?, number: UInt32, text: String) {
        var options = frazil_mysql_options()
        options.port = UInt32(configuration.port)
        options.connect_timeout_seconds = UInt32(max(configuration.connectTimeoutSeconds, 1))
        options.read_timeout_seconds = UInt32(readTimeoutSeconds)
        options.write_timeout_seconds = UInt32(writeTimeoutSeconds)
        options.packet_bytes_max = UInt(packetBytesMax)
        options.tls =
            switch mode {
            case .disabled: Int32(FRAZIL_MYSQL_TLS_OFF)
            case .preferred: Int32(FRAZIL_MYSQL_TLS_PREFERRED)
            case .required: Int32(FRAZIL_MYSQL_TLS_REQUIRED)
            case .verifyCA, .verifyFull: Int32(FRAZIL_MYSQL_TLS_VERIFY)
            }
        var number: UInt32 = 0
        var text = [CChar](repeating: 0, count: 512)
        let handle = configuration.host.withCString { host in
            configuration.user.withCString { user in
                configuration.password.withCString { password in
                    withOptionalCString(configuration.socketPath) { socketPath in
                        withOptionalCString(configuration.tlsAuthorityPath) { authorityPath in
                            options.host = host
                            options.user = user
                            options.password = password
                            options.socket_path = socketPath
                            options.authority_path = authorityPath
                            return frazil_mysql_connect(&options, &number, &text, text.count)
                        }
                    }
                }
            }
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return (handle, number, String(decoding: bytes, as: UTF8.self))
    }

    private static func withOptionalCString<Result>(
        _ text: String?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }

    // MARK: Statements whose result is small

    /// Runs a statement and returns its rows as text; `nil` is SQL NULL.
    ///
    /// The purpose stands in the error: `read the list of tables`.
    @discardableResult
    func query(_ sql: String, to purpose: String) throws(SourceError) -> [[String?]] {
        guard let handle else { throw ClientError.closed(address, purpose) }
        var sql = sql
        let failed = sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                frazil_mysql_query(handle, text.baseAddress, text.count)
            }
        }
        guard failed == 0 else { throw lastError(purpose) }
        var rows: [[String?]] = []
        var values: UnsafePointer<UnsafePointer<CChar>?>?
        var lengths: UnsafePointer<UInt>?
        while true {
            let count = frazil_mysql_next_row(handle, &values, &lengths)
            guard count > 0, let values, let lengths else { break }
            rows.append((0..<Int(count)).map { Self.text(values[$0], lengths[$0]) })
        }
        return rows
    }

    private static func text(_ value: UnsafePointer<CChar>?, _ length: UInt) -> String? {
        guard let value else { return nil }
        let bytes = UnsafeRawBufferPointer(start: value, count: Int(length))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The one value of a statement that gives one row with one column.
    func value(_ sql: String, to purpose: String) throws(SourceError) -> String? {
        try query(sql, to: purpose).first?.first ?? nil
    }

    /// What the last call failed with.
    func lastError(_ purpose: String) -> SourceError {
        guard let handle else { return ClientError.closed(address, purpose) }
        return ClientError.ofServer(
            frazil_mysql_error_number(handle),
            String(cString: frazil_mysql_error_text(handle)),
            address: address,
            purpose: purpose
        )
    }

    var lastErrorNumber: UInt32 { handle.map { frazil_mysql_error_number($0) } ?? 0 }
    var lastErrorText: String {
        handle.map { String(cString: frazil_mysql_error_text($0)) } ?? "the connection is closed"
    }

    // MARK: Raw packets

    func send(_ command: Command, _ argument: [UInt8], to purpose: String) throws(SourceError) {
        guard let handle else { throw ClientError.closed(address, purpose) }
        let failed = argument.withUnsafeBufferPointer {
            frazil_mysql_command(handle, command.rawValue, $0.baseAddress, $0.count)
        }
        if failed != 0 { throw lastError(purpose) }
    }

    /// Reads one packet; the bytes are valid until the next read.
    ///
    /// - Returns: `nil` at the end of the rows or of the dump.
    func readPacket(_ purpose: String) throws(SourceError) -> UnsafeRawBufferPointer? {
        guard let handle else { throw ClientError.closed(address, purpose) }
        var bytes: UnsafePointer<UInt8>?
        var length = 0
        let answer = frazil_mysql_read_packet(handle, &bytes, &length)
        if answer < 0 { throw lastError(purpose) }
        return answer == 0 ? nil : UnsafeRawBufferPointer(start: bytes, count: length)
    }

    /// Whether bytes can be read now or come within the time.
    func hasData(withinMilliseconds timeout: Int) -> Bool {
        guard let handle else { return true }
        return frazil_mysql_wait(handle, Int32(clamping: timeout)) != 0
    }

    // MARK: Statements whose rows are read as packets

    /// Executes a statement in the binary protocol and returns its columns; the rows follow as
    /// packets until `readPacket` gives `nil`, and then ``closeStatement()`` is due.
    func openStatement(_ sql: String, to purpose: String) throws(SourceError) -> [ResultColumn] {
        guard let handle else { throw ClientError.closed(address, purpose) }
        var sql = sql
        let failed = sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                frazil_mysql_statement_open(handle, text.baseAddress, text.count)
            }
        }
        guard failed == 0 else { throw lastError(purpose) }
        var columns: [ResultColumn] = []
        var column = frazil_mysql_column()
        for index in 0..<frazil_mysql_statement_column_count(handle) {
            guard frazil_mysql_statement_column(handle, index, &column) == 0 else { break }
            columns.append(ResultColumn(column))
        }
        return columns
    }

    func closeStatement() {
        if let handle { frazil_mysql_statement_close(handle) }
    }
}

/// A command byte of the client protocol.
enum Command: Int32 {
    case binlogDump = 0x12
    case registerReplica = 0x15
    case binlogDumpGTID = 0x1E
}

/// A column of a result set as the server describes it.
struct ResultColumn {
    var name: String
    /// A `MYSQL_TYPE_` number.
    var type: UInt8
    var collation: Int
    var isUnsigned: Bool
    /// Fractional digits of numbers and seconds.
    var decimals: Int

    private static let unsignedFlag: UInt32 = 32

    init(name: String, type: UInt8, collation: Int, isUnsigned: Bool, decimals: Int) {
        self.name = name
        self.type = type
        self.collation = collation
        self.isUnsigned = isUnsigned
        self.decimals = decimals
    }

    init(_ column: frazil_mysql_column) {
        let bytes = UnsafeRawBufferPointer(start: column.name, count: Int(column.name_length))
        name = String(decoding: bytes, as: UTF8.self)
        type = UInt8(truncatingIfNeeded: column.type)
        collation = Int(column.collation)
        isUnsigned = column.flags & Self.unsignedFlag != 0
        decimals = Int(column.decimals)
    }
}
