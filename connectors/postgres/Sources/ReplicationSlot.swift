import SourceInterface

/// What the server says of a replication slot.
struct ReplicationSlot {
    var name: String
    var plugin: String?
    var database: String?
    var activeProcess: String?
    var walStatus: String?
    var confirmed: LogSequenceNumber
    var isTwoPhase: Bool

    static func read(
        _ name: String,
        _ connection: PostgresConnection
    ) throws -> ReplicationSlot? {
        let row = try connection.query(
            """
            SELECT plugin, database, active_pid, wal_status, confirmed_flush_lsn, two_phase
            FROM pg_catalog.pg_replication_slots WHERE slot_name = $1
            """,
            [name],
            doing: "read replication slot \(name)"
        ).first
        guard let row, row.count == 6 else { return nil }
        return ReplicationSlot(
            name: name,
            plugin: row[0],
            database: row[1],
            activeProcess: row[2],
            walStatus: row[3],
            confirmed: row[4].flatMap { LogSequenceNumber(text: $0) } ?? .zero,
            isTwoPhase: row[5] == "t"
        )
    }

    static func lostError(_ name: String, since position: LogSequenceNumber) -> SourceError {
        SourceError(
            .positionLost,
            "could not find replication slot \(name): what was logged since \(position) is lost "
                + "for this pipeline",
            remedy: "Drop the tables from the lake and start again, which copies them anew"
        )
    }

    func refuseUnsuitable(database wanted: String) throws {
        let other = "Choose another slot name, or drop this one when nobody uses it"
        if plugin != "pgoutput" {
            throw SourceError(
                .configuration,
                "could not use replication slot \(name): its plugin is \(plugin ?? "none"), "
                    + "not pgoutput",
                remedy: other
            )
        }
        if database != wanted {
            throw SourceError(
                .configuration,
                "could not use replication slot \(name): it belongs to database "
                    + "\(database ?? "none"), not \(wanted)",
                remedy: other
            )
        }
        if isTwoPhase {
            throw SourceError(
                .configuration,
                "could not use replication slot \(name): it sends prepared transactions "
                    + "(two_phase)",
                remedy: other
            )
        }
        if walStatus == "lost" {
            throw SourceError(
                .positionLost,
                "could not use replication slot \(name): the server has removed the log it needs "
                    + "(wal_status is lost)",
                remedy: "Drop the slot and copy the tables anew; raise max_slot_wal_keep_size"
            )
        }
    }
}
