import Catalog
public import ChangeModel
import PipelineConfig
public import SourceInterface
import TableModel

/// What a comparison of source and lake found.
public struct VerificationReport: Sendable {
    public struct Difference: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case missingInLake = "missing in the lake"
            case onlyInLake = "only in the lake"
            case valuesDiffer = "values differ"
        }

        /// The key's values, as text.
        public var key: String
        public var kind: Kind
    }

    public struct Table: Sendable {
        public var name: SourceTableName
        public var rowsCompared: Int
        /// The first differing keys.
        public var differences: [Difference]
        public var differenceCount: Int
        /// Source columns that the lake does not have.
        public var missingColumns: [String]
        /// Why the table could not be compared.
        public var problem: String?

        public var isEqual: Bool {
            differenceCount == 0 && missingColumns.isEmpty && problem == nil
        }
    }

    public var tables: [Table]
    /// The source position that the lake was compared at.
    public var position: SourcePosition
    /// Whether the lake had reached that position.
    public var lakeReachedPosition: Bool

    public var isEqual: Bool { tables.allSatisfy(\.isEqual) }
}

/// Compares source and lake row by row.
///
/// The source is read under one view at position P1, the lake at a position Q that covers P1, and
/// keys that differ are read from the source again at P2, after the lake was read. A key whose row
/// is the same at P1 and P2 must read so at Q too; one that changed in between is compared again.
/// So the comparison is exact although both sides move.
public func verifyPipeline(_ parts: PipelineParts) async throws -> VerificationReport {
    let runner = PipelineRunner(parts, stop: StopSignal())
    let inventory = try await runner.replicableInventory()
    guard !inventory.tables.isEmpty else {
        if let refused = inventory.refused.first { throw refused.error }
        throw PipelineError(.configuration, "no table of the source matches source.tables")
    }
    var report = VerificationReport(
        tables: [],
        position: SourcePosition(""),
        lakeReachedPosition: true
    )
    for table in inventory.tables {
        let verification = TableVerification(runner: runner, current: table)
        let result = try await verification.run()
        report.tables.append(result.table)
        report.position = result.position
        report.lakeReachedPosition = report.lakeReachedPosition && result.lakeReachedPosition
    }
    for refused in inventory.refused {
        report.tables.append(
            VerificationReport.Table(
                name: refused.name,
                rowsCompared: 0,
                differences: [],
                differenceCount: 0,
                missingColumns: [],
                problem: refused.error.description
            )
        )
    }
    report.tables.sort { $0.name < $1.name }
    return report
}

extension PipelineRunner {
    /// How long a lake that does not move is waited for.
    var lakePatience: Duration {
        let interval = parts.configuration.commit.intervalMilliseconds
        return .milliseconds(min(max(2 * interval, 2_000), 30_000))
    }

    /// Waits until the lake covers a source position, as long as it is moving there.
    func waitForLake(toCover position: SourcePosition, patience: Duration) async throws -> Bool {
        var last: SourcePosition?
        var lastMoved = ContinuousClock.now
        while true {
            let loaded = try await parts.catalog.loadTable(
                Ledger.identifier(pipeline: parts.configuration.pipeline)
            )
            guard let loaded else {
                throw PipelineError(
                    .lake,
                    "the lake holds nothing of pipeline \(properties.pipeline) yet",
                    remedy: "Run frazil run first"
                )
            }
            let now = Ledger(loaded: loaded, properties: properties).position
            if let now, parts.source.isCovered(position, by: now) { return true }
            guard patience > .zero else { return false }
            if now != last {
                last = now
                lastMoved = .now
            } else if ContinuousClock.now - lastMoved > patience {
                return false
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
