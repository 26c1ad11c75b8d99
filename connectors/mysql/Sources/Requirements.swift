internal import ChangeModel
internal import SourceInterface
internal import TableModel

/// What a server must be set up like, and what it should be.
struct Requirements {
    let session: ServerSession
    let configuration: MySQLSourceConfiguration

    private static let purpose = "look at the server's settings"

    /// Everything, one line each.
    func check() throws(SourceError) -> [RequirementCheck] {
        var checks = [
            RequirementCheck(
                name: "connection",
                isMet: true,
                message: "\(session.dialect.rawValue) \(session.connection.serverVersion) at"
                    + " \(configuration.address)"
            )
        ]
        checks += try settings()
        checks += try grants()
        checks += try retention()
        checks += try tables()
        return checks
    }

    /// Throws the first requirement without which nothing can be replicated.
    func enforce() throws(SourceError) {
        for check in try settings() where !check.isMet && !check.isWarning {
            throw SourceError(.configuration, check.message)
        }
        for check in try grants() where !check.isMet && !check.isWarning {
            throw SourceError(.permission, check.message)
        }
    }

    // MARK: Settings

    private func settings() throws(SourceError) -> [RequirementCheck] {
        let names = [
            "log_bin", "binlog_format", "binlog_row_image", "binlog_row_metadata", "gtid_mode",
            "enforce_gtid_consistency", "gtid_strict_mode", "server_id", "binlog_row_value_options",
        ]
        let list = names.map { quotedText($0) }.joined(separator: ", ")
        var values: [String: String] = [:]
        let rows = try session.connection.query(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN (\(list))",
            to: Self.purpose
        )
        for row in rows where row.count == 2 { values[row[0] ?? ""] = (row[1] ?? "").uppercased() }
        var checks = [
            require("log_bin", values, "ON", "Start the server with log_bin"),
            require("binlog_format", values, "ROW", "SET GLOBAL binlog_format = 'ROW'"),
            require("binlog_row_image", values, "FULL", "SET GLOBAL binlog_row_image = 'FULL'"),
            require(
                "binlog_row_metadata",
                values,
                "FULL",
                "SET GLOBAL binlog_row_metadata = 'FULL'"
            ),
            serverID(values["server_id"]),
        ]
        switch session.dialect {
        case .mysql:
            checks.append(require("gtid_mode", values, "ON", "Set gtid_mode = ON"))
            checks.append(
                require(
                    "enforce_gtid_consistency",
                    values,
                    "ON",
                    "Set enforce_gtid_consistency = ON"
                )
            )
            if let options = values["binlog_row_value_options"], !options.isEmpty {
                checks.append(
                    require(
                        "binlog_row_value_options",
                        values,
                        "",
                        "SET GLOBAL binlog_row_value_options = ''"
                    )
                )
            }
        case .mariadb:
            var strict = require(
                "gtid_strict_mode",
                values,
                "ON",
                "SET GLOBAL gtid_strict_mode = ON, so that transaction numbers only go up"
            )
            strict.isWarning = true
            checks.append(strict)
        }
        return checks
    }

    private func require(
        _ name: String,
        _ values: [String: String],
        _ wanted: String,
        _ remedy: String
    ) -> RequirementCheck {
        let found = values[name]
        // A server without log_bin may hide the settings of the log.
        if found == wanted {
            return RequirementCheck(name: name, isMet: true, message: "\(name) is \(wanted)")
        }
        let shown = found.map { $0.isEmpty ? "empty" : $0 } ?? "unknown to this server"
        return RequirementCheck(
            name: name,
            isMet: false,
            message:
                "\(name) is \(shown), but must be \(wanted.isEmpty ? "empty" : wanted): \(remedy)"
        )
    }

    private func serverID(_ found: String?) -> RequirementCheck {
        guard found == String(configuration.serverID) || found == "0" else {
            return RequirementCheck(
                name: "server_id",
                isMet: true,
                message: "server_id is \(found ?? ""), ours is \(configuration.serverID)"
            )
        }
        return RequirementCheck(
            name: "server_id",
            isMet: false,
            message: "server_id is \(found ?? ""): give the server an id that is not zero and not"
                + " ours (\(configuration.serverID))"
        )
    }

    // MARK: Grants

    /// Only grants that every table needs; a missing SELECT shows as a missing table.
    private func grants() throws(SourceError) -> [RequirementCheck] {
        let rows = try session.connection.query("SHOW GRANTS", to: "read our grants")
        let lines = rows.compactMap { $0.first ?? nil }.map { $0.uppercased() }
        let global = lines.filter { $0.contains(" ON *.* ") }.joined(separator: ",")
        let hasAll = global.contains("ALL PRIVILEGES")
        func has(_ names: String...) -> Bool {
            hasAll || names.contains { global.contains($0) }
        }
        var checks = [
            grant(
                "REPLICATION SLAVE",
                has("REPLICATION SLAVE", "REPLICATION REPLICA"),
                isWarning: false,
                "the log cannot be read without it"
            )
        ]
        checks.append(
            grant(
                "RELOAD",
                has("RELOAD", "FLUSH_TABLES"),
                isWarning: true,
                "snapshots may be read by one worker only"
            )
        )
        return checks
    }

    private func grant(
        _ name: String,
        _ isMet: Bool,
        isWarning: Bool,
        _ consequence: String
    ) -> RequirementCheck {
        let user = quotedText(configuration.user)
        return RequirementCheck(
            name: "grant \(name)",
            isMet: isMet,
            message: isMet
                ? "the user has \(name)"
                : "the user lacks \(name), and \(consequence): GRANT \(name) ON *.* TO \(user)@'%'",
            isWarning: isWarning
        )
    }

    // MARK: Retention

    private static let retentionSecondsMin = 86_400

    private func retention() throws(SourceError) -> [RequirementCheck] {
        let rows = try session.connection.query(
            """
            SHOW GLOBAL VARIABLES WHERE Variable_name IN
             ('binlog_expire_logs_seconds', 'expire_logs_days')
            """,
            to: Self.purpose
        )
        var seconds = 0.0
        for row in rows where row.count == 2 {
            let value = row[1].flatMap { Double($0) } ?? 0
            seconds = max(seconds, row[0] == "expire_logs_days" ? value * 86_400 : value)
        }
        // Zero: the server removes nothing by itself.
        let isMet = seconds == 0 || seconds >= Double(Self.retentionSecondsMin)
        return [
            RequirementCheck(
                name: "log retention",
                isMet: isMet,
                message: isMet
                    ? "the log is kept for \(seconds == 0 ? "ever" : "\(Int(seconds / 3_600)) h")"
                    : "the log is kept for only \(Int(seconds)) s: a longer stop of the pipeline"
                        + " needs new copies; SET GLOBAL binlog_expire_logs_seconds = 604800",
                isWarning: true
            )
        ]
    }

    // MARK: Tables

    private func tables() throws(SourceError) -> [RequirementCheck] {
        let reader = SchemaReader(connection: session.connection, dialect: session.dialect)
        let inventory = try reader.inventory(configuration.isChosen)
        var checks = inventory.refused.map {
            RequirementCheck(name: "table \($0.name)", isMet: false, message: "\($0.error)")
        }
        if inventory.tables.isEmpty, inventory.refused.isEmpty {
            checks.append(
                RequirementCheck(
                    name: "tables",
                    isMet: false,
                    message: "no table that the user may read is chosen: check 'tables' in the"
                        + " pipeline file, and GRANT SELECT on them"
                )
            )
        }
        for table in inventory.tables { checks += Self.checks(of: table) }
        let names = Set(inventory.tables.map(\.name))
        checks += try engines(names)
        checks += try cascades(names)
        return checks
    }

    private static func checks(of table: SourceTable) -> [RequirementCheck] {
        let key = table.keyColumns.map { table.columns[$0] }
        if key.isEmpty {
            return [
                RequirementCheck(
                    name: "table \(table.name)",
                    isMet: false,
                    message: "the table \(table.name) has no primary key: its rows are told apart"
                        + " by all their values, which takes more memory and needs deletes: auto",
                    isWarning: true
                )
            ]
        }
        guard let inexact = key.first(where: { !$0.type.isIdentifierType }) else { return [] }
        return [
            RequirementCheck(
                name: "table \(table.name)",
                isMet: false,
                message: "the key column '\(inexact.name)' of \(table.name) is"
                    + " \(inexact.declaredType), by which Iceberg cannot delete rows: deletes must"
                    + " be by position",
                isWarning: true
            )
        ]
    }

    private func engines(
        _ chosen: Set<SourceTableName>
    ) throws(SourceError) -> [RequirementCheck] {
        let rows = try session.connection.query(
            """
            SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES
             WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' ORDER BY 1, 2
            """,
            to: "look at the tables' engines"
        )
        return rows.compactMap { row in
            let name = SourceTableName(schema: row[0] ?? "", table: row[1] ?? "")
            guard chosen.contains(name) else { return nil }
            return RequirementCheck(
                name: "engine of \(name)",
                isMet: false,
                message: "\(name) uses \(row[2] ?? ""), whose changes are not part of transactions"
                    + " or consistent snapshots: ALTER TABLE … ENGINE = InnoDB",
                isWarning: true
            )
        }
    }

    /// Rows that a foreign key changes are in the log only from MySQL 9.6 on.
    private func cascades(
        _ chosen: Set<SourceTableName>
    ) throws(SourceError) -> [RequirementCheck] {
        if session.dialect == .mysql, !isOlder(than: (9, 6)) { return [] }
        let rows = try session.connection.query(
            """
            SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME
              FROM information_schema.REFERENTIAL_CONSTRAINTS
             WHERE DELETE_RULE NOT IN ('RESTRICT', 'NO ACTION')
                OR UPDATE_RULE NOT IN ('RESTRICT', 'NO ACTION') ORDER BY 1, 2, 3
            """,
            to: "look at the tables' foreign keys"
        )
        return rows.compactMap { row in
            let name = SourceTableName(schema: row[0] ?? "", table: row[1] ?? "")
            guard chosen.contains(name) else { return nil }
            return RequirementCheck(
                name: "foreign key of \(name)",
                isMet: false,
                message: "the foreign key '\(row[2] ?? "")' of \(name) changes rows by itself, and"
                    + " this server does not log that: make it RESTRICT, or use triggers",
                isWarning: true
            )
        }
    }

    private func isOlder(than wanted: (Int, Int)) -> Bool {
        let parts = session.connection.serverVersion.split(separator: ".").prefix(2)
            .map { Int($0) ?? 0 }
        guard parts.count == 2 else { return true }
        return (parts[0], parts[1]) < wanted
    }
}
