import Catalog
import Iceberg
import SourceInterface
import TableCommit

extension EpochCommit {
    /// Adds the ledger: a row for each changed table, and the position of the whole lake.
    mutating func addLedger(
        _ ledger: Ledger,
        entries: [Ledger.Entry],
        epoch: Int,
        position: SourcePosition,
        properties: LakeProperties,
        nowMicroseconds: Int64,
        committedAtMicroseconds: Int64?,
        cut: NamedCut?
    ) async throws {
        var delta = RowDelta()
        if !entries.isEmpty {
            delta.dataFiles = [
                try await ledger.write(
                    entries,
                    epoch: epoch,
                    position: position,
                    fileNamePrefix: "\(properties.pipeline)-\(epoch)-\(randomHex())",
                    committedAtMicroseconds: nowMicroseconds,
                    store: store
                )
            ]
            delta.summaryProperties = properties.summary(
                epoch: epoch,
                from: ledger.position ?? position,
                to: position
            )
        }
        var values = [
            properties.position: position.text, properties.epoch: String(epoch),
        ]
        if let committedAtMicroseconds {
            values[properties.sourceCommittedAt] = String(committedAtMicroseconds)
        }
        if cut != nil { values[properties.cutAt] = String(nowMicroseconds) }
        _ = try await add(
            ledger.loaded,
            delta: delta,
            properties: values,
            references: { cut?.updates(of: ledger.loaded.metadata, snapshotID: $0) ?? [] }
        )
    }
}
