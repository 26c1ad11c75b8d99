import SourceInterface

/// The names under which a pipeline keeps its state in table properties and snapshot summaries.
///
/// Every name carries the pipeline's, so that several pipelines may share a lake.
struct LakeProperties: Sendable {
    let pipeline: String

    /// The source table that this lake table follows.
    var source: String { "frazil.\(pipeline).source" }
    /// Which table of that name it was, where the source can tell (PostgreSQL's object id).
    var incarnation: String { "frazil.\(pipeline).incarnation" }
    /// Every transaction up to here is in the table.
    ///
    /// Absent until the table's first copy is whole.
    var position: String { "frazil.\(pipeline).position" }
    /// The last epoch that changed the table.
    var epoch: String { "frazil.\(pipeline).epoch" }
    /// The position of a table that is not followed any longer, in place of ``position``.
    ///
    /// Rows after it may be missing, so the table is copied anew should it come back.
    var left: String { "frazil.\(pipeline).left" }
    /// On the ledger: a hash of the names of all tables that are followed.
    var tables: String { "frazil.\(pipeline).tables" }
    /// Our newest snapshot of the table and its sequence number, `id:number`.
    ///
    /// A branch that was moved back no longer has it among its ancestors.
    var snapshot: String { "frazil.\(pipeline).snapshot" }
    /// Field ids of the columns that come from the source, as ``FieldIDRanges`` write them.
    var columns: String { "frazil.\(pipeline).columns" }
    /// Field ids of the key's columns, separated by commas, where Iceberg's own list cannot hold them.
    var key: String { "frazil.\(pipeline).key" }
    /// The partitioning that the pipeline file asked for last.
    ///
    /// As long as it asks for the same, what others made of the table's specs stays.
    var partition: String { "frazil.\(pipeline).partition" }
    /// The sort order that the pipeline file asked for last.
    var sort: String { "frazil.\(pipeline).sort" }
    /// Why the table is not followed any further.
    var stopped: String { "frazil.\(pipeline).stopped" }
    /// On the ledger: which running program wrote last.
    var writer: String { "frazil.\(pipeline).writer" }
    /// On the ledger: when the source committed the newest transaction, microseconds since 1970.
    var sourceCommittedAt: String { "frazil.\(pipeline).source-committed-at" }

    /// On the ledger: when the newest named cut was made, microseconds since 1970.
    var cutAt: String { "frazil.\(pipeline).cut-at" }

    /// Bytes of a position in a summary; a longer one is left out.
    ///
    /// Metadata files hold the summaries of all snapshots and are written anew with each commit,
    /// and the GTID set of many servers takes kilobytes. The whole of it is in ``position``.
    static let summaryPositionBytesMax = 800

    /// What every snapshot of this pipeline says in its summary.
    func summary(
        epoch number: Int,
        from start: SourcePosition,
        to end: SourcePosition
    ) -> [String: String] {
        var summary = ["frazil.pipeline": pipeline, "frazil.epoch": String(number)]
        for (name, position) in [("frazil.epoch-start", start), ("frazil.epoch-end", end)]
        where position.text.utf8.count <= Self.summaryPositionBytesMax {
            summary[name] = position.text
        }
        return summary
    }
}
