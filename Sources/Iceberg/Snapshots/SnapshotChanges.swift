internal import Diagnostics
public import ObjectStore

/// What one snapshot did to a table's files.
public struct SnapshotChange: Sendable {
    public var snapshot: Snapshot
    public var addedDataFiles: [LiveFile] = []
    public var removedDataFiles: [DataFile] = []
    public var addedDeleteFiles: [LiveFile] = []
    public var removedDeleteFiles: [DataFile] = []

    public init(snapshot: Snapshot) { self.snapshot = snapshot }

    /// Whether rows are other ones after it; a rewrite of files changes none.
    public var changesRows: Bool { snapshot.summary.operation != .replace }
}

extension TableMetadata {
    /// What happened between two snapshots of one line of descent, oldest first.
    ///
    /// Of each snapshot's manifests only those are read that it added.
    ///
    /// - `from`: The older snapshot, whose own changes are left out; `nil` for the beginning.
    /// - `to`: The newer one.
    ///
    /// - Returns: `nil` when `from` is no ancestor of `to` that is still known: the branch was set
    ///   back, or history expired.
    /// - Throws: `FormatError` or `StoreError`.
    public func changes(
        from: Int64?,
        to: Int64,
        store: any ObjectStore
    ) async throws -> [SnapshotChange]? {
        guard let snapshots = snapshots(from: from, to: to) else { return nil }
        var changes: [SnapshotChange] = []
        for snapshot in snapshots {
            changes.append(try await change(of: snapshot, store: store))
        }
        return changes
    }

    /// The snapshots after `from` up to `to`, oldest first; `nil` as of ``changes(from:to:store:)``.
    public func snapshots(from: Int64?, to: Int64) -> [Snapshot]? {
        let ids = ancestorSnapshotIDs(of: to)
        guard ids.first == to else { return nil }
        let wanted: ArraySlice<Int64>
        if let from {
            guard let index = ids.firstIndex(of: from) else { return nil }
            wanted = ids[..<index]
        } else {
            // The first one of all has no parent, others have one that expired.
            guard let oldest = ids.last, snapshot(id: oldest)?.parentSnapshotID == nil else {
                return nil
            }
            wanted = ids[...]
        }
        return wanted.reversed().compactMap { snapshot(id: $0) }
    }

    private func change(
        of snapshot: Snapshot,
        store: any ObjectStore
    ) async throws -> SnapshotChange {
        var change = SnapshotChange(snapshot: snapshot)
        for manifest in try await manifests(of: snapshot, store: store)
        where manifest.addedSnapshotID == snapshot.snapshotID {
            let contents = try await ManifestReader.read(manifest, store: store)
            for entry in contents.entries where entry.snapshotID == snapshot.snapshotID {
                change.count(entry, manifestPath: manifest.path)
            }
        }
        return change
    }
}

extension SnapshotChange {
    fileprivate mutating func count(_ entry: ManifestEntry, manifestPath: String) {
        switch (entry.status, entry.file.content) {
        case (.existing, _): return
        case (.added, .data):
            if let file = LiveFile(entry, manifestPath: manifestPath) {
                addedDataFiles.append(file)
            }
        case (.added, _):
            if let file = LiveFile(entry, manifestPath: manifestPath) {
                addedDeleteFiles.append(file)
            }
        case (.deleted, .data): removedDataFiles.append(entry.file)
        case (.deleted, _): removedDeleteFiles.append(entry.file)
        }
    }
}
