import CPQ
import Glibc
import SourceInterface

/// One connection to the server, over libpq.
///
/// `@unchecked Sendable`: used by one thread at a time. Connections that several threads may use
/// live behind a lock (``PostgresSource``).
final class PostgresConnection: @unchecked Sendable {
    enum Purpose {
        case queries
        /// Speaks the replication protocol; can run simple statements too.
        case replication
    }

    let handle: OpaquePointer
    private let target: String

    /// - Throws: ``SourceError`` `.connection`, `.permission` or `.configuration`.
    init(_ configuration: PostgresSourceConfiguration, purpose: Purpose = .queries) throws {
        target =
            "PostgreSQL database \(configuration.database) at "
            + "\(configuration.host):\(configuration.port) as \(configuration.user)"
        let parameters = Self.parameters(configuration, purpose: purpose)
        var keys: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0.0)) }
        var values: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0.1)) }
        defer {
            for copy in keys + values { free(UnsafeMutablePointer(mutating: copy)) }
        }
        keys.append(nil)
        values.append(nil)
        let connected = keys.withUnsafeBufferPointer { keys in
            values.withUnsafeBufferPointer { values in
                PQconnectdbParams(keys.baseAddress, values.baseAddress, 0)
            }
        }
        guard let connected else {
            throw SourceError(.connection, "could not connect to \(target): out of memory")
        }
        handle = connected
        guard PQstatus(handle) == CONNECTION_OK else {
            // `deinit` closes it: all properties have their values by now.
            let message = String(cString: PQerrorMessage(handle))
            throw ConnectFailure.sourceError(libraryMessage: message, target: target)
        }
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Known from 17 on only, so it cannot be a start-up option.
        if serverVersion >= 170_000, purpose == .queries {
            _ = try query("SET transaction_timeout = 0", doing: "set up the session")
        }
    }

    deinit { PQfinish(handle) }

    /// Such as 150020 for 15.20.
    var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// Whether the connection broke.
    var isBroken: Bool { PQstatus(handle) != CONNECTION_OK }

    /// Settings that make every value's text the same for every role, database and server.
    private static let sessionSettings = [
        "datestyle=ISO", "intervalstyle=postgres", "extra_float_digits=1", "timezone=UTC",
        "bytea_output=hex", "lc_monetary=C", "search_path=pg_catalog", "statement_timeout=0",
        "lock_timeout=0", "idle_in_transaction_session_timeout=0", "idle_session_timeout=0",
        "row_security=off", "default_transaction_read_only=off", "quote_all_identifiers=off",
        "standard_conforming_strings=on", "synchronous_commit=on",
    ]

    private static func parameters(
        _ configuration: PostgresSourceConfiguration,
        purpose: Purpose
    ) -> [(String, String)] {
        var options = sessionSettings.map { "-c \($0)" }.joined(separator: " ")
        if let given = configuration.parameters["options"] { options = given + " " + options }
        var parameters = [
            ("host", configuration.host), ("port", String(configuration.port)),
            ("user", configuration.user), ("dbname", configuration.database),
            ("connect_timeout", String(configuration.connectTimeoutSeconds)),
            ("application_name", "frazil \(configuration.pipelineName)"), ("keepalives_idle", "30"),
            ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ]
        if let password = configuration.password { parameters.append(("password", password)) }
        // Later ones win in libpq, so the user's come behind our defaults and before our musts.
        let reserved: Set<String> = ["options", "client_encoding", "replication", "dbname"]
        for (key, value) in configuration.parameters.sorted(by: { $0.key < $1.key })
        where !reserved.contains(key) {
            parameters.append((key, value))
        }
        parameters.append(("options", options))
        parameters.append(("client_encoding", "UTF8"))
        if purpose == .replication { parameters.append(("replication", "database")) }
        return parameters
    }

    /// Runs one statement and returns its rows as text.
    ///
    /// For catalogs and settings; rows of tables never come this way. `action` continues "could
    /// not" in the ``SourceError`` that is thrown.
    func query(
        _ sql: String,
        _ parameters: [String] = [],
        doing action: @autoclosure () -> String
    ) throws -> [[String?]] {
        do {
            return try rows(of: sql, parameters)
        } catch let failure as ServerFailure {
            throw failure.sourceError(doing: action())
        }
    }

    /// The same, throwing what the server said as it is.
    ///
    /// - Throws: ``ServerFailure``.
    func rows(of sql: String, _ parameters: [String] = []) throws -> [[String?]] {
        let result: OpaquePointer?
        if parameters.isEmpty {
            result = PQexec(handle, sql)
        } else {
            var copies: [UnsafePointer<CChar>?] = parameters.map { UnsafePointer(strdup($0)) }
            defer { for copy in copies { free(UnsafeMutablePointer(mutating: copy)) } }
            copies.append(nil)
            result = copies.withUnsafeBufferPointer {
                PQexecParams(handle, sql, Int32(parameters.count), nil, $0.baseAddress, nil, nil, 0)
            }
        }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            throw failure(of: result)
        }
        return Self.rows(in: result)
    }

    private static func rows(in result: OpaquePointer?) -> [[String?]] {
        let columnCount = PQnfields(result)
        return (0..<PQntuples(result)).map { row in
            (0..<columnCount).map { column in
                guard PQgetisnull(result, row, column) == 0,
                    let text = PQgetvalue(result, row, column)
                else { return nil }
                return String(cString: text)
            }
        }
    }

    /// What went wrong, of a result or, without one, of the connection.
    func failure(of result: OpaquePointer?) -> ServerFailure {
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map {
            String(cString: $0)
        }
        let primary = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map {
            String(cString: $0)
        }
        let message =
            primary ?? ConnectFailure.firstSentence(String(cString: PQerrorMessage(handle)))
        return ServerFailure(
            state: state ?? "",
            message: message,
            isConnectionLost: isBroken || (state ?? "").isEmpty
        )
    }
}
