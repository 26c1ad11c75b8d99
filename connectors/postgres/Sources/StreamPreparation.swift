import ChangeModel
import SourceInterface

/// Makes publication and slot, and looks whether those that are there will do.
struct StreamPreparation {
    let configuration: PostgresSourceConfiguration
    let connection: PostgresConnection

    /// The start of the stream, and whether the slot was made just now.
    ///
    /// A lake that is somewhere already needs the slot that was there then.
    func prepare(
        _ tables: [SourceTable],
        resuming position: LogSequenceNumber?
    ) throws -> (start: LogSequenceNumber, slotIsFresh: Bool) {
        let slot = try ReplicationSlot.read(configuration.slotName, connection)
        if let slot { try slot.refuseUnsuitable(database: configuration.database) }
        if let position, slot == nil {
            throw ReplicationSlot.lostError(configuration.slotName, since: position)
        }
        // The publication first: a slot cannot decode with one that is younger than itself.
        try preparePublication(tables.map(\.name))
        if let slot { return (slot.confirmed, false) }
        return (try createSlot(), true)
    }

    private func preparePublication(_ wanted: [SourceTableName]) throws {
        let publication = try Publication.read(configuration.publicationName, connection)
        let name = SQLText.identifier(configuration.publicationName)
        guard let publication else {
            let list = wanted.map { "ONLY " + SQLText.table($0) }.joined(separator: ", ")
            try run(
                "CREATE PUBLICATION \(name)" + (wanted.isEmpty ? "" : " FOR TABLE \(list)"),
                doing: "create publication \(configuration.publicationName)"
            )
            return
        }
        if let problem = publication.problem(for: wanted) { throw problem }
        let missing = wanted.filter { !publication.tables.contains($0) }
        guard !missing.isEmpty else { return }
        let list = missing.map { "ONLY " + SQLText.table($0) }.joined(separator: ", ")
        try run(
            "ALTER PUBLICATION \(name) ADD TABLE \(list)",
            doing: "add \(Publication.list(missing)) to publication "
                + configuration.publicationName
        )
    }

    private func run(_ sql: String, doing action: String) throws {
        do {
            _ = try connection.rows(of: sql)
        } catch let failure as ServerFailure {
            throw failure.sourceError(
                doing: action,
                remedy: failure.state == "42501"
                    ? "Let the tables' owner, or a superuser, run: \(sql)" : nil
            )
        }
    }

    /// Making a slot waits for every transaction that runs at that time.
    private func createSlot() throws -> LogSequenceNumber {
        let name = configuration.slotName
        let limit = Limits.slotCreationTimeoutSeconds
        _ = try connection.query(
            "SET statement_timeout = '\(limit)s'",
            doing: "set a statement timeout"
        )
        defer { _ = try? connection.rows(of: "SET statement_timeout = 0") }
        do {
            let rows = try connection.rows(
                of: "SELECT lsn FROM "
                    + "pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput')",
                [name]
            )
            guard let start = rows.first?.first?.flatMap({ LogSequenceNumber(text: $0) }) else {
                throw SourceError(
                    .malformedEvent,
                    "could not create replication slot \(name): unexpected answer"
                )
            }
            return start
        } catch let failure as ServerFailure {
            throw try slotError(failure)
        }
    }

    private func slotError(_ failure: ServerFailure) throws -> SourceError {
        let action = "create replication slot \(configuration.slotName)"
        if failure.state == "57014" {
            let processes = try connection.query(
                """
                SELECT pid FROM pg_catalog.pg_stat_activity
                WHERE backend_xid IS NOT NULL ORDER BY xact_start LIMIT 5
                """,
                doing: "look for open transactions"
            ).compactMap { $0.first ?? nil }.joined(separator: ", ")
            return SourceError(
                .configuration,
                "could not \(action) within \(Limits.slotCreationTimeoutSeconds) s: open "
                    + "transactions hold it up (processes \(processes))",
                remedy: "End them, or try again when they have ended"
            )
        }
        let remedy: String? =
            switch failure.state {
            case "42501": "Give the role the REPLICATION attribute: ALTER ROLE … REPLICATION"
            case "55000": "Set wal_level = logical and restart the server"
            case "53400":
                "Raise max_replication_slots, or drop a slot that nobody uses "
                    + "(SELECT * FROM pg_replication_slots)"
            default: nil
            }
        let error = failure.sourceError(doing: action, remedy: remedy)
        // More slots do not come by themselves.
        return failure.state == "53400"
            ? SourceError(.configuration, error.message, remedy: error.remedy) : error
    }
}
