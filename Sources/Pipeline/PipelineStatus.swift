import Catalog
public import ChangeModel
import Diagnostics
import Iceberg
import PipelineConfig
public import SourceInterface
public import TableModel

/// Where a pipeline is, read from lake and source; no running program is needed.
public struct PipelineStatus: Sendable {
    public enum Phase: String, Sendable {
        /// The lake has no such table yet.
        case absent
        /// The table is there; its first copy is not whole.
        case copying
        case streaming
        case stopped
        case refused
    }

    public struct Table: Sendable {
        public var name: SourceTableName
        public var lakeTable: TableIdentifier
        public var phase: Phase
        /// Live rows, as the snapshot's totals tell.
        public var rows: Int64
        public var position: SourcePosition?
        public var lastSnapshotID: Int64?
        public var lastSnapshotAtMilliseconds: Int64?
        /// Deleted rows that readers still have to step over, as a part of all rows in files.
        public var deleteRatio: Double
        /// Deletes by key that readers still have to apply, each to all older files: a table whose
        /// key index is being read, or has no memory.
        public var deletesByKey: Int64 = 0
        /// Why it is stopped or refused.
        public var reason: String?
    }

    public var pipeline: String
    public var epoch: Int
    /// Every transaction up to here is in the lake.
    public var position: SourcePosition?
    /// Seconds since the source committed what is newest in the lake; zero when nothing is behind.
    public var lagSeconds: Double?
    public var lagBytes: Int?
    public var tables: [Table]
}

/// Reads the state of a pipeline.
public func pipelineStatus(_ parts: PipelineParts) async throws -> PipelineStatus {
    let runner = PipelineRunner(parts, stop: StopSignal())
    let source = parts.source
    let inventory = try await runner.replicableInventory()
    let ledger = try await parts.catalog.loadTable(
        Ledger.identifier(pipeline: parts.configuration.pipeline)
    ).map { Ledger(loaded: $0, properties: runner.properties) }
    var status = PipelineStatus(
        pipeline: parts.configuration.pipeline,
        epoch: ledger?.epoch ?? 0,
        position: ledger?.position,
        tables: []
    )
    if let position = ledger?.position {
        let (lag, isCurrent) = try await onBlockingThread("lag") {
            (
                try source.lagBytes(behind: position),
                source.isCovered(try source.headPosition(), by: position)
            )
        }
        status.lagBytes = lag
        status.lagSeconds = isCurrent ? 0 : ledger?.secondsSinceSourceCommit
    }
    for table in inventory.tables {
        status.tables.append(try await runner.status(of: table))
    }
    for refused in inventory.refused {
        status.tables.append(
            PipelineStatus.Table(
                name: refused.name,
                lakeTable: runner.lakeIdentifier(of: refused.name),
                phase: .refused,
                rows: 0,
                deleteRatio: 0,
                reason: refused.error.description
            )
        )
    }
    status.tables.sort { $0.name < $1.name }
    return status
}

extension Ledger {
    fileprivate var secondsSinceSourceCommit: Double? {
        sourceCommittedAtMicroseconds.map {
            Double(SystemTime().microsecondsSince1970() - $0) / 1_000_000
        }
    }
}

extension PipelineRunner {
    fileprivate func status(of table: SourceTable) async throws -> PipelineStatus.Table {
        let identifier = lakeIdentifier(of: table.name)
        var status = PipelineStatus.Table(
            name: table.name,
            lakeTable: identifier,
            phase: .absent,
            rows: 0,
            deleteRatio: 0
        )
        guard let loaded = try await parts.catalog.loadTable(identifier) else { return status }
        let metadata = loaded.metadata
        if let snapshot = metadata.currentSnapshot {
            let records = snapshot.summary.count("total-records") ?? 0
            let deletes = snapshot.summary.count("total-position-deletes") ?? 0
            let equalityDeletes = snapshot.summary.count("total-equality-deletes") ?? 0
            status.rows = max(0, records - deletes - equalityDeletes)
            status.deletesByKey = equalityDeletes
            status.deleteRatio =
                records > 0 ? Double(deletes + equalityDeletes) / Double(records) : 0
            status.lastSnapshotID = snapshot.snapshotID
            status.lastSnapshotAtMilliseconds = snapshot.timestampMilliseconds
        }
        status.position = metadata.properties[properties.position].map { SourcePosition($0) }
        status.phase = status.position == nil ? .copying : .streaming
        if let reason = metadata.properties[properties.stopped] {
            status.phase = .stopped
            status.reason = reason
        }
        return status
    }
}
