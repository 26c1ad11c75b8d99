import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import SourceInterface
import TableCommit

/// Makes copied tables visible, one commit a table together with the ledger's row for it.
actor CopyCommitter {
    private let parts: PipelineParts
    private let properties: LakeProperties
    private let patience: any CommitPatience
    private var ledger: Ledger
    private var done: [LakeTable] = []
    private var lastCommit: Task<Void, any Error>?

    init(
        parts: PipelineParts,
        properties: LakeProperties,
        ledger: Ledger,
        patience: any CommitPatience
    ) {
        self.parts = parts
        self.patience = patience
        self.properties = properties
        self.ledger = ledger
    }

    func finished() -> (ledger: Ledger, tables: [LakeTable]) { (ledger, done) }

    /// Unique among all files of the lake.
    nonisolated func fileNamePrefix() -> String {
        "\(properties.pipeline)-copy-\(randomHex())"
    }

    /// Replaces whatever the table holds by the copied files.
    ///
    /// Workers finish tables at the same time, and an actor lets another call in at every await:
    /// commits stand in line, because each builds on the ledger that the one before it left.
    func commit(
        _ table: TableToCopy,
        files: [DataFile],
        watermark: SourcePosition
    ) async throws {
        let previous = lastCommit
        let commit = Task {
            _ = await previous?.result
            try await commitNow(table, files: files, watermark: watermark)
        }
        lastCommit = commit
        try await commit.value
    }

    private func commitNow(
        _ toCopy: TableToCopy,
        files: [DataFile],
        watermark: SourcePosition
    ) async throws {
        let table = toCopy.lake
        let epoch = ledger.epoch + 1
        let start = ledger.position ?? watermark
        var commit = EpochCommit(
            store: parts.store,
            catalog: parts.catalog,
            fileNamePrefix: "\(properties.pipeline)-\(epoch)-\(randomHex())",
            time: parts.time
        )
        let rows = files.reduce(0) { $0 + Int($1.recordCount) }
        let delta = RowDelta(
            dataFiles: files,
            replacesAllFiles: table.loaded.metadata.currentSnapshotID != nil,
            summaryProperties: properties.summary(epoch: epoch, from: start, to: watermark)
        )
        let snapshotID = try await commit.add(
            table.loaded,
            schemaUpdates: toCopy.schemaUpdates,
            delta: delta,
            properties: [
                properties.position: watermark.text, properties.epoch: String(epoch),
                properties.columns: table.columnsProperty,
            ],
            snapshotProperty: properties.snapshot
        )
        let entries =
            snapshotID.map {
                [
                    Ledger.Entry(
                        table: table.loaded.identifier,
                        snapshotID: $0,
                        rowsWritten: rows,
                        rowsDeleted: 0
                    )
                ]
            } ?? []
        try await commit.addLedger(
            ledger,
            entries: entries,
            epoch: epoch,
            position: start,
            properties: properties,
            nowMicroseconds: parts.time.microsecondsSince1970(),
            committedAtMicroseconds: nil,
            cut: nil
        )
        FailPoint.copyFilesWritten.reach()
        let committed = try await commit.run(patience: patience)
        FailPoint.copyCommitted.reach()
        guard let loaded = committed[table.loaded.identifier],
            let ledgerLoaded = committed[ledger.loaded.identifier]
        else {
            throw PipelineError(
                .conflict,
                "\(table.loaded.identifier) was dropped when it had been copied"
            )
        }
        ledger.loaded = ledgerLoaded
        var finished = table
        finished.loaded = loaded
        done.append(finished)
        parts.progress.committed(
            CommittedEpoch(
                number: epoch,
                position: watermark,
                tables: 1,
                rowsWritten: rows,
                rowsDeleted: 0
            )
        )
    }
}

/// Eight random hex digits for file names.
func randomHex() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}

/// A reference that crosses tasks although its type is not `Sendable`.
///
/// `@unchecked Sendable`: whoever wraps a value makes sure that one task or thread uses it at a
/// time; snapshot readers are used by the one read they were handed to, the runner by reads only.
final class UncheckedReference<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
