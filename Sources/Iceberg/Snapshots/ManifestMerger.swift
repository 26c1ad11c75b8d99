/// Merges small manifests, so that planning a scan stays cheap after many small commits.
enum ManifestMerger {
    private struct Group: Hashable {
        var content: ManifestFile.Content
        var specID: Int32
    }

    /// The same files in fewer manifests, when a group has more small ones than the limit.
    ///
    /// Live entries become EXISTING with the snapshot id, both sequence numbers and the row id they
    /// had; DELETED ones belong to snapshots before and are left out.
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

    /// Merges the manifests of a bin, which are of one spec.
    ///
    /// The first one is replaced by the merged one, the others by nothing.
    private static func merge(
        _ bin: [ManifestFile],
        files: inout SnapshotFiles,
        replaced: inout [String: ManifestFile?]
    ) async throws {
        let sources = bin.map(\.path)
        let written: WrittenManifest
        if let earlier = files.merged[sources] {
            written = earlier
        } else {
            written = try await write(bin, files: &files)
            files.merged[sources] = written
        }
        for path in sources { replaced[path] = .some(nil) }
        replaced[sources[0]] = written.assigned(sequenceNumber: files.sequenceNumber)
    }

    private static func write(
        _ bin: [ManifestFile],
        files: inout SnapshotFiles
    ) async throws -> WrittenManifest {
        let first = try await ManifestReader.read(bin[0], store: files.store)
        var writer = try files.startManifest(
            content: bin[0].content,
            specID: bin[0].specID,
            inherited: first.partitionType
        )
        for entry in first.entries where entry.isLive { try writer.keep(entry) }
        for manifest in bin.dropFirst() {
            let contents = try await ManifestReader.read(manifest, store: files.store)
            for entry in contents.entries where entry.isLive { try writer.keep(entry) }
        }
        return try await files.finishManifest(writer)
    }
}
