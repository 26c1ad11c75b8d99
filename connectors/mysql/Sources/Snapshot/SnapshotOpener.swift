internal import ChangeModel
internal import Glibc
internal import SourceInterface

/// Opens transactions on several connections that all see the same state, and finds its position.
///
/// In this order, by what the user may do: a global read lock for the moment in which all
/// transactions begin; MariaDB's own lock-free coordinates; MySQL read locks on the tables; and for
/// MySQL without any lock, one transaction at a moment when nothing was committed.
struct SnapshotOpener {
    static let lockTimeoutSeconds = 10
    /// How often we look for a moment without commits, and how long we look at one.
    static let quietAttemptsMax = 50
    static let quietMilliseconds = 50
    static let agreeingAttemptsMax = 5

    let configuration: MySQLSourceConfiguration
    let tables: [SourceTable]
    let workers: Int

    struct Opened {
        var sessions: [ServerSession]
        var position: LogPosition
    }

    func open() throws(SourceError) -> Opened {
        let locker = try ServerSession(configuration)
        defer { locker.connection.close() }
        try locker.connection.query(
            "SET SESSION lock_wait_timeout = \(Self.lockTimeoutSeconds)",
            to: "prepare the snapshot"
        )
        if try lock(locker, "FLUSH TABLES WITH READ LOCK") { return try openLocked(locker) }
        if locker.dialect == .mariadb { return try openLockFree() }
        if !tables.isEmpty, try lock(locker, lockTablesStatement) { return try openLocked(locker) }
        return try openQuiet()
    }

    private var lockTablesStatement: String {
        let names = tables.map {
            "\(quotedIdentifier($0.name.schema)).\(quotedIdentifier($0.name.table)) READ"
        }
        return "LOCK TABLES \(names.joined(separator: ", "))"
    }

    /// - Returns: Whether we have the lock; not, when we may not take it or others hold it too long.
    private func lock(_ session: ServerSession, _ statement: String) throws(SourceError) -> Bool {
        do throws(SourceError) {
            try session.connection.query(statement, to: "lock the tables for the snapshot")
            return true
        } catch {
            let isTimeout = session.connection.lastErrorNumber == ClientError.lockWaitTimeout
            if isTimeout || error.kind == .permission { return false }
            throw error
        }
    }

    private func openLocked(_ locker: ServerSession) throws(SourceError) -> Opened {
        var sessions: [ServerSession] = []
        // One more than the workers: the one that plans ranges.
        for _ in 0..<(max(workers, 1) + 1) { sessions.append(try begin()) }
        let position = try head(locker)
        try locker.connection.query("UNLOCK TABLES", to: "unlock the tables")
        return Opened(sessions: sessions, position: position)
    }

    private func head(_ session: ServerSession) throws(SourceError) -> LogPosition {
        let text = try session.connection.value(session.dialect.headQuery, to: "read the position")
        return try LogPosition(SourcePosition(text ?? ""), session.dialect)
    }

    /// A connection whose reads all see the state of now.
    private func begin() throws(SourceError) -> ServerSession {
        let session = try ServerSession(configuration)
        let connection = session.connection
        let limit = session.dialect == .mysql ? "max_execution_time" : "max_statement_time"
        for statement in [
            "SET SESSION \(limit) = 0",
            // Values come in their columns' own character sets, as in the log.
            "SET character_set_results = NULL",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ] {
            try connection.query(statement, to: "begin the snapshot")
        }
        return session
    }

    // MARK: MariaDB without a lock

    /// A MariaDB transaction knows the place in the log at which it began; connections that began
    /// at the same place see the same state.
    private func openLockFree() throws(SourceError) -> Opened {
        for _ in 0..<Self.agreeingAttemptsMax where workers > 1 {
            var sessions: [ServerSession] = []
            var places: Set<[String]> = []
            for _ in 0..<(workers + 1) {
                let session = try begin()
                places.insert(try logPlace(session))
                sessions.append(session)
            }
            if places.count == 1 {
                return Opened(sessions: sessions, position: try position(sessions[0]))
            }
        }
        let session = try begin()
        return Opened(sessions: [session], position: try position(session))
    }

    private func logPlace(_ session: ServerSession) throws(SourceError) -> [String] {
        let rows = try session.connection.query(
            "SHOW STATUS LIKE 'binlog_snapshot_%'",
            to: "read the snapshot's place in the log"
        )
        var values: [String: String] = [:]
        for row in rows where row.count == 2 { values[(row[0] ?? "").lowercased()] = row[1] ?? "" }
        return [values["binlog_snapshot_file"] ?? "", values["binlog_snapshot_position"] ?? ""]
    }

    private func position(_ session: ServerSession) throws(SourceError) -> LogPosition {
        let place = try logPlace(session)
        let number = UInt64(place[1]) ?? 0
        let text = try session.connection.value(
            "SELECT BINLOG_GTID_POS(\(quotedText(place[0])), \(number))",
            to: "read the snapshot's position"
        )
        guard let text else {
            throw SourceError(
                .configuration,
                "the server does not know the position of \(place[0]):\(number)",
                remedy: "Grant RELOAD to the user, so that the tables can be locked for a moment"
            )
        }
        return try LogPosition(SourcePosition(text), session.dialect)
    }

    // MARK: MySQL without a lock

    /// One transaction that began while no commit was under way: the set of executed transactions
    /// stayed the same from before it to some time after.
    private func openQuiet() throws(SourceError) -> Opened {
        for _ in 0..<Self.quietAttemptsMax {
            let watcher = try ServerSession(configuration)
            defer { watcher.connection.close() }
            let before = try head(watcher)
            usleep(UInt32(Self.quietMilliseconds * 1_000))
            guard try head(watcher) == before else { continue }
            let session = try begin()
            usleep(UInt32(Self.quietMilliseconds * 1_000))
            if try head(watcher) == before {
                return Opened(sessions: [session], position: before)
            }
            session.connection.close()
        }
        throw SourceError(
            .permission,
            "could not find a moment without commits on \(configuration.address) in"
                + " \(Self.quietAttemptsMax) attempts",
            remedy: "Grant RELOAD to the user, so that the tables can be locked for a moment"
        )
    }
}
