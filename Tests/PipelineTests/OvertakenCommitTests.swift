import Catalog
import ChangeModel
import Iceberg
import ObjectStore
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import Testing

/// What others do between a commit of ours and our look at what became of it.
@Suite("Commits that others came after")
struct OvertakenCommitTests: ForeignWork {
    /// S1.14: the table's property outlives the snapshot.
    @Test(
        "a commit of which nobody knows came through although its snapshot has expired since",
        arguments: [true, false]
    )
    func expiredBeforeItWasKnown(commitsTablesTogether: Bool) async throws {
        let rig = try await filledRig(commitsTablesTogether: commitsTablesTogether)
        let orders = rig.names[0]
        try await run(
            rig,
            .unknownOvertaken,
            interruptedBy: {
                let whole = try await rig.lakeRows(orders)
                try await add(
                    rows: [30: ScriptedRow(name: "foreign", amount: nil)],
                    to: orders,
                    rig
                )
                try await expireAll(of: orders, rig)
                #expect(whole[11] == ScriptedRow(name: "new", amount: nil))
            }
        ) {
            [(orders, .insert(id: 11, name: "new"))]
        }
        rig.source.commit([(orders, .insert(id: 30, name: "ours")), (orders, .delete(id: 1))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    @Test(
        "a commit of ours that a compaction followed before we looked is gone on from as the table is",
        arguments: [DeleteMode.auto, .equality]
    )
    func compactedBeforeItWasKnown(deletes: DeleteMode) async throws {
        var rig = try await filledRig()
        rig.deletes = deletes
        rig.source.state.withLock { $0.sendsEveryValue = deletes == .equality }
        // Each transaction is an epoch, and all of them are of one session.
        rig.bytesMax = 1
        let orders = rig.names[0]
        rig.source.commit([(orders, .update(id: 3, name: "first")), (orders, .delete(id: 4))])
        try await run(
            rig,
            .unknownOvertaken,
            interruptedBy: { [rig] in
                _ = try await rewriteAllFiles(
                    of: rig.loaded(orders),
                    catalog: rig.catalog,
                    store: rig.store,
                    fileName: "foreign",
                    nowMilliseconds: 1_000
                )
            }
        ) {
            [(orders, .update(id: 3, name: "second")), (orders, .delete(id: 5))]
        }
        try await rig.expectEqualTables()
        rig.source.commit([(orders, .update(id: 6, name: "six")), (orders, .delete(id: 3))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }

    @Test("what came through with a table that was dropped since is kept in the other tables")
    func droppedBeforeItWasKnown() async throws {
        let rig = try await filledRig()
        let (orders, items) = (rig.names[0], rig.names[1])
        let identifier = try await rig.loaded(items).identifier
        try await run(
            rig,
            .unknownOvertaken,
            interruptedBy: { try await rig.catalog.dropTable(identifier) }
        ) {
            [(orders, .insert(id: 11, name: "new")), (items, .insert(id: 11, name: "new"))]
        }
        rig.source.commit([(orders, .delete(id: 1)), (items, .delete(id: 2))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
    }
}
