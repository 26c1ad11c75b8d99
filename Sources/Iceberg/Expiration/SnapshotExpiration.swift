/// Which snapshots, branches and tags of a table have had their time.
///
/// A plan: nothing is changed before its updates are committed, and no file may be deleted before
/// that.
///
/// Source: Iceberg specification, "Snapshot Retention Policy".
public struct SnapshotExpiration: Sendable {
    /// Branches and tags that go, by name.
    public let references: [String]
    /// Snapshots that go, in the table's order.
    public let snapshots: [Snapshot]
    let metadata: TableMetadata
    let kept: [Snapshot]

    /// - `retention`: What the table's properties say when `nil`.
    /// - `nowMilliseconds`: The time that ages are counted to.
    /// - Throws: ``TableUpdateError`` `.invalid` when the table's property `gc.enabled` is false:
    ///   other tables may use its files.
    public init(
        of metadata: TableMetadata,
        retention: SnapshotRetention? = nil,
        nowMilliseconds: Int64
    ) throws(TableUpdateError) {
        guard metadata.properties["gc.enabled"]?.lowercased() != "false" else {
            throw TableUpdateError(
                .invalid,
                "snapshots of \(metadata.location) cannot be expired: its property gc.enabled is "
                    + "false"
            )
        }
        let retention = retention ?? SnapshotRetention(properties: metadata.properties)
        func isOlder(_ id: Int64, than age: Int64) -> Bool {
            guard let snapshot = metadata.snapshot(id: id) else { return true }
            let (now, time) = (nowMilliseconds, snapshot.timestampMilliseconds)
            return now > time && now - time > age
        }
        let expired = metadata.refs.filter { name, reference in
            guard name != SnapshotReference.main else { return false }
            let age =
                reference.maxReferenceAgeMilliseconds ?? retention.maxReferenceAgeMilliseconds
            return isOlder(reference.snapshotID, than: age)
        }
        references = expired.keys.sorted()
        var ids: Set<Int64> = []
        var onBranches: Set<Int64> = []
        for (name, reference) in metadata.refs where expired[name] == nil {
            ids.insert(reference.snapshotID)
            onBranches.insert(reference.snapshotID)
            guard reference.kind == .branch else { continue }
            let age = reference.maxSnapshotAgeMilliseconds ?? retention.maxSnapshotAgeMilliseconds
            let count = reference.minSnapshotsToKeep.map { Int($0) } ?? retention.minSnapshotsToKeep
            let line = metadata.ancestorSnapshotIDs(of: reference.snapshotID)
            onBranches.formUnion(line)
            for (index, id) in line.enumerated() {
                guard index < count || !isOlder(id, than: age) else { break }
                ids.insert(id)
            }
        }
        // A snapshot of no branch may be one that somebody is about to publish.
        for snapshot in metadata.snapshots where !onBranches.contains(snapshot.snapshotID) {
            if !isOlder(snapshot.snapshotID, than: retention.maxSnapshotAgeMilliseconds) {
                ids.insert(snapshot.snapshotID)
            }
        }
        self.metadata = metadata
        kept = metadata.snapshots.filter { ids.contains($0.snapshotID) }
        snapshots = metadata.snapshots.filter { !ids.contains($0.snapshotID) }
    }

    public var isEmpty: Bool { references.isEmpty && snapshots.isEmpty }

    /// Remove the branches and tags, then the snapshots.
    public var updates: [TableUpdate] {
        var updates = references.map { TableUpdate.removeSnapshotReference(name: $0) }
        if !snapshots.isEmpty { updates.append(.removeSnapshots(snapshots.map(\.snapshotID))) }
        return updates
    }

    /// Every branch and tag is where it was: one that moved may need what is to go.
    public var requirements: [TableRequirement] {
        [.assertTableUUID(metadata.tableUUID)]
            + metadata.refs.sorted { $0.key < $1.key }.map { name, reference in
                .assertReferenceSnapshotID(reference: name, reference.snapshotID)
            }
    }
}
