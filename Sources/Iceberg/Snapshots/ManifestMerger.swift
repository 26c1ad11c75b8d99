internal import Avro

/// Merges small manifests, so that planning a scan stays cheap after many small commits.
enum ManifestMerger {
    private struct Group: Hashable {
        var content: ManifestFile.Content
        var specID: Int32
    }

    /// The same files in fewer manifests, when a group has more small ones than the limit.
    ///
    /// Live entries become EXISTING with the snapshot id and both sequence numbers they had;
    /// DELETED ones belong to snapshots before and are left out.
    ///
    /// - `addedCount`: Manifests the new snapshot adds to the list besides.
    static func merge(
        _ manifests: [ManifestFile],
        addedCount: Int,
        files: inout SnapshotFiles
    ) async throws -> [ManifestFile] {
        let groups = Dictionary(grouping: manifests) { manifest in
            Group(content: manifest.content, specID: manifest.specID)
        }
        var replaced: [String: ManifestFile?] = [:]
        for members in groups.values {
            let small = members.filter { $0.lengthBytes < SnapshotProducer.manifestTargetBytes }
            guard small.count + addedCount > SnapshotProducer.smallManifestsMax else { continue }
            for bin in bins(of: small) where bin.count > 1 {
                try await merge(bin, files: &files, replaced: &replaced)
            }
        }
        return manifests.compactMap { manifest in
            guard let replacement = replaced[manifest.path] else { return manifest }
            return replacement
        }
    }

    /// Neighbours in the list whose sizes add up to no more than the target.
    private static func bins(of manifests: [ManifestFile]) -> [[ManifestFile]] {
        var bins: [[ManifestFile]] = []
        var bin: [ManifestFile] = []
        var binBytes: Int64 = 0
        for manifest in manifests {
            if !bin.isEmpty, binBytes + manifest.lengthBytes > SnapshotProducer.manifestTargetBytes
            {
                bins.append(bin)
                bin = []
                binBytes = 0
            }
            bin.append(manifest)
            binBytes += manifest.lengthBytes
        }
        bins.append(bin)
        return bins
    }

    /// Merges the manifests of a bin that spell their partitions alike; others stay apart.
    ///
    /// The first of those merged is replaced by the merged one, the others by nothing.
    private static func merge(
        _ bin: [ManifestFile],
        files: inout SnapshotFiles,
        replaced: inout [String: ManifestFile?]
    ) async throws {
        var members: [AvroSchema: [(manifest: ManifestFile, contents: ManifestContents)]] = [:]
        for manifest in bin {
            let contents = try await ManifestReader.read(manifest, store: files.store)
            let type = try AvroSchema(json: contents.partitionType.json, file: manifest.path)
            members[type, default: []].append((manifest, contents))
        }
        for alike in members.values where alike.count > 1 {
            guard let first = alike.first else { continue }
            var writer = try files.startManifest(
                content: first.manifest.content,
                specID: first.manifest.specID,
                partitionType: first.contents.partitionType
            )
            for entry in alike.flatMap(\.contents.entries) where entry.isLive {
                try writer.keep(entry)
            }
            for member in alike { replaced[member.manifest.path] = .some(nil) }
            replaced[first.manifest.path] = try await files.finishManifest(writer)
        }
    }
}
