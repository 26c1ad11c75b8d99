import ChangeModel
import Glibc
import SourceInterface

/// Opens the view from which tables are filled, so that stream and snapshot fit exactly.
struct SnapshotOpener {
    let configuration: PostgresSourceConfiguration
    let countSpecialValues: @Sendable (Int) -> Void

    /// Opens the view of these tables.
    ///
    /// `slotIsFresh` says that the slot was made after all of the tables were published; then no
    /// writer can have begun before the publication.
    func open(tables: [SourceTable], slotIsFresh: Bool) throws -> PostgresSnapshot {
        let side = try PostgresConnection(configuration)
        let names = tables.map(\.name)
        // Before the snapshot, so that nothing below it can be missing from both.
        let start = try ServerPosition.slotPosition(configuration.slotName, side) ?? .zero
        if !slotIsFresh { try waitForWriters(of: names, side) }
        try settleCommits(side)

        let coordinator = try PostgresConnection(configuration)
        _ = try coordinator.query(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            doing: "begin the snapshot's transaction"
        )
        try lock(names, coordinator)
        let row =
            try coordinator.query(
                "SELECT pg_catalog.pg_export_snapshot(), pg_catalog.pg_current_snapshot()",
                doing: "export a snapshot"
            ).first ?? []
        guard row.count == 2, let exportedName = row[0],
            let snapshot = row[1].flatMap({ VisibilitySnapshot(text: $0) })
        else {
            throw SourceError(.malformedEvent, "could not export a snapshot: unexpected answer")
        }
        try compare(tables, coordinator)
        let horizon = try ServerPosition.head(side)
        let view = PostgresPosition.View(snapshot: snapshot, horizon: horizon)
        return PostgresSnapshot(
            configuration: configuration,
            position: PostgresPosition(start, view: view),
            exportedName: exportedName,
            coordinator: coordinator,
            countSpecialValues: countSpecialValues
        )
    }

    /// Locks come before the transaction's snapshot, which its first query takes.
    private func lock(_ names: [SourceTableName], _ connection: PostgresConnection) throws {
        _ = try connection.query(
            "SET LOCAL lock_timeout = '\(Limits.tableLockTimeoutSeconds)s'",
            doing: "set a lock timeout"
        )
        for name in names {
            do {
                _ = try connection.rows(
                    of: "LOCK TABLE ONLY \(SQLText.table(name)) IN ACCESS SHARE MODE"
                )
            } catch let failure as ServerFailure {
                throw failure.sourceError(
                    doing: "lock \(name) against being rewritten during the snapshot",
                    remedy: failure.state == "55P03"
                        ? "Somebody holds or waits for an exclusive lock on it; try again when "
                            + "that has ended" : nil
                )
            }
        }
    }

    /// A table that changed since the inventory would be copied with the wrong columns.
    private func compare(_ tables: [SourceTable], _ connection: PostgresConnection) throws {
        let chosen = Set(tables.map(\.name))
        let reader = CatalogReader(connection: connection, types: TypeCatalog())
        let current = try TableInventory(reader: reader).read { chosen.contains($0) }.inventory
        for table in tables {
            let now = current.tables.first { $0.name == table.name }
            let isSame =
                now?.keyColumns == table.keyColumns
                && now?.columns.map(\.name) == table.columns.map(\.name)
                && now?.columns.map(\.type) == table.columns.map(\.type)
            guard isSame else {
                let refusal = current.refused.first { $0.name == table.name }
                throw refusal?.error
                    ?? SourceError(
                        .connection,
                        "could not open a snapshot: \(table.name) changed its columns meanwhile",
                        remedy: "Start again"
                    )
            }
        }
    }

    /// Waits for transactions that wrote to a table before it was published: the stream leaves out
    /// what they wrote until then, and a snapshot does not see it before they end.
    private func waitForWriters(
        of names: [SourceTableName],
        _ connection: PostgresConnection
    ) throws {
        let list =
            "{"
            + names.map { name in
                "\""
                    + SQLText.table(name).map {
                        $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0)
                    }.joined() + "\""
            }.joined(separator: ",") + "}"
        let writers = """
            SELECT DISTINCT l.virtualtransaction, l.pid, l.relation::regclass::text
            FROM pg_catalog.pg_locks l
            WHERE l.locktype = 'relation' AND l.granted
              AND l.relation = ANY ($1::text[]::regclass[]::oid[])
              AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                'AccessExclusiveLock')
            """
        let doing = "look for transactions that write to the tables"
        let first = try connection.query(writers, [list], doing: doing)
        var waiting = Set(first.compactMap(\.first).compactMap { $0 })
        let start = MonotonicClock.milliseconds
        while !waiting.isEmpty {
            let current = try connection.query(writers, [list], doing: doing)
            waiting.formIntersection(current.compactMap(\.first).compactMap { $0 })
            if waiting.isEmpty { break }
            if MonotonicClock.milliseconds - start > Limits.writerWaitSecondsMax * 1000 {
                let row = current.first {
                    $0.first.map { $0.map(waiting.contains) ?? false } ?? false
                }
                throw SourceError(
                    .connection,
                    "could not open a snapshot: process \(row?[1] ?? "of a prepared transaction") "
                        + "has written to \(row?[2] ?? "a table") and not ended its transaction "
                        + "for \(Limits.writerWaitSecondsMax) s",
                    remedy: "End that transaction"
                )
            }
            usleep(50_000)
        }
    }

    /// Lets transactions become visible whose commit is in the log already.
    ///
    /// The two happen a moment apart. Ones that run on for longer are not about to commit.
    private func settleCommits(_ connection: PostgresConnection) throws {
        func snapshot() throws -> VisibilitySnapshot? {
            try connection.query(
                "SELECT pg_catalog.pg_current_snapshot()",
                doing: "read the running transactions"
            ).first?.first?.flatMap { VisibilitySnapshot(text: $0) }
        }
        guard let first = try snapshot() else { return }
        let start = MonotonicClock.milliseconds
        while let current = try snapshot(), current.minimumID < first.maximumID,
            MonotonicClock.milliseconds - start < Limits.commitSettleMillisecondsMax
        {
            usleep(20_000)
        }
    }
}

/// Time that only goes forward.
enum MonotonicClock {
    static var milliseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1000 &+ time.tv_nsec / 1_000_000
    }
}
