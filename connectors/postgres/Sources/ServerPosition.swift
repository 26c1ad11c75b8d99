import SourceInterface

/// Questions about places in the server's log.
enum ServerPosition {
    /// Where the log ends, with everything before it on disk, so that the stream can reach it.
    static func head(_ connection: PostgresConnection) throws -> LogSequenceNumber {
        let inserted = try read("pg_catalog.pg_current_wal_insert_lsn()", connection)
        let flushed = try read("pg_catalog.pg_current_wal_flush_lsn()", connection)
        if flushed >= inserted { return inserted }
        // An idle server may keep its last bytes in memory for long; a commit flushes them.
        _ = try? connection.rows(
            of: "SELECT pg_catalog.pg_logical_emit_message(true, 'frazil', '')"
        )
        return min(inserted, try read("pg_catalog.pg_current_wal_flush_lsn()", connection))
    }

    /// Up to where the slot's client has everything; nil without the slot.
    static func slotPosition(
        _ slotName: String,
        _ connection: PostgresConnection
    ) throws -> LogSequenceNumber? {
        let rows = try connection.query(
            "SELECT confirmed_flush_lsn FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
            [slotName],
            doing: "read the position of replication slot \(slotName)"
        )
        return rows.first?.first?.flatMap { LogSequenceNumber(text: $0) }
    }

    private static func read(
        _ function: String,
        _ connection: PostgresConnection
    ) throws -> LogSequenceNumber {
        let rows = try connection.query("SELECT \(function)", doing: "read the log's position")
        guard let position = rows.first?.first?.flatMap({ LogSequenceNumber(text: $0) }) else {
            throw SourceError(.malformedEvent, "could not read the log's position: no answer")
        }
        return position
    }
}
