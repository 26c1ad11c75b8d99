import ChangeModel
import SourceInterface

/// Looks at everything that replication needs of the server, one line each.
struct RequirementChecks {
    let configuration: PostgresSourceConfiguration
    let connection: PostgresConnection

    /// What the server says of itself and of us.
    private struct Server {
        var settings: [String: String]
        var isInRecovery: Bool
        var hasReplication: Bool
        var usedSlots: Int
        var usedSenders: Int
    }

    /// - Throws: ``SourceError`` for the first requirement of the server itself that is not met.
    func enforceServer() throws {
        for (check, kind) in serverChecks(try readServer()) where !check.isMet && !check.isWarning {
            throw SourceError(kind, "could not replicate from this server: \(check.message)")
        }
    }

    func run() throws -> [RequirementCheck] {
        let server = try readServer()
        var checks = serverChecks(server).map(\.0)
        checks += try slotChecks(server)
        let reader = CatalogReader(connection: connection, types: TypeCatalog())
        let inventory = try TableInventory(reader: reader).read(configuration.isChosen).inventory
        checks += try publicationChecks(inventory.tables.map(\.name))
        checks += tableChecks(inventory)
        return checks
    }

    private func readServer() throws -> Server {
        let doing = "read the server's settings"
        let settings = try connection.query(
            """
            SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('wal_level',
              'max_replication_slots', 'max_wal_senders', 'server_encoding',
              'max_slot_wal_keep_size', 'wal_sender_timeout', 'idle_replication_slot_timeout')
            """,
            doing: doing
        )
        let facts =
            try connection.query(
                """
                SELECT pg_catalog.pg_is_in_recovery(),
                  COALESCE((SELECT rolreplication OR rolsuper FROM pg_catalog.pg_roles
                    WHERE rolname = current_user), false)
                    OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication'
                      AND pg_catalog.pg_has_role(current_user, oid, 'MEMBER')),
                  (SELECT count(*) FROM pg_catalog.pg_replication_slots),
                  (SELECT count(*) FROM pg_catalog.pg_stat_replication)
                """,
                doing: doing
            ).first ?? []
        var server = Server(
            settings: [:],
            isInRecovery: false,
            hasReplication: false,
            usedSlots: 0,
            usedSenders: 0
        )
        for row in settings where row.count == 2 {
            if let name = row[0] { server.settings[name] = row[1] }
        }
        if facts.count == 4 {
            server.isInRecovery = facts[0] == "t"
            server.hasReplication = facts[1] == "t"
            server.usedSlots = facts[2].flatMap { Int($0) } ?? 0
            server.usedSenders = facts[3].flatMap { Int($0) } ?? 0
        }
        return server
    }

    private func serverChecks(_ server: Server) -> [(RequirementCheck, SourceError.Kind)] {
        let version = connection.serverVersion
        let walLevel = server.settings["wal_level"] ?? "unknown"
        let encoding = server.settings["server_encoding"] ?? "unknown"
        return [
            (
                Self.check(
                    "server version",
                    version >= Limits.serverVersionMin,
                    "\(version / 10_000).\(version % 10_000)",
                    remedy: "Version \(Limits.serverVersionMin / 10_000) or later is needed"
                ), .configuration
            ),
            (
                Self.check(
                    "primary server",
                    !server.isInRecovery,
                    server.isInRecovery ? "the server is a standby" : "the server is a primary",
                    remedy: "Connect to the primary"
                ), .configuration
            ),
            (
                Self.check(
                    "wal_level",
                    walLevel == "logical",
                    "wal_level is \(walLevel)",
                    remedy: "ALTER SYSTEM SET wal_level = logical, and restart the server"
                ), .configuration
            ),
            (
                Self.check(
                    "server encoding",
                    encoding != "SQL_ASCII",
                    "the database's encoding is \(encoding)",
                    remedy: "Text in SQL_ASCII can be in any encoding; use a database with a "
                        + "declared one"
                ), .configuration
            ),
            (
                Self.check(
                    "replication privilege",
                    server.hasReplication,
                    server.hasReplication
                        ? "role \(configuration.user) may replicate"
                        : "role \(configuration.user) lacks the REPLICATION attribute",
                    remedy: "ALTER ROLE \(SQLText.identifier(configuration.user)) REPLICATION"
                ), .permission
            ),
        ]
    }

    private func slotChecks(_ server: Server) throws -> [RequirementCheck] {
        let name = configuration.slotName
        var checks: [RequirementCheck] = []
        if let slot = try ReplicationSlot.read(name, connection) {
            var check = RequirementCheck(
                name: "replication slot",
                isMet: true,
                message: "\(name) exists, confirmed up to \(slot.confirmed)"
            )
            do {
                try slot.refuseUnsuitable(database: configuration.database)
                if let process = slot.activeProcess {
                    check.isMet = false
                    check.isWarning = true
                    check.message = "\(name) is being read by process \(process): a pipeline runs"
                }
            } catch let error as SourceError {
                check.isMet = false
                check.message = error.description
            }
            checks.append(check)
        } else {
            let slotsMax = server.settings["max_replication_slots"].flatMap { Int($0) } ?? 0
            checks.append(
                Self.check(
                    "replication slot",
                    server.usedSlots < slotsMax,
                    "\(name) will be created; \(server.usedSlots) of \(slotsMax) slots are used",
                    remedy: "Raise max_replication_slots, or drop a slot that nobody uses"
                )
            )
        }
        let sendersMax = server.settings["max_wal_senders"].flatMap { Int($0) } ?? 0
        checks.append(
            Self.check(
                "wal senders",
                server.usedSenders < sendersMax,
                "\(server.usedSenders) of \(sendersMax) are used",
                remedy: "Raise max_wal_senders, or stop a client that holds one"
            )
        )
        let keep = server.settings["max_slot_wal_keep_size"] ?? "-1"
        checks.append(
            RequirementCheck(
                name: "log retention",
                isMet: true,
                message: keep == "-1"
                    ? "the server keeps all log for a stopped pipeline, until its disk is full "
                        + "(max_slot_wal_keep_size is -1)"
                    : "the server gives up the slot of a pipeline that is \(keep) MB behind "
                        + "(max_slot_wal_keep_size)"
            )
        )
        let idle = server.settings["idle_replication_slot_timeout"] ?? "0"
        if idle != "0" {
            checks.append(
                RequirementCheck(
                    name: "idle slots",
                    isMet: false,
                    message: "the server gives up the slot of a pipeline that is stopped for "
                        + "\(idle) s (idle_replication_slot_timeout)",
                    isWarning: true
                )
            )
        }
        return checks
    }

    private func publicationChecks(_ wanted: [SourceTableName]) throws -> [RequirementCheck] {
        let name = configuration.publicationName
        let title = "publication"
        guard let publication = try Publication.read(name, connection) else {
            let foreign = try tablesOfOthers(wanted)
            return [
                Self.check(
                    title,
                    foreign.isEmpty,
                    foreign.isEmpty
                        ? "\(name) will be created for \(wanted.count) tables"
                        : "\(name) does not exist, and the role does not own "
                            + Publication.list(foreign),
                    remedy: "Let the owner run: CREATE PUBLICATION \(SQLText.identifier(name)) "
                        + "FOR TABLE " + Self.sqlList(wanted)
                )
            ]
        }
        if let problem = publication.problem(for: wanted) {
            return [RequirementCheck(name: title, isMet: false, message: problem.description)]
        }
        let missing = wanted.filter { !publication.tables.contains($0) }
        let foreign = try tablesOfOthers(missing)
        return [
            Self.check(
                title,
                foreign.isEmpty,
                missing.isEmpty
                    ? "\(name) holds all \(wanted.count) tables"
                    : "\(name) lacks \(Publication.list(missing))",
                remedy: "Let the owner run: ALTER PUBLICATION \(SQLText.identifier(name)) "
                    + "ADD TABLE " + Self.sqlList(missing)
            )
        ]
    }

    /// The tables that the role cannot put into a publication itself.
    private func tablesOfOthers(_ names: [SourceTableName]) throws -> [SourceTableName] {
        guard !names.isEmpty else { return [] }
        let rows = try connection.query(
            """
            SELECT n.nspname, c.relname
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND NOT pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')
            """,
            doing: "read the owners of tables"
        )
        let others = Set(
            rows.compactMap { row -> SourceTableName? in
                guard row.count == 2, let schema = row[0], let table = row[1] else { return nil }
                return SourceTableName(schema: schema, table: table)
            }
        )
        return names.filter { others.contains($0) }
    }

    private func tableChecks(_ inventory: SourceInventory) -> [RequirementCheck] {
        var checks = inventory.refused.map {
            RequirementCheck(
                name: "table \($0.name)",
                isMet: false,
                message: $0.error.description
            )
        }
        checks.append(
            Self.check(
                "tables",
                !inventory.tables.isEmpty,
                "\(inventory.tables.count) chosen tables can be replicated",
                remedy: "Check the patterns under tables: they are schema.table"
            )
        )
        return checks
    }

    private static func sqlList(_ names: [SourceTableName]) -> String {
        names.map { SQLText.table($0) }.joined(separator: ", ")
    }

    private static func check(
        _ name: String,
        _ isMet: Bool,
        _ found: String,
        remedy: String
    ) -> RequirementCheck {
        RequirementCheck(
            name: name,
            isMet: isMet,
            message: isMet ? found : "\(found). \(remedy)"
        )
    }
}
