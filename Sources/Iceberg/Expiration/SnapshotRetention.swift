/// How long snapshots, branches and tags are kept that say nothing about it themselves.
///
/// Source: Iceberg specification, "Snapshot Retention Policy".
public struct SnapshotRetention: Hashable, Sendable {
    /// Of each branch, its newest one included.
    public var minSnapshotsToKeep: Int
    public var maxSnapshotAgeMilliseconds: Int64
    /// Of branches and tags other than `main`.
    public var maxReferenceAgeMilliseconds: Int64

    public init(
        minSnapshotsToKeep: Int = 1,
        maxSnapshotAgeMilliseconds: Int64 = 5 * 24 * 60 * 60 * 1000,
        maxReferenceAgeMilliseconds: Int64 = .max
    ) {
        self.minSnapshotsToKeep = minSnapshotsToKeep
        self.maxSnapshotAgeMilliseconds = maxSnapshotAgeMilliseconds
        self.maxReferenceAgeMilliseconds = maxReferenceAgeMilliseconds
    }

    /// What a table's properties ask for; what they leave out, or is no positive number, is as of
    /// ``init(minSnapshotsToKeep:maxSnapshotAgeMilliseconds:maxReferenceAgeMilliseconds:)``.
    ///
    /// Source: Iceberg's `history.expire.*`.
    public init(properties: [String: String]) {
        func number(_ name: String) -> Int64? {
            properties["history.expire.\(name)"].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
        self.init()
        if let count = number("min-snapshots-to-keep") { minSnapshotsToKeep = Int(count) }
        if let age = number("max-snapshot-age-ms") { maxSnapshotAgeMilliseconds = age }
        if let age = number("max-ref-age-ms") { maxReferenceAgeMilliseconds = age }
    }
}
