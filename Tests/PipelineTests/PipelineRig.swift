import Catalog
import ChangeModel
import Columns
import Diagnostics
import Iceberg
import Logging
import ObjectStore
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import TableScan
import Testing

/// How rows are deleted.
enum RigMode: CaseIterable {
    case position, equality, vectors

    static let all = Array(allCases)
}

/// A pipeline with everything around it in memory.
struct PipelineRig {
    let source: ScriptedSource
    let catalog: MemoryCatalog
    let store = MemoryObjectStore()
    let names: [SourceTableName]
    var deletes = DeleteMode.auto
    var formatVersion = 2
    var bytesMax = 64 << 20
    var intervalMilliseconds = 1
    var time: any TimeSource = SystemTime()
    var cuts: CutConfiguration?
    var index = IndexConfiguration()
    var keysReadAtStart = 1000
    var compaction = CompactionMode.auto
    var foldedBytesPerEpoch: Int64 = 16 << 20
    var secrets = FingerprintSecrets()
    let log = LogBook()
    /// Held back while a test wants no index to be read.
    let gate = Gate()

    init(
        _ tables: [String],
        deletes: DeleteMode = .auto,
        commitsTablesTogether: Bool = true
    ) {
        catalog = MemoryCatalog(commitsTablesTogether: commitsTablesTogether)
        names = tables.map { SourceTableName(schema: "shop", table: $0) }
        source = ScriptedSource(names)
        self.deletes = deletes
        // Without an index there is nothing to take unchanged values from.
        source.state.withLock { $0.sendsEveryValue = deletes == .equality }
    }

    init(_ tables: [String], _ mode: RigMode) {
        self.init(tables, deletes: mode == .equality ? .equality : .auto)
        formatVersion = mode == .vectors ? 3 : 2
    }

    func parts() throws -> PipelineParts {
        var parts = PipelineParts(
            configuration: PipelineConfiguration(
                pipeline: "shop",
                source: SourceConfiguration(
                    type: .mysql,
                    url: try SourceURL("mysql://user@127.0.0.1:3306"),
                    tables: try TableFilter(["shop.*"])
                ),
                lake: LakeConfiguration(
                    catalog: .sqlite(path: "unused"),
                    warehouse: "memory:///lake",
                    formatVersion: formatVersion
                ),
                commit: CommitConfiguration(
                    intervalMilliseconds: intervalMilliseconds,
                    bytesMax: bytesMax
                ),
                deletes: deletes,
                compaction: compaction,
                index: index,
                cuts: cuts
            ),
            source: source,
            catalog: catalog,
            store: GatedStore(store, gate),
            log: log.logger,
            progress: SilentProgress(),
            time: time,
            keysReadAtStart: keysReadAtStart,
            foldedBytesPerEpoch: foldedBytesPerEpoch
        )
        parts.secrets = secrets
        return parts
    }

    /// Runs until the source's log of this moment is in the lake.
    @discardableResult
    func runUntilCaughtUp() async throws -> RunReport {
        try await runPipeline(try parts(), untilCaughtUp: true, stop: StopSignal())
    }

    func loaded(_ name: SourceTableName) async throws -> LoadedTable {
        try #require(
            try await catalog.loadTable(
                TableIdentifier(namespace: [name.schema], name: name.table)
            )
        )
    }

    /// The live rows of a lake table; fails on a key that is there twice.
    func lakeRows(_ name: SourceTableName) async throws -> [Int64: ScriptedRow] {
        let metadata = try await loaded(name).metadata
        let fields = Array(try metadata.currentSchema().fields.prefix(3))
        var rows: [Int64: ScriptedRow] = [:]
        try await TableScan(table: metadata, store: store).forEachBatch(fields: fields) { batch in
            for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
                let row = Int(row)
                let id = batch.columns[0].value(at: row, as: Int64.self)
                let amount = batch.columns[2]
                let value = ScriptedRow(
                    name: batch.columns[1].string(at: row),
                    amount: amount.isNull(row) ? nil : amount.value(at: row, as: Int64.self)
                )
                #expect(rows.updateValue(value, forKey: id) == nil, "key \(id) is there twice")
            }
        }
        return rows
    }

    func sourceRows(_ name: SourceTableName) -> [Int64: ScriptedRow] {
        source.state.withLock { $0.tables[name] ?? [:] }
    }

    func expectEqualTables(_ comment: Comment? = nil) async throws {
        for name in names {
            let lake = try await lakeRows(name)
            let source = sourceRows(name)
            let wrong = Set(lake.keys).union(source.keys).filter { lake[$0] != source[$0] }
            #expect(wrong.sorted() == [], comment)
            try await expectTidyFiles(name, comment)
        }
    }

    /// No data file has more than one delete file, the snapshot's totals are right, and what our
    /// snapshots say of themselves stays small, as all of it is written anew with each commit.
    private func expectTidyFiles(_ name: SourceTableName, _ comment: Comment?) async throws {
        let metadata = try await loaded(name).metadata
        let live = try await metadata.liveFiles(store: store)
        let positional = live.deleteFiles.filter { $0.file.content == .positionDeletes }
        let perFile = Dictionary(grouping: positional, by: \.file.referencedDataFile)
        #expect(perFile.values.allSatisfy { $0.count == 1 }, comment)
        for snapshot in metadata.snapshots {
            let ours = snapshot.summary.properties.filter { $0.key.hasPrefix("frazil.") }
            // Others rewrite files in some of the tests.
            #expect(snapshot.summary.operation == .replace || !ours.isEmpty, comment)
            let bytes = ours.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            #expect(bytes < 2048, comment)
        }
        let properties = metadata.properties.filter { $0.key.hasPrefix("frazil.") }
        let bytes = properties.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        #expect(bytes < 2048, comment)
        guard let summary = metadata.currentSnapshot?.summary else { return }
        #expect(summary["total-data-files"] == String(live.dataFiles.count), comment)
        #expect(summary["total-delete-files"] == String(live.deleteFiles.count), comment)
        let positions = positional.reduce(0) { $0 + $1.file.recordCount }
        #expect(summary["total-position-deletes"] == String(positions), comment)
    }
}

struct SilentProgress: ProgressReporter {
    func snapshotStarted(tables: [SourceTable]) {}
    func snapshotAdvanced(table: SourceTableName, rows: Int) {}
    func snapshotFinished(table: SourceTableName, rows: Int) {}
    func committed(_ epoch: CommittedEpoch) {}
}
