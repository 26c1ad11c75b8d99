import Iceberg
import ObjectStore
import TableModel

/// Operations on whole files, on the table's shape, and on its history.
extension SampleTable {
    /// Writes the live rows of all files anew, as a compaction does.
    func rewrite() async throws {
        let live = try await metadata.liveFiles(store: store)
        let old = rows
        rows = []
        let files = try await write(old.map(\.values))
        try await commit(
            .rewrite(
                of: live.dataFiles,
                as: files,
                dataSequenceNumber: metadata.lastSequenceNumber
            )
        )
    }

    /// Writes the files anew that hold some rows, with these rows changed: copy on write.
    func overwrite(
        where isHit: (Row) -> Bool,
        changing change: (inout [Int32: SingleValue]) -> Void
    ) async throws {
        let live = try await metadata.liveFiles(store: store)
        let paths = Set(rows.filter(isHit).map(\.path))
        let read = rows.filter { paths.contains($0.path) }
        rows.removeAll { paths.contains($0.path) }
        let files = try await write(
            read.map { row in
                var values = row.values
                if isHit(row) { change(&values) }
                return values
            }
        )
        try await commit(
            .overwrite(
                of: live.dataFiles.filter { paths.contains($0.file.path) },
                as: files,
                basis: .snapshot(metadata.currentSnapshotID)
            )
        )
    }

    /// Puts rows in the place of all that are in their partitions.
    func overwritePartitions(with newRows: [[Int32: SingleValue]]) async throws {
        guard let spec = metadata.defaultPartitionSpec else {
            throw SampleFailure("\(name) has no default spec")
        }
        let partitions = RowPartitions(spec: spec, schema: try metadata.currentSchema())
        let replaced = Set(try partitions.groups(of: newRows).map(\.tuple))
        rows = try rows.filter { !replaced.contains(try partitions.tuple(of: $0.values)) }
        try await commit(.overwrite(with: try await write(newRows)))
    }

    func evolveSchema(_ steps: (inout SchemaEvolution) throws -> Void) async throws {
        var evolution = try SchemaEvolution(of: metadata)
        try steps(&evolution)
        try await commit(try evolution.updates(), requirements: evolution.requirements)
    }

    func evolvePartitions(_ steps: (inout PartitionEvolution) throws -> Void) async throws {
        var evolution = try PartitionEvolution(of: metadata)
        try steps(&evolution)
        try await commit(try evolution.updates(), requirements: evolution.requirements)
    }

    /// Tags the current snapshot.
    func tag(_ name: String) async throws {
        let change = try metadata.settingTag(name, to: try currentSnapshotID())
        try await commit(change.updates, requirements: change.requirements)
        rowsByReference[name] = rows
    }

    /// Makes a branch at the current snapshot and adds rows to it, which `main` does not see.
    func append(_ newRows: [[Int32: SingleValue]], toBranch branch: String) async throws {
        let change = try metadata.settingBranch(branch, to: try currentSnapshotID())
        try await commit(change.updates, requirements: change.requirements)
        let onMain = rows
        var delta = RowDelta(dataFiles: try await write(newRows))
        delta.branch = branch
        try await commit(delta)
        rowsByReference[branch] = rows
        rows = onMain
    }

    private func currentSnapshotID() throws -> Int64 {
        guard let id = metadata.currentSnapshotID else {
            throw SampleFailure("\(name) has no snapshot")
        }
        return id
    }

    /// Expires all but the newest snapshots, and deletes every file that nothing leads to.
    func expire(keeping count: Int) async throws {
        let expiration = try SnapshotExpiration(
            of: metadata,
            retention: SnapshotRetention(minSnapshotsToKeep: count, maxSnapshotAgeMilliseconds: 1),
            nowMilliseconds: metadata.lastUpdatedMilliseconds + 1000
        )
        let files = try await expiration.unreachableFiles(store: store)
        let unused = try await expiration.unusedMetadata(store: store)
        guard !files.contentFiles.isEmpty, !files.manifests.isEmpty, !unused.isEmpty else {
            throw SampleFailure("nothing of \(name) expired")
        }
        try await commit(expiration.updates + unused, requirements: expiration.requirements)
        for path in files.all { try await store.delete(path) }
    }
}
