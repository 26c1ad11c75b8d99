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

/// What the server says of a publication.
struct Publication {
    var name: String
    var missingOperations: [String]
    var publishesViaRoot: Bool
    var tables: Set<SourceTableName>
    /// Tables of which only some rows or columns are published.
    var partialTables: Set<SourceTableName>

    static func read(_ name: String, _ connection: PostgresConnection) throws -> Publication? {
        let doing = "read publication \(name)"
        let row = try connection.query(
            """
            SELECT pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot
            FROM pg_catalog.pg_publication WHERE pubname = $1
            """,
            [name],
            doing: doing
        ).first
        guard let row, row.count == 5 else { return nil }
        let operations = ["insert", "update", "delete", "truncate"]
        var publication = Publication(
            name: name,
            missingOperations: zip(operations, row).filter { $0.1 != "t" }.map(\.0),
            publishesViaRoot: row[4] == "t",
            tables: [],
            partialTables: []
        )
        // Row filters and column lists came with 15.
        let isPartial =
            connection.serverVersion >= 150_000
            ? """
            p.rowfilter IS NOT NULL OR EXISTS (
              SELECT FROM pg_catalog.pg_attribute a
              JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = p.schemaname AND c.relname = p.tablename AND a.attnum > 0
                AND NOT a.attisdropped AND a.attgenerated = ''
                AND a.attname <> ALL (p.attnames))
            """ : "false"
        let tables = try connection.query(
            """
            SELECT p.schemaname, p.tablename, \(isPartial)
            FROM pg_catalog.pg_publication_tables p WHERE p.pubname = $1
            """,
            [name],
            doing: doing
        )
        for row in tables where row.count == 3 {
            guard let schema = row[0], let table = row[1] else { continue }
            let tableName = SourceTableName(schema: schema, table: table)
            publication.tables.insert(tableName)
            if row[2] == "t" { publication.partialTables.insert(tableName) }
        }
        return publication
    }

    /// Why the publication will not do for these tables, apart from tables that it lacks.
    func problem(for wanted: [SourceTableName]) -> SourceError? {
        let quoted = SQLText.identifier(name)
        if !missingOperations.isEmpty {
            return SourceError(
                .configuration,
                "could not use publication \(name): it leaves out "
                    + missingOperations.joined(separator: ", "),
                remedy: "ALTER PUBLICATION \(quoted) SET "
                    + "(publish = 'insert, update, delete, truncate')"
            )
        }
        if publishesViaRoot {
            return SourceError(
                .configuration,
                "could not use publication \(name): it publishes partitions as their root",
                remedy: "ALTER PUBLICATION \(quoted) SET (publish_via_partition_root = false)"
            )
        }
        let partial = wanted.filter { partialTables.contains($0) }
        if !partial.isEmpty {
            return SourceError(
                .configuration,
                "could not use publication \(name): it has a row filter or a column list for "
                    + Self.list(partial),
                remedy: "Publish whole tables: drop them from the publication and add them without"
            )
        }
        return nil
    }

    static func list(_ names: [SourceTableName]) -> String {
        let shown = names.prefix(Limits.namesPerMessageMax).map(\.description)
            .joined(separator: ", ")
        let rest = names.count - Limits.namesPerMessageMax
        return rest > 0 ? "\(shown) and \(rest) more" : shown
    }
}
