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
    /// - Parameter addedCount: Manifests the new snapshot adds to the list besides.
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
                guard let merged = try await merge(bin, files: &files) else { continue }
                for manifest in bin { replaced[manifest.path] = .some(nil) }
                if let first = bin.first { replaced[first.path] = merged }
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

    /// - Returns: `nil` when the manifests spell their partitions differently and must stay apart.
    private static func merge(
        _ bin: [ManifestFile],
        files: inout SnapshotFiles
    ) async throws -> ManifestFile? {
        var contents: [ManifestContents] = []
        for manifest in bin {
            contents.append(try await ManifestReader.read(manifest, store: files.store))
        }
        guard let first = bin.first, let type = contents.first?.partitionType,
            contents.allSatisfy({ $0.partitionType == type })
        else { return nil }
        var writer = try files.startManifest(
            content: first.content,
            specID: first.specID,
            partitionType: type
        )
        for entry in contents.flatMap(\.entries) where entry.isLive { try writer.keep(entry) }
        return try await files.finishManifest(writer)
    }
}
