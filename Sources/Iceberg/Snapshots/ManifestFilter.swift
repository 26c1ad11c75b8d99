internal import Diagnostics

/// Takes files away from inherited manifests.
enum ManifestFilter {
    struct Result {
        /// Manifests that stay as they are.
        var kept: [ManifestFile] = []
        /// Manifests written anew, with the entries that go as DELETED.
        var rewritten: [ManifestFile] = []
        /// The files that go.
        var removed: [DataFile] = []
    }

    /// Applies the removals of `delta` to the base's manifests.
    ///
    /// Manifests without live files are dropped: their DELETED entries belong to snapshots before.
    static func filter(
        _ manifests: [ManifestFile],
        delta: RowDelta,
        files: inout SnapshotFiles
    ) async throws -> Result {
        var result = Result()
        var missing = delta.removedPaths
        for manifest in manifests {
            guard manifest.mayHoldLiveFiles else { continue }
            // Lists of V1 may lack counts, which a list of V2 must have.
            let lacksCounts =
                manifest.added == nil || manifest.existing == nil
                || manifest.deleted == nil
            guard delta.replacesAllFiles || !missing.isEmpty || lacksCounts else {
                result.kept.append(manifest)
                continue
            }
            let contents = try await ManifestReader.read(manifest, store: files.store)
            let goes = { (entry: ManifestEntry) in
                entry.isLive && (delta.replacesAllFiles || missing.contains(entry.file.path))
            }
            guard contents.entries.contains(where: goes) else {
                result.kept.append(manifest.counting(contents.entries))
                continue
            }
            var writer = try files.startManifest(
                content: manifest.content,
                specID: manifest.specID,
                partitionType: contents.partitionType
            )
            for entry in contents.entries where entry.isLive {
                if goes(entry) {
                    try writer.delete(entry)
                    result.removed.append(entry.file)
                } else {
                    try writer.keep(entry)
                }
            }
            result.rewritten.append(try await files.finishManifest(writer))
            missing.subtract(contents.entries.filter(goes).map(\.file.path))
        }
        guard missing.isEmpty || delta.replacesAllFiles else {
            throw SnapshotError(
                .conflict,
                "\(missing.count) of \(delta.removedPaths.count) files to remove are not in "
                    + "\(files.base.location) any more, \(missing.min() ?? "") among them"
            )
        }
        return result
    }
}

extension ManifestFile {
    /// The same manifest with counts from its entries.
    func counting(_ entries: [ManifestEntry]) -> ManifestFile {
        var counts: [ManifestEntry.Status: ManifestCounts] = [:]
        for entry in entries {
            counts[entry.status, default: ManifestCounts()].files += 1
            counts[entry.status, default: ManifestCounts()].rows += entry.file.recordCount
        }
        var counted = self
        counted.added = counts[.added] ?? ManifestCounts()
        counted.existing = counts[.existing] ?? ManifestCounts()
        counted.deleted = counts[.deleted] ?? ManifestCounts()
        return counted
    }
}
