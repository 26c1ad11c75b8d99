package import Bytes
public import Catalog
public import ChangeModel
public import Diagnostics
public import Logging
public import ObjectStore
public import PipelineConfig
public import SourceInterface

/// What a pipeline is assembled from.
public struct PipelineParts: Sendable {
    public var configuration: PipelineConfiguration
    public var source: any ChangeSource
    public var catalog: any Catalog
    public var store: any ObjectStore
    public var log: Logger
    public var progress: any ProgressReporter
    public var time: any TimeSource
    /// Keys that are read into indexes before the stream begins, over all tables; the indexes of
    /// larger tables are read beside it.
    public var keysReadAtStart: Int
    /// Small older data files that an epoch may read and write anew as one, over all tables, in bytes;
    /// files above a quarter of it are written anew beside the stream.
    public var foldedBytesPerEpoch: Int64
    package var secrets = FingerprintSecrets()
    package var openWriters = Limits.openWriters

    public init(
        configuration: PipelineConfiguration,
        source: any ChangeSource,
        catalog: any Catalog,
        store: any ObjectStore,
        log: Logger,
        progress: any ProgressReporter,
        time: any TimeSource = SystemTime(),
        keysReadAtStart: Int = 5_000_000,
        foldedBytesPerEpoch: Int64 = 16 << 20
    ) {
        self.configuration = configuration
        self.source = source
        self.catalog = catalog
        self.store = store
        self.log = log
        self.progress = progress
        self.time = time
        self.keysReadAtStart = keysReadAtStart
        self.foldedBytesPerEpoch = foldedBytesPerEpoch
    }
}

/// Where the secrets of fingerprints come from, and what is left of hashes: tests make keys collide.
package struct FingerprintSecrets: Sendable {
    package var hashBits = 64
    package var next: @Sendable () -> SipHash128 = { .withRandomKey() }

    package init() {}
}

/// Told about what happens while a pipeline runs; calls come from several threads.
public protocol ProgressReporter: Sendable {
    func snapshotStarted(tables: [SourceTable])
    /// `rows` more rows of the table were read.
    func snapshotAdvanced(table: SourceTableName, rows: Int)
    /// The table is in the lake with `rows` rows.
    func snapshotFinished(table: SourceTableName, rows: Int)
    func committed(_ epoch: CommittedEpoch)
}

/// An epoch that became visible.
public struct CommittedEpoch: Sendable {
    public var number: Int
    public var position: SourcePosition
    public var tables: Int
    public var rowsWritten: Int
    public var rowsDeleted: Int
}

/// How a run ended.
public struct RunReport: Sendable {
    /// Tables that were refused at the start or stopped on the way, and why.
    public var stoppedTables: [(table: SourceTableName, error: SourceError)] = []
    public var epochsCommitted = 0
}

/// A failure of the pipeline itself.
public struct PipelineError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// Somebody else changed the lake's tables meanwhile; starting again from the lake helps.
        case conflict
        /// Another instance of this pipeline took over; this one must end.
        case overtaken
        /// What the lake holds does not fit this pipeline.
        case lake
        /// The program was asked for what cannot be done.
        case configuration
    }

    public var kind: Kind
    public var message: String
    public var remedy: String?

    public init(_ kind: Kind, _ message: String, remedy: String? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    public var description: String {
        guard let remedy else { return message }
        return "\(message). \(remedy)"
    }
}
