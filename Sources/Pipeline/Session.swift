import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import PipelineConfig
import SourceInterface
import TableCommit
import TableModel

/// What a session works on: the ledger and the tables, as source and lake show them at its start.
struct Session {
    var ledger: Ledger
    /// Tables whose first copy is in the lake.
    var streaming: [LakeTable]
    /// Tables that exist in the lake but hold nothing yet.
    var toCopy: [TableToCopy]
}

extension PipelineRunner {
    /// Connects, finds the tables and makes what is missing in source and lake.
    func openSession() async throws -> Session {
        let inventory = try await replicableInventory()
        for refused in inventory.refused { reportStopped(refused.name, refused.error) }
        guard !inventory.tables.isEmpty else {
            if let refused = inventory.refused.first { throw refused.error }
            throw PipelineError(
                .configuration,
                "no table of the source matches source.tables",
                remedy: "Check the names: database.table for MySQL and MariaDB, schema.table for "
                    + "PostgreSQL, and that the user may SELECT from them"
            )
        }
        try refuseSharedNames(inventory.tables)
        let ledger = try await openLedger(inventory.tables)
        var session = Session(ledger: ledger, streaming: [], toCopy: [])
        for refused in inventory.refused { try await leave(lakeIdentifier(of: refused.name)) }
        for table in inventory.tables {
            do {
                let lakeTable = try await openTable(table)
                if let reason = lakeTable.stopReason(properties) {
                    reportStopped(table.name, stoppedEarlier(lakeTable, reason))
                } else if lakeTable.watermark(properties) == nil {
                    session.toCopy.append(try TableToCopy(lakeTable, current: table))
                } else {
                    session.streaming.append(lakeTable)
                }
            } catch let error as SourceError where error.kind == .unsupportedChange {
                reportStopped(table.name, error)
                try await leave(lakeIdentifier(of: table.name))
            }
        }
        let followed = (session.streaming + session.toCopy.map(\.lake)).map(\.name)
        try await leaveOthers(than: followed, ledger: session.ledger)
        try await claim(&session.ledger, following: followed)
        return session
    }

    /// The chosen tables; those whose keys equality deletes cannot hold are refused where all deletes
    /// are such.
    func replicableInventory() async throws -> SourceInventory {
        let source = parts.source
        var inventory = try await onBlockingThread("inventory") { try source.inventory() }
        guard parts.configuration.deletes == .equality else { return inventory }
        for table in inventory.tables {
            guard let column = table.inexactKeyColumn else { continue }
            inventory.refused.append(
                RefusedTable(
                    name: table.name,
                    error: SourceError(
                        .configuration,
                        "the key column \(column.name) of \(table.name) is a "
                            + "\(column.declaredType), by which Iceberg cannot delete rows",
                        remedy: "Use deletes: auto, or exclude the table: \"!\(table.name)\""
                    )
                )
            )
        }
        inventory.tables.removeAll { $0.inexactKeyColumn != nil }
        inventory.refused.sort { $0.name < $1.name }
        return inventory
    }

    private func stoppedEarlier(_ table: LakeTable, _ reason: String) -> SourceError {
        SourceError(
            .unsupportedChange,
            reason,
            remedy: "To follow it again, drop the lake table \(table.loaded.identifier) and start: "
                + "it is then copied anew"
        )
    }

    /// Two source tables must not share one lake table.
    private func refuseSharedNames(_ tables: [SourceTable]) throws {
        var owners: [TableIdentifier: SourceTableName] = [:]
        for table in tables {
            let identifier = lakeIdentifier(of: table.name)
            if let other = owners.updateValue(table.name, forKey: identifier) {
                throw PipelineError(
                    .configuration,
                    "\(other) and \(table.name) would both become the lake table \(identifier)",
                    remedy: "Use {schema}, {database} and {table} in lake.namespace and lake.table "
                        + "so that every table gets a name of its own"
                )
            }
        }
    }

    func lakeIdentifier(of name: SourceTableName) -> TableIdentifier {
        parts.configuration.lake.identifier(
            of: name,
            database: parts.configuration.source.databaseName(of: name)
        )
    }

    /// The table's warehouse folder: `<warehouse>/<namespace levels>/<name>`; nil lets the catalog
    /// choose.
    func location(of identifier: TableIdentifier) -> String? {
        guard let warehouse = parts.configuration.lake.warehouse else { return nil }
        let levels = (identifier.namespace + [identifier.name]).map(percentEncodedPathSegment)
        return ([warehouse] + levels).joined(separator: "/")
    }

    private func openTable(_ table: SourceTable) async throws -> LakeTable {
        let identifier = lakeIdentifier(of: table.name)
        if let loaded = try await parts.catalog.loadTable(identifier) {
            let known = try LakeTable(loaded, current: table, properties: properties)
            // What is not followed is left alone.
            return known.stopReason(properties) == nil ? try await shaped(known) : known
        }
        try await parts.catalog.createNamespace(identifier.namespace)
        let created = try await parts.catalog.createTable(
            identifier,
            schema: LakeTable.schema(of: table),
            partitionSpec: nil,
            properties: LakeTable.initialProperties(
                of: table,
                properties: properties,
                formatVersion: parts.configuration.lake.formatVersion
            ),
            location: location(of: identifier)
        )
        FailPoint.tableCreated.reach()
        return try await shaped(LakeTable(created, current: table, properties: properties))
    }

    /// Loads the ledger, or makes it with the position at which everything begins.
    ///
    /// The position is taken before any table is copied, so that the log holds all that happens
    /// from then on.
    private func openLedger(_ tables: [SourceTable]) async throws -> Ledger {
        let source = parts.source
        let identifier = Ledger.identifier(pipeline: parts.configuration.pipeline)
        let existing = try await parts.catalog.loadTable(identifier)
        let resumed = existing.flatMap { Ledger(loaded: $0, properties: properties).position }
        let position = try await onBlockingThread("prepare") {
            try source.prepareStream(tables: tables, resuming: resumed)
        }
        let ledger: Ledger
        if let existing {
            ledger = Ledger(loaded: existing, properties: properties)
        } else {
            try await parts.catalog.createNamespace(identifier.namespace)
            let start = try await earliestWatermark(of: tables) ?? position
            let created = try await parts.catalog.createTable(
                identifier,
                schema: Ledger.schema,
                partitionSpec: nil,
                properties: [
                    properties.position: start.text, properties.epoch: "0",
                    "write.metadata.delete-after-commit.enabled": "true",
                    "write.metadata.previous-versions-max": "20",
                ],
                location: location(of: identifier)
            )
            ledger = Ledger(loaded: created, properties: properties)
        }
        return ledger
    }

    /// Where to begin when somebody removed the ledger: the least of what the tables have.
    private func earliestWatermark(of tables: [SourceTable]) async throws -> SourcePosition? {
        var least: SourcePosition?
        for table in tables {
            let loaded = try await parts.catalog.loadTable(lakeIdentifier(of: table.name))
            guard let text = loaded?.metadata.properties[properties.position] else { continue }
            let position = SourcePosition(text)
            if let known = least, !parts.source.isCovered(position, by: known) { continue }
            least = position
        }
        return least
    }

    /// Writes this program's name into the ledger, so that an older instance notices.
    private func claim(
        _ ledger: inout Ledger,
        following names: [SourceTableName]
    ) async throws {
        let tables = tableSetHash(names)
        guard ledger.writer != writerID || ledger.tables != tables else {
            hasStarted = true
            return
        }
        if hasStarted, ledger.writer != writerID {
            throw PipelineError(
                .overtaken,
                "another instance of pipeline \(parts.configuration.pipeline) writes to this lake",
                remedy: "Let only one run at a time"
            )
        }
        ledger.loaded = try await commitClaim(
            on: ledger.loaded,
            [properties.writer: writerID, properties.tables: tables]
        )
        hasStarted = true
        FailPoint.ledgerClaimed.reach()
    }

    /// Sets the properties in a commit that moves the ledger's branch.
    ///
    /// Whatever an older instance has under way requires the branch as it was. Properties alone would
    /// not move it, so there is a snapshot without files.
    private func commitClaim(
        on table: LoadedTable,
        _ values: [String: String]
    ) async throws -> LoadedTable {
        var commit = EpochCommit(
            store: parts.store,
            catalog: parts.catalog,
            fileNamePrefix: "\(properties.pipeline)-claim-\(randomHex())",
            time: parts.time
        )
        _ = try await commit.add(
            table,
            delta: RowDelta(summaryProperties: ["frazil.pipeline": properties.pipeline]),
            properties: values,
            movesBranch: true
        )
        let committed = try await commit.run(patience: patience)
        guard let loaded = committed[table.identifier] else {
            throw PipelineError(.conflict, "the ledger changed while the pipeline started")
        }
        return loaded
    }
}

/// Keeps names of tables with slashes and other marks of paths inside their folder.
func percentEncodedPathSegment(_ name: String) -> String {
    var encoded = ""
    for byte in name.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let digits = String(byte, radix: 16, uppercase: true)
            // An underscore and not a percent sign: readers disagree on percent signs in paths.
            encoded += "_x" + (digits.count == 1 ? "0" : "") + digits
        }
    }
    return encoded == "." || encoded == ".." ? "_x2E" + encoded.dropFirst() : encoded
}
