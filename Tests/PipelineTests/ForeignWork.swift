import Catalog
import ChangeModel
import Columns
import Iceberg
import ObjectStore
import Parquet
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import TableWriter
import Testing

/// Suites in which somebody else works on the tables.
protocol ForeignWork {}

extension ForeignWork {
    /// A pipeline whose two tables hold rows 1 to 10.
    func filledRig(commitsTablesTogether: Bool = true) async throws -> PipelineRig {
        let rig = PipelineRig(
            ["orders", "items"],
            commitsTablesTogether: commitsTablesTogether
        )
        for name in rig.names {
            rig.source.commit((1...10).map { (name, .insert(id: $0, name: "row \($0)")) })
        }
        try await rig.runUntilCaughtUp()
        return rig
    }

    func commit(
        _ rig: PipelineRig,
        to name: SourceTableName,
        _ updates: [TableUpdate]
    ) async throws {
        let table = try await rig.loaded(name)
        let outcome = try await rig.catalog.commit([
            TableChange(
                identifier: table.identifier,
                base: table,
                requirements: [],
                updates: updates
            )
        ])
        guard case .committed = outcome else { throw RigError("\(outcome)") }
    }

    /// Leaves the current snapshot only.
    func expireAll(of name: SourceTableName, _ rig: PipelineRig) async throws {
        let metadata = try await rig.loaded(name).metadata
        let old = metadata.snapshots.map(\.snapshotID).filter { $0 != metadata.currentSnapshotID }
        #expect(!old.isEmpty)
        try await commit(rig, to: name, [.removeSnapshots(old)])
    }

    /// Runs the pipeline; something happens between the last look at the tables and the commit.
    @discardableResult
    func run(
        _ rig: PipelineRig,
        _ fault: ProcessCatalog.Fault = .foreignWriter,
        interruptedBy foreign: @escaping @Sendable () async throws -> Void,
        changes: () -> [(SourceTableName, ScriptedChange)]
    ) async throws -> RunReport {
        rig.source.commit(changes())
        let faults = FaultPlan<ProcessCatalog.Fault>()
        var parts = try rig.parts()
        let state = Flag()
        parts.catalog = ProcessCatalog(
            rig.catalog,
            lifeline: Lifeline(),
            faults: faults,
            foreignWriter: {
                try await foreign()
                state.set()
            }
        )
        // Its first commit is its own claim, the second one the epoch.
        faults.plan(fault, atCall: 2)
        let report = try await runPipeline(parts, untilCaughtUp: true, stop: StopSignal())
        #expect(state.isSet)
        return report
    }

    /// Writes the rows of a table anew, with changes, as a foreign engine does that copies on write.
    func replaceRows(
        of name: SourceTableName,
        _ rig: PipelineRig,
        _ change: (inout [Int64: ScriptedRow]) -> Void
    ) async throws {
        var rows = try await rig.lakeRows(name)
        change(&rows)
        try await add(rows: rows, to: name, rig, replacingAll: true)
    }

    func add(
        rows: [Int64: ScriptedRow],
        to name: SourceTableName,
        _ rig: PipelineRig,
        replacingAll: Bool = false
    ) async throws {
        let table = try await rig.loaded(name)
        let tag = "foreign-\(UInt64.random(in: 0 ... .max))"
        let fields = Array(try table.metadata.currentSchema().fields.prefix(3))
        let writer = try await DataFileWriter(
            store: rig.store,
            path: "\(table.metadata.location)/data/\(tag).parquet",
            fields: fields.map(ParquetField.init),
            options: ParquetWriterOptions()
        )
        try await writer.append(columns(of: rows, fields))
        let produced = try await SnapshotProducer.produce(
            base: table.metadata,
            delta: RowDelta(
                dataFiles: [try await writer.finish()],
                replacesAllFiles: replacingAll,
                // Told apart from a snapshot of ours that says nothing of itself.
                summaryProperties: ["frazil.pipeline": "none of ours"]
            ),
            store: rig.store,
            fileNamePrefix: tag,
            newSnapshotID: table.metadata.unusedSnapshotID(),
            nowMilliseconds: 1
        )
        try await commit(rig, to: name, produced.updates)
    }

    func columns(of rows: [Int64: ScriptedRow], _ fields: [SchemaField]) -> [Column] {
        let builder = BatchBuilder(
            types: fields.map(\.type.physicalType),
            expectedRows: rows.count
        )
        for (id, row) in rows.sorted(by: { $0.key < $1.key }) {
            row.append(id: id, to: builder)
        }
        return builder.finishColumns()
    }
}

/// Set once, by anybody.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

struct RigError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
