public import ObjectStore

/// Files of a table that can be deleted, each path once and in order.
public struct UnreachableFiles: Hashable, Sendable {
    /// Data files, delete files and files of deletion vectors.
    public var contentFiles: [String]
    public var manifests: [String]
    public var manifestLists: [String]
    public var statisticsFiles: [String]

    /// All of them, those that lead to others last.
    public var all: [String] { contentFiles + statisticsFiles + manifests + manifestLists }
}

extension SnapshotExpiration {
    /// The files that nothing leads to once the updates are committed.
    ///
    /// Reads the manifest lists of all snapshots, the manifests that only snapshots which go have,
    /// and of the others as many as it takes until none of those files is left in question.
    /// Memory: the paths of files in manifests that go, and one manifest.
    ///
    /// - Throws: `FormatError` and `StoreError`; a list or manifest that is missing is an error, as
    ///   nobody knows what was in it.
    public func unreachableFiles(store: any ObjectStore) async throws -> UnreachableFiles {
        var keptManifests: [String: ManifestFile] = [:]
        for snapshot in kept {
            for manifest in try await metadata.manifests(of: snapshot, store: store) {
                keptManifests[manifest.path] = manifest
            }
        }
        var gone: [String: ManifestFile] = [:]
        for snapshot in snapshots {
            for manifest in try await metadata.manifests(of: snapshot, store: store)
            where keptManifests[manifest.path] == nil {
                gone[manifest.path] = manifest
            }
        }
        var content: Set<String> = []
        for manifest in gone.values {
            let entries = try await ManifestReader.read(manifest, store: store).entries
            content.formUnion(entries.map(\.file.path))
        }
        for manifest in keptManifests.values where manifest.mayHoldLiveFiles && !content.isEmpty {
            let entries = try await ManifestReader.read(manifest, store: store).entries
            content.subtract(entries.filter(\.isLive).map(\.file.path))
        }
        return UnreachableFiles(
            contentFiles: content.sorted(),
            manifests: gone.keys.sorted(),
            manifestLists: Self.paths(
                snapshots.compactMap(\.manifestList),
                notIn: kept.compactMap(\.manifestList)
            ),
            statisticsFiles: goneStatistics
        )
    }

    private static func paths(_ gone: [String], notIn kept: [String]) -> [String] {
        Set(gone).subtracting(kept).sorted()
    }

    private var goneStatistics: [String] {
        let ids = Set(snapshots.map(\.snapshotID))
        let files =
            metadata.statistics.map { ($0.snapshotID, $0.path) }
            + metadata.partitionStatistics.map { ($0.snapshotID, $0.path) }
        return Self.paths(
            files.filter { ids.contains($0.0) }.map(\.1),
            notIn: files.filter { !ids.contains($0.0) }.map(\.1)
        )
    }

    /// Schemas and partition specs that nothing needs any more: neither the table, nor a snapshot
    /// that stays, nor a manifest of one.
    ///
    /// A schema stays while it is the only one left that knows a column: files and deletes by a
    /// column that was dropped are still read by it. To be committed with the updates; the
    /// requirements are those of the expiration.
    ///
    /// - Throws: `FormatError` and `StoreError`.
    public func unusedMetadata(store: any ObjectStore) async throws -> [TableUpdate] {
        var specIDs: Set<Int32> = [metadata.defaultSpecID]
        var schemaIDs: Set<Int32> = [metadata.currentSchemaID]
        for snapshot in kept {
            if let id = snapshot.schemaID { schemaIDs.insert(id) }
            specIDs.formUnion(
                try await metadata.manifests(of: snapshot, store: store).map(\.specID)
            )
        }
        let schemas = unneededSchemas(beside: schemaIDs)
        let specs = metadata.partitionSpecs.map(\.specID).filter { !specIDs.contains($0) }
        return (specs.isEmpty ? [] : [.removePartitionSpecs(specs)])
            + (schemas.isEmpty ? [] : [.removeSchemas(schemas)])
    }

    private func unneededSchemas(beside needed: Set<Int32>) -> [Int32] {
        let kept = metadata.schemas.filter { needed.contains($0.schemaID) }
        var known = Set(kept.flatMap(\.fieldIDs))
        var unneeded: [Int32] = []
        // Newer ones know the columns of older ones as they were last.
        for schema in metadata.schemas.reversed() where !needed.contains(schema.schemaID) {
            if known.isSuperset(of: schema.fieldIDs) {
                unneeded.append(schema.schemaID)
            } else {
                known.formUnion(schema.fieldIDs)
            }
        }
        return unneeded.sorted()
    }
}
