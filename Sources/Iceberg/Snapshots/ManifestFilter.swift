internal import Diagnostics

/// A manifest written anew without the files that go, which are in it as DELETED.
struct FilteredManifest: Sendable {
    /// What it was made from, and by which rules beyond those of the delta.
    struct Source: Hashable, Sendable {
        var path: String
        var dropsBelow: Int64
    }

    var written: WrittenManifest
    /// The files that go.
    var removed: [DataFile]
}

/// Takes files away from inherited manifests.
struct ManifestFilter {
    struct Result {
        /// Manifests that stay as they are.
        var kept: [ManifestFile] = []
        /// Manifests written anew.
        var rewritten: [ManifestFile] = []
        /// The files that go.
        var removed: [DataFile] = []
    }

    private let delta: RowDelta
    private var missingPaths: Set<String>
    private var missingDeletePaths: Set<String>
    private var missingVectors: Set<FileKey>
    /// Data files that went, whose deletes go as well.
    private var removedDataFiles: Set<String> = []
    private var removedDataPartitions: Set<Partition> = []
    private var removedDataSpecs: Set<Int32> = []
    /// Data files that get a deletion vector, and may not have one already.
    private let newVectors: Set<String>
    /// The smallest data sequence number of what stays.
    private var minDataSequenceNumber = Int64.max
    private var result = Result()

    /// Whether manifests are only searched for what was last seen in them.
    private let trustsLikelyManifests: Bool

    private init(_ delta: RowDelta, trustsLikelyManifests: Bool) {
        self.delta = delta
        self.trustsLikelyManifests = trustsLikelyManifests
        missingPaths = delta.removedPaths
        missingDeletePaths = delta.removedDeletePaths
        missingVectors = delta.removedVectors
        newVectors = Set(
            delta.deleteFiles.filter(\.isDeletionVector).compactMap(\.referencedDataFile)
        )
    }

    /// Applies the removals of `delta` to the base's manifests.
    ///
    /// Manifests without live files are dropped: their DELETED entries belong to snapshots before.
    /// Deletes that speak only of data files that go, and those older than every row that stays, go
    /// as well.
    ///
    /// - Throws: ``SnapshotError`` `.conflict` when a file that is to go is not live, or a data
    ///   file that gets a deletion vector has another one.
    static func filter(
        _ manifests: [ManifestFile],
        delta: RowDelta,
        files: inout SnapshotFiles
    ) async throws -> Result {
        if !delta.likelyManifests.isEmpty {
            var filter = ManifestFilter(delta, trustsLikelyManifests: true)
            try await filter.run(manifests, &files)
            if filter.isComplete { return filter.result }
            // Some manifest was merged or rewritten since; what was found so far may lack deletes
            // of data files that are found only now.
            files.filtered = [:]
        }
        var filter = ManifestFilter(delta, trustsLikelyManifests: false)
        try await filter.run(manifests, &files)
        try filter.checkNothingIsMissing(files.base)
        return filter.result
    }

    private var isComplete: Bool {
        missingPaths.isEmpty && missingDeletePaths.isEmpty && missingVectors.isEmpty
    }

    private mutating func run(
        _ manifests: [ManifestFile],
        _ files: inout SnapshotFiles
    ) async throws {
        let live = manifests.filter(\.mayHoldLiveFiles)
        for manifest in live where manifest.content == .data {
            try await visit(manifest, &files)
        }
        if !delta.dataFiles.isEmpty {
            let number = delta.dataSequenceNumber ?? files.sequenceNumber
            minDataSequenceNumber = min(minDataSequenceNumber, number)
        }
        for manifest in live where manifest.content == .deletes {
            try await visit(manifest, &files)
        }
    }

    private mutating func visit(
        _ manifest: ManifestFile,
        _ files: inout SnapshotFiles
    ) async throws {
        guard needsReading(manifest) else { return keep(manifest) }
        try await filter(manifest, &files)
    }

    private func needsReading(_ manifest: ManifestFile) -> Bool {
        // Lists of V1 may lack counts, which lists of later versions must have.
        if manifest.added == nil || manifest.existing == nil || manifest.deleted == nil {
            return true
        }
        let isSearched =
            !trustsLikelyManifests || delta.likelyManifests.contains(manifest.path)
        if delta.replacesAllFiles || (isSearched && !missingPaths.isEmpty) { return true }
        if delta.replacedPartitions.contains(where: { $0.specID == manifest.specID }) {
            return true
        }
        guard manifest.content == .deletes else { return false }
        return (isSearched && !(missingVectors.isEmpty && missingDeletePaths.isEmpty))
            || removedDataSpecs.contains(manifest.specID)
            || (!newVectors.isEmpty && delta.basis == .unknown)
            || (dropsOldDeletes && manifest.minSequenceNumber < minDataSequenceNumber)
    }

    /// Deletes grow old only when data files go.
    private var dropsOldDeletes: Bool { !removedDataFiles.isEmpty }

    private mutating func keep(_ manifest: ManifestFile) {
        if manifest.content == .data {
            minDataSequenceNumber = min(minDataSequenceNumber, manifest.minSequenceNumber)
        }
        result.kept.append(manifest)
    }

    private mutating func filter(
        _ manifest: ManifestFile,
        _ files: inout SnapshotFiles
    ) async throws {
        let contents = try await ManifestReader.read(manifest, store: files.store)
        let going = contents.entries.filter { $0.isLive && goes($0) }
        try checkVectors(contents.entries, of: files.base)
        missingPaths.subtract(going.map(\.file.path))
        missingDeletePaths.subtract(going.map(\.file.path))
        missingVectors.subtract(going.map(\.file.key))
        if manifest.content == .data {
            removedDataFiles.formUnion(going.map(\.file.path))
            removedDataPartitions.formUnion(going.map(\.file.inPartition))
            removedDataSpecs.formUnion(going.map(\.file.specID))
        } else {
            try checkRewriteKnowsDeletes(contents.entries, of: files.base)
        }
        guard !going.isEmpty else { return keep(manifest.counting(contents.entries)) }
        let source = FilteredManifest.Source(
            path: manifest.path,
            dropsBelow: manifest.content == .deletes && dropsOldDeletes
                ? minDataSequenceNumber : 0
        )
        let filtered: FilteredManifest
        if let earlier = files.filtered[source] {
            filtered = earlier
        } else {
            filtered = try await write(manifest, contents, &files)
            files.filtered[source] = filtered
        }
        let rewritten = filtered.written.assigned(sequenceNumber: files.sequenceNumber)
        if manifest.content == .data, rewritten.mayHoldLiveFiles {
            minDataSequenceNumber = min(minDataSequenceNumber, rewritten.minSequenceNumber)
        }
        result.rewritten.append(rewritten)
        result.removed += filtered.removed
    }

    private func goes(_ entry: ManifestEntry) -> Bool {
        let file = entry.file
        if delta.replacesAllFiles || delta.replacedPartitions.contains(file.inPartition) {
            return true
        }
        if file.isDeletionVector {
            if missingVectors.contains(file.key) { return true }
        } else if missingPaths.contains(file.path) || missingDeletePaths.contains(file.path) {
            return true
        }
        guard file.content != .data else { return false }
        if let path = file.referencedDataFile, removedDataFiles.contains(path) { return true }
        guard dropsOldDeletes, let number = entry.dataSequenceNumber else { return false }
        return number < minDataSequenceNumber
    }

    private func write(
        _ manifest: ManifestFile,
        _ contents: ManifestContents,
        _ files: inout SnapshotFiles
    ) async throws -> FilteredManifest {
        var removed: [DataFile] = []
        var writer = try files.startManifest(
            content: manifest.content,
            specID: manifest.specID,
            inherited: contents.partitionType
        )
        for entry in contents.entries where entry.isLive {
            if goesOrWent(entry) {
                try writer.delete(entry)
                removed.append(entry.file)
            } else {
                try writer.keep(entry)
            }
        }
        return FilteredManifest(written: try await files.finishManifest(writer), removed: removed)
    }

    /// As ``goes(_:)``, after what goes was struck off what is missing.
    private func goesOrWent(_ entry: ManifestEntry) -> Bool {
        if goes(entry) { return true }
        return entry.file.isDeletionVector
            ? delta.removedVectors.contains(entry.file.key)
            : delta.removedPaths.contains(entry.file.path)
                || delta.removedDeletePaths.contains(entry.file.path)
    }

    /// A data file has one deletion vector; a second one was committed by somebody else meanwhile.
    private func checkVectors(
        _ entries: [ManifestEntry],
        of base: TableMetadata
    ) throws(SnapshotError) {
        guard !newVectors.isEmpty else { return }
        for entry in entries where entry.isLive && entry.file.isDeletionVector {
            guard let path = entry.file.referencedDataFile, newVectors.contains(path),
                !delta.removedVectors.contains(entry.file.key), !goes(entry)
            else { continue }
            throw SnapshotError(
                .conflict,
                "\(path) of \(base.location) has a deletion vector that is not to be replaced"
            )
        }
    }

    /// Files that hold the rows of others hold them as they were read: a delete by position that
    /// came later would go, and its rows be back.
    ///
    /// Deletes by key stay, and apply to the new files as to the old ones.
    private func checkRewriteKnowsDeletes(
        _ entries: [ManifestEntry],
        of base: TableMetadata
    ) throws(SnapshotError) {
        guard let read = delta.dataSequenceNumber, !removedDataFiles.isEmpty else { return }
        for entry in entries where entry.isLive && entry.file.content == .positionDeletes {
            let file = entry.file
            guard let number = entry.dataSequenceNumber, number > read,
                !delta.removedDeletePaths.contains(file.path),
                !delta.removedPaths.contains(file.path), !delta.removedVectors.contains(file.key)
            else { continue }
            // Without a name it may speak of any data file of its partition.
            let isHit =
                file.referencedDataFile.map(removedDataFiles.contains)
                ?? removedDataPartitions.contains(file.inPartition)
            guard isHit else { continue }
            throw SnapshotError(
                .conflict,
                "\(file.path) deletes rows of files in \(base.location) that are rewritten as of "
                    + "sequence number \(read); it has the sequence number \(number)"
            )
        }
    }

    private func checkNothingIsMissing(_ base: TableMetadata) throws(SnapshotError) {
        let missing = missingPaths.union(missingDeletePaths).union(missingVectors.map(\.path))
        guard !missing.isEmpty, !delta.replacesAllFiles else { return }
        throw SnapshotError(
            .conflict,
            "\(missingPaths.count + missingDeletePaths.count + missingVectors.count) of "
                + "\(delta.removedFileCount) files to remove are not "
                + "in \(base.location) any more, \(missing.min() ?? "") among them"
        )
    }
}

extension ManifestFile {
    /// The same manifest with counts from its entries.
    func counting(_ entries: [ManifestEntry]) -> ManifestFile {
        var counts: [ManifestEntry.Status: ManifestCounts] = [:]
        for entry in entries {
            counts[entry.status, default: ManifestCounts()].files += 1
            counts[entry.status, default: ManifestCounts()].rows &+= entry.file.recordCount
        }
        var counted = self
        counted.added = counts[.added] ?? ManifestCounts()
        counted.existing = counts[.existing] ?? ManifestCounts()
        counted.deleted = counts[.deleted] ?? ManifestCounts()
        return counted
    }
}
