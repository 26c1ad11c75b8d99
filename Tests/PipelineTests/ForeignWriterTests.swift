import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import ObjectStore
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import Testing

/// What others do to the tables, between two runs and under a running one.
@Suite("Tables that others write to")
struct ForeignWriterTests: ForeignWork {
    @Test("one who commits more often than the interval does not hold the pipeline up")
    func busyWriter() async throws {
        var rig = try await filledRig()
        let orders = rig.names[0]
        let time = SimulatedTime()
        rig.time = time
        rig.intervalMilliseconds = 1000
        var parts = try rig.parts()
        parts.catalog = BusyNeighbour(
            of: rig.catalog,
            store: rig.store,
            table: TableIdentifier(namespace: ["shop"], name: "orders"),
            periodMilliseconds: 400,
            time: time
        )
        let stop = StopSignal()
        let run = Task { [parts] in
            defer { stop.request() }
            return try await runPipeline(parts, untilCaughtUp: false, stop: stop)
        }
        rig.source.commit([(orders, .insert(id: 11, name: "new")), (orders, .delete(id: 1))])
        while !stop.isRequested, try await rig.lakeRows(orders)[11] == nil {
            try await Task.sleep(for: .milliseconds(5))
        }
        stop.request()
        _ = try await run.value
        try await rig.expectEqualTables()
    }

    /// T206.
    @Test("what an older instance has under way when a newer one begins never arrives")
    func fencing() async throws {
        let rig = try await filledRig()
        let orders = rig.names[0]
        let before = try await rig.loaded(orders).metadata.currentSnapshotID
        rig.source.commit([(orders, .insert(id: 11, name: "new"))])
        let newer = try rig.parts()
        let faults = FaultPlan<ProcessCatalog.Fault>()
        var older = newer
        older.catalog = ProcessCatalog(
            rig.catalog,
            lifeline: Lifeline(),
            faults: faults,
            foreignWriter: {
                // The newer one says that it is there, and does no more.
                rig.catalog.plan(.dieAfter, atCommit: 1)
                await #expect(throws: MemoryCatalog.Death.self) {
                    try await runPipeline(newer, untilCaughtUp: true, stop: StopSignal())
                }
            }
        )
        // Its first commit is its own claim, the second one the epoch.
        faults.plan(.foreignWriter, atCall: 2)
        let error = await #expect(throws: PipelineError.self) {
            try await runPipeline(older, untilCaughtUp: true, stop: StopSignal())
        }
        #expect(error?.kind == .overtaken)
        #expect(try await rig.loaded(orders).metadata.currentSnapshotID == before)
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    /// T075.
    @Test("a table that was dropped and made by somebody else stops, the others go on")
    func recreated() async throws {
        let rig = try await filledRig()
        let (orders, items) = (rig.names[0], rig.names[1])
        let old = try await rig.loaded(orders)
        try await rig.catalog.dropTable(old.identifier)
        _ = try await rig.catalog.createTable(
            old.identifier,
            schema: try old.metadata.currentSchema(),
            partitionSpec: nil,
            properties: [:],
            location: "memory:///other"
        )
        rig.source.commit([
            (orders, .insert(id: 11, name: "x")), (items, .insert(id: 11, name: "y")),
        ])
        let report = try await rig.runUntilCaughtUp()
        #expect(report.stoppedTables.map(\.table) == [orders])
        let reason = report.stoppedTables.first?.error.description ?? ""
        #expect(reason.contains("does not belong to shop.orders of pipeline shop"))
        #expect(try await rig.lakeRows(items)[11] == ScriptedRow(name: "y", amount: nil))
        #expect(try await rig.loaded(orders).metadata.currentSnapshotID == nil)
    }

    /// T075 while the pipeline runs: its commit finds another table of the same name.
    @Test("a table that is dropped and made anew under a running pipeline gets no rows of it")
    func recreatedWhileRunning() async throws {
        let rig = try await filledRig()
        let (orders, items) = (rig.names[0], rig.names[1])
        let old = try await rig.loaded(orders)
        let report = try await run(
            rig,
            interruptedBy: {
                try await rig.catalog.dropTable(old.identifier)
                _ = try await rig.catalog.createTable(
                    old.identifier,
                    schema: try old.metadata.currentSchema(),
                    partitionSpec: nil,
                    properties: [:],
                    location: "memory:///other"
                )
            }
        ) {
            [(orders, .insert(id: 11, name: "x")), (items, .insert(id: 11, name: "y"))]
        }
        #expect(report.stoppedTables.map(\.table) == [orders])
        #expect(try await rig.lakeRows(items)[11] == ScriptedRow(name: "y", amount: nil))
        #expect(try await rig.loaded(orders).metadata.currentSnapshotID == nil)
    }

    @Test("a table that somebody dropped is copied anew, under a running pipeline as well")
    func dropped() async throws {
        let rig = try await filledRig()
        let orders = rig.names[0]
        let identifier = try await rig.loaded(orders).identifier
        try await rig.catalog.dropTable(identifier)
        rig.source.commit([(orders, .update(id: 3, name: "x"))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        try await run(rig, interruptedBy: { try await rig.catalog.dropTable(identifier) }) {
            [(orders, .update(id: 4, name: "y")), (orders, .delete(id: 5))]
        }
        try await rig.expectEqualTables()
    }

    /// T076 while the pipeline runs.
    @Test("a table that is rolled back under a running pipeline stops with the reason")
    func rolledBackWhileRunning() async throws {
        let rig = try await filledRig()
        let (orders, items) = (rig.names[0], rig.names[1])
        let first = try #require(try await rig.loaded(orders).metadata.currentSnapshotID)
        rig.source.commit([(orders, .insert(id: 11, name: "x"))])
        try await rig.runUntilCaughtUp()
        let report = try await run(
            rig,
            interruptedBy: {
                let main = SnapshotReference(snapshotID: first, kind: .branch)
                try await commit(
                    rig,
                    to: orders,
                    [.setSnapshotReference(name: SnapshotReference.main, main)]
                )
            }
        ) {
            [(orders, .insert(id: 12, name: "y")), (items, .insert(id: 11, name: "z"))]
        }
        #expect(report.stoppedTables.map(\.table) == [orders])
        let reason = report.stoppedTables.first?.error.description ?? ""
        #expect(reason.contains("was moved back"))
        #expect(try await rig.loaded(orders).metadata.currentSnapshotID == first)
        #expect(try await rig.lakeRows(items)[11] == ScriptedRow(name: "z", amount: nil))
    }

    /// T077 and T079: rows that others delete, write anew and add, under a running pipeline.
    @Test("rows that others delete and add count as rows of the table from then on")
    func foreignRows() async throws {
        let rig = try await filledRig()
        let orders = rig.names[0]
        rig.source.state.withLock { $0.sendsEveryValue = true }
        try await run(
            rig,
            interruptedBy: {
                // Row 3 goes, row 20 comes, and all lie in another file.
                try await replaceRows(of: orders, rig) { rows in
                    rows[3] = nil
                    rows[20] = ScriptedRow(name: "foreign", amount: nil)
                }
            }
        ) {
            [
                (orders, .update(id: 3, name: "changed")), (orders, .delete(id: 4)),
                (orders, .insert(id: 20, name: "ours")), (orders, .update(id: 5, name: "five")),
            ]
        }
        // T010: told of, once, with the number of rows.
        #expect(
            rig.log.lines(with: "rows that the lake does not hold") == [
                "warning the source changed rows that the lake does not hold; run frazil verify rows=1 "
                    + "table=shop.orders"
            ]
        )
        // The update brings row 3 back whole; an insert replaces a foreign row of the same key.
        try await rig.expectEqualTables()
    }

    @Test("so do rows of a table without a key")
    func foreignRowsWithoutKey() async throws {
        let rig = PipelineRig(["orders", "items"])
        let items = rig.names[1]
        rig.source.state.withLock { $0.keyless = items }
        rig.source.commit((1...10).map { (items, .insert(id: $0, name: "row \($0)")) })
        try await rig.runUntilCaughtUp()
        try await run(
            rig,
            interruptedBy: {
                // Row 3 goes, row 20 comes, and all lie in another file.
                try await replaceRows(of: items, rig) { rows in
                    rows[3] = nil
                    rows[20] = ScriptedRow(name: "foreign", amount: nil)
                }
            },
            changes: {
                [
                    (items, .delete(id: 3)), (items, .update(id: 4, name: "four")),
                    (items, .delete(id: 5)),
                ]
            }
        )
        var expected = rig.sourceRows(items)
        // Nothing tells it from a row of ours.
        expected[20] = ScriptedRow(name: "foreign", amount: nil)
        #expect(try await rig.lakeRows(items) == expected)
        #expect(rig.log.lines(with: "rows that the lake does not hold").count == 1)
    }

    /// T080.
    @Test("when every snapshot of ours has expired, the next run goes on where the last one ended")
    func expired() async throws {
        let rig = try await filledRig()
        let (orders, items) = (rig.names[0], rig.names[1])
        for name in rig.names {
            try await replaceRows(of: name, rig) { _ in }
            try await expireAll(of: name, rig)
        }
        let copies = rig.source.state.withLock { $0.snapshotsOpened }
        rig.source.commit([(orders, .update(id: 3, name: "x")), (items, .delete(id: 4))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(rig.source.state.withLock { $0.snapshotsOpened } == copies)
    }

    /// T081.
    @Test("a column that somebody adds stays, and is NULL in rows of ours")
    func foreignColumn() async throws {
        let rig = try await filledRig()
        let orders = rig.names[0]
        try await run(
            rig,
            interruptedBy: {
                let metadata = try await rig.loaded(orders).metadata
                var schema = try metadata.currentSchema()
                schema.fields.append(
                    SchemaField(
                        id: metadata.lastColumnID + 1,
                        name: "theirs",
                        type: .string,
                        isRequired: false
                    )
                )
                try await commit(
                    rig,
                    to: orders,
                    [.addSchema(schema), .setCurrentSchema(TableUpdate.lastAdded)]
                )
            }
        ) {
            [(orders, .update(id: 3, name: "x")), (orders, .insert(id: 11, name: "y"))]
        }
        try await rig.expectEqualTables()
        let names = try await rig.loaded(orders).metadata.currentSchema().fields.map(\.name)
        #expect(names == ["id", "name", "amount", "theirs"])
    }

    /// T081: the values of rows that do not change would be lost.
    @Test("a table that lost a column of ours stops with the reason until it has it again")
    func droppedColumn() async throws {
        let rig = try await filledRig()
        let (orders, items) = (rig.names[0], rig.names[1])
        var schema = try await rig.loaded(orders).metadata.currentSchema()
        let whole = schema.schemaID
        schema.fields.removeAll { $0.name == "name" }
        try await commit(
            rig,
            to: orders,
            [.addSchema(schema), .setCurrentSchema(TableUpdate.lastAdded)]
        )
        rig.source.commit([
            (orders, .update(id: 3, name: "x")), (items, .insert(id: 11, name: "y")),
        ])
        let report = try await rig.runUntilCaughtUp()
        #expect(report.stoppedTables.map(\.table) == [orders])
        let reason = report.stoppedTables.first?.error.description ?? ""
        #expect(reason.hasPrefix("somebody dropped 1 of the 3 columns that shop.orders has"))
        #expect(try await rig.lakeRows(items)[11] == ScriptedRow(name: "y", amount: nil))
        try await commit(rig, to: orders, [.setCurrentSchema(whole)])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }
}
