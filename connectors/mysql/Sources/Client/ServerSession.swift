internal import SourceInterface

/// What kind of server answers, from its own version text.
enum Dialect: String, Sendable {
    case mysql = "MySQL"
    case mariadb = "MariaDB"

    init(serverVersion: String) {
        self = serverVersion.lowercased().contains("mariadb") ? .mariadb : .mysql
    }

    /// A query for the GTIDs of everything in the log.
    var headQuery: String {
        switch self {
        case .mysql: "SELECT @@GLOBAL.gtid_executed"
        case .mariadb: "SELECT @@GLOBAL.gtid_binlog_pos"
        }
    }
}

/// Opens connections and sets their sessions up.
struct ServerSession {
    /// How long a statement may take before the server's silence counts as a broken connection.
    static let statementTimeoutSeconds = 3_600
    /// How long the server may wait for us; snapshot connections idle between ranges.
    static let idleTimeoutSeconds = 2_000_000

    let connection: Connection
    let dialect: Dialect

    init(
        _ configuration: MySQLSourceConfiguration,
        readTimeoutSeconds: Int = statementTimeoutSeconds
    ) throws(SourceError) {
        connection = try Connection(to: configuration, readTimeoutSeconds: readTimeoutSeconds)
        dialect = Dialect(serverVersion: connection.serverVersion)
        try Self.check(configuration, dialect, connection.serverVersion)
        try connection.query(
            """
            SET SESSION time_zone = '+00:00', sql_mode = '', \
            wait_timeout = \(Self.idleTimeoutSeconds), \
            net_read_timeout = \(Self.idleTimeoutSeconds), \
            net_write_timeout = \(Self.idleTimeoutSeconds)
            """,
            to: "set the session up"
        )
    }

    private static func check(
        _ configuration: MySQLSourceConfiguration,
        _ dialect: Dialect,
        _ version: String
    ) throws(SourceError) {
        let wanted: Dialect = configuration.flavor == .mysql ? .mysql : .mariadb
        guard dialect != wanted else { return }
        throw SourceError(
            .configuration,
            "the pipeline file says \(wanted.rawValue), but the server at \(configuration.address)"
                + " is \(dialect.rawValue) \(version)",
            remedy: "Write type: \(dialect == .mysql ? "mysql" : "mariadb") and a url that begins"
                + " with the same word"
        )
    }
}

/// Quotes an identifier for SQL.
func quotedIdentifier(_ name: String) -> String {
    var text = "`"
    for character in name.unicodeScalars {
        text.unicodeScalars.append(character)
        if character == "`" { text.unicodeScalars.append(character) }
    }
    return text + "`"
}

/// Quotes a text literal for SQL, for sessions whose `sql_mode` is empty.
func quotedText(_ text: String) -> String {
    var quoted = "'"
    for character in text.unicodeScalars {
        if character == "'" || character == "\\" { quoted.unicodeScalars.append("\\") }
        quoted.unicodeScalars.append(character)
    }
    return quoted + "'"
}
