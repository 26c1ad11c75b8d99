import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import Logging
import ObjectStore
import PipelineConfig
import SourceInterface
import TableCommit
import TableModel
import TableWriter

extension StreamLoop {
    /// Commits the epoch if it may end here and one of its limits is reached.
    ///
    /// - Returns: Whether everything up to the newest boundary is now durable.
    func commitWhenDue() async throws -> Bool {
        guard isAtBoundary, let boundary else { return false }
        let mustEnd =
            runner.stop.isRequested || boundary.hasReachedTarget
            || streams.values.contains(where: \.needsCopy)
        let hasChanges = streams.values.contains(where: \.hasChanges)
        if hasChanges {
            guard mustEnd || isLarge || isIntervalOver else { return false }
            return try await commitEpoch()
        }
        epochBegan = nil
        let hasMoved = boundary.position != ledger.position
        let ledgerIsOld =
            parts.time.now() - ledgerWritten >= .seconds(Limits.idleLedgerSeconds)
        if hasMoved, mustEnd || ledgerIsOld { return try await commitEpoch() }
        // Nothing of ours lies before the boundary, so the source need not keep its log for us.
        if hasMoved { parts.source.acknowledge(boundary.position) }
        return mustEnd
    }

    private var isIntervalOver: Bool {
        guard let epochBegan else { return false }
        if runner.hasLostRace { return true }
        let interval = Duration.milliseconds(parts.configuration.commit.intervalMilliseconds)
        return parts.time.now() - epochBegan >= interval
    }

    /// Makes all tables' changes up to the newest boundary visible in one commit.
    func commitEpoch() async throws -> Bool {
        guard let boundary else { return false }
        let number = ledger.epoch + 1
        var commit = EpochCommit(
            store: parts.store,
            catalog: parts.catalog,
            fileNamePrefix: "\(runner.properties.pipeline)-\(number)-\(randomHex())",
            time: parts.time
        )
        let contents: EpochContents
        do {
            contents = try await collect(&commit, number: number, boundary: boundary)
        } catch {
            await commit.abandon()
            throw error
        }
        try await finish(commit, number: number, boundary: boundary, contents)
        return true
    }

    /// The tables that an epoch changes, and what the ledger says of them.
    private struct EpochContents {
        var streams: [TableStream] = []
        /// By table, the snapshot that it gets.
        var snapshotIDs: [SourceTableName: Int64] = [:]
        var entries: [Ledger.Entry] = []
    }

    /// Adds every table with changes to the commit, then the ledger.
    private func collect(
        _ commit: inout EpochCommit,
        number: Int,
        boundary: SourceBoundary
    ) async throws -> EpochContents {
        let start = ledger.position ?? boundary.position
        let summary = runner.properties.summary(epoch: number, from: start, to: boundary.position)
        let cut = dueCut(epoch: number)
        var contents = EpochContents()
        // An epoch that ended by its size is followed by the next one at once: there is no time.
        let mayFold = !isLarge && parts.configuration.compaction == .auto
        var foldableBytes = mayFold ? parts.foldedBytesPerEpoch : 0
        for stream in streams.values.sorted(by: { $0.name < $1.name }) where stream.hasChanges {
            guard
                let part = try await stream.contribute(
                    epoch: number,
                    position: boundary.position,
                    folding: foldableBytes > 0 ? FoldingPolicy(bytesMax: foldableBytes) : nil
                )
            else { continue }
            foldableBytes -= part.files.foldedBytes
            FailPoint.filesWritten.reach()
            noteMissingKeys(part.files.missingKeys, of: stream)
            if let error = stream.stopError { runner.reportStopped(stream.name, error) }
            var delta = RowDelta(
                dataFiles: part.files.dataFiles,
                deleteFiles: part.files.deleteFiles,
                replacesAllFiles: part.files.replacesAllFiles,
                summaryProperties: summary,
                operation: part.files.changesRows ? nil : .replace,
                // The commit demands that the branch has not moved since.
                basis: .snapshot(stream.lake.loaded.metadata.currentSnapshotID)
            )
            for file in part.files.removedFiles { delta.remove(file) }
            let snapshotID = try await commit.add(
                stream.lake.loaded,
                schemaUpdates: part.schemaUpdates,
                delta: delta,
                properties: part.properties,
                removedProperties: part.removedProperties,
                snapshotProperty: runner.properties.snapshot,
                references: { cut?.updates(of: stream.lake.loaded.metadata, snapshotID: $0) ?? [] }
            )
            contents.streams.append(stream)
            if let snapshotID {
                contents.snapshotIDs[stream.name] = snapshotID
                contents.entries.append(
                    Ledger.Entry(
                        table: stream.lake.loaded.identifier,
                        snapshotID: snapshotID,
                        rowsWritten: part.files.rowsWritten,
                        rowsDeleted: part.files.rowsDeleted
                    )
                )
            }
        }
        if let cut {
            contents.streams += try await tagUnchanged(
                cut,
                except: contents.streams,
                in: &commit
            )
        }
        try await commit.addLedger(
            ledger,
            entries: contents.entries,
            epoch: number,
            position: boundary.position,
            properties: runner.properties,
            nowMicroseconds: parts.time.microsecondsSince1970(),
            committedAtMicroseconds: newestCommitMicroseconds,
            cut: cut
        )
        return contents
    }

    private func finish(
        _ commit: EpochCommit,
        number: Int,
        boundary: SourceBoundary,
        _ contents: EpochContents
    ) async throws {
        let committed = try await commit.run(patience: runner.patience)
        FailPoint.beforeAcknowledgement.reach()
        for stream in contents.streams {
            if let loaded = committed[stream.lake.loaded.identifier] {
                stream.committed(loaded, snapshotID: contents.snapshotIDs[stream.name])
            }
        }
        try await settleIndexes(changed: contents.streams)
        if let loaded = committed[ledger.loaded.identifier] { ledger.loaded = loaded }
        parts.source.acknowledge(boundary.position)
        FailPoint.acknowledged.reach()
        epochBegan = nil
        isCatchingUp = isLarge
        isLarge = false
        runner.hasLostRace = false
        ledgerWritten = parts.time.now()
        runner.report.epochsCommitted += 1
        runner.reportSpecialValues()
        parts.progress.committed(
            CommittedEpoch(
                number: number,
                position: boundary.position,
                tables: contents.entries.count,
                rowsWritten: contents.entries.reduce(0) { $0 + $1.rowsWritten },
                rowsDeleted: contents.entries.reduce(0) { $0 + $1.rowsDeleted }
            )
        )
    }

    /// A delete or update of a key that the lake does not hold: the two differed before.
    private func noteMissingKeys(_ count: Int, of stream: TableStream) {
        guard count > 0 else { return }
        parts.log.warning(
            "the source changed rows that the lake does not hold; run frazil verify",
            metadata: ["table": "\(stream.name)", "rows": "\(count)"]
        )
    }
}
