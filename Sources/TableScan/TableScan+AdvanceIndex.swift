internal import Iceberg
public import KeyIndex
internal import ObjectStore
internal import Parquet
public import TableModel

/// How an index of an older snapshot became one of the current one.
public struct IndexAdvance: Equatable, Sendable {
    /// Snapshots that it was brought over.
    public var snapshots = 0
    /// Data files whose keys were read.
    public var filesRead = 0
    /// Live rows whose key another live row has; the index knows one of them.
    public var duplicateKeys = 0
}

extension TableScan {
    /// Brings a table's index from an older snapshot to the current one by what changed in files.
    ///
    /// Only what is different is read: keys of data files that came, keys of rows that position
    /// deletes newly name, and equality deletes of the key itself. It does not matter whose
    /// snapshots these are. Throws as ``forEachBatch(fields:_:)``; the index is half changed then.
    ///
    /// - Returns: `nil` when the index has to be built anew: the older snapshot is no ancestor that
    ///   is still known, rows were deleted by other columns than the key, rows may have come back,
    ///   or the table has no key. The index may be half changed then.
    public func advance(
        _ index: KeyIndex,
        from snapshotID: Int64?,
        keyFields: [SchemaField],
        fingerprinter: KeyFingerprinter
    ) async throws -> IndexAdvance? {
        guard let current = metadata.currentSnapshotID else {
            return snapshotID == nil ? IndexAdvance() : nil
        }
        if snapshotID == current { return IndexAdvance() }
        // The copies of equal rows have numbers, and a file that goes would leave gaps among them.
        guard !fingerprinter.isOfRows,
            let changes = try await metadata.changes(from: snapshotID, to: current, store: store)
        else { return nil }
        let live = try await metadata.liveFiles(store: store)
        guard let files = AdvancedFiles(live, since: changes, index: index) else { return nil }
        let keys = IndexedKeys(index: index, fields: keyFields, fingerprinter: fingerprinter)
        for path in files.goneOrReread { index.removeFile(path) }
        try await removePositions(files, keys)
        guard try await removeByKey(files, keys) else { return nil }
        var advance = IndexAdvance(snapshots: changes.count, filesRead: files.toRead.count)
        advance.duplicateKeys = try await readAdded(files, keys, live)
        return advance
    }

    /// Removes the keys of rows that position deletes name, if those rows are where the keys are.
    private func removePositions(_ files: AdvancedFiles, _ keys: IndexedKeys) async throws {
        let deletes = files.newDeletes.filter { $0.file.content == .positionDeletes }
        let positions = try await PositionDeletes(
            LiveFiles(dataFiles: files.known, deleteFiles: deletes),
            store: store
        )
        for data in files.known where !positions.files(for: data.file.path).isEmpty {
            try Self.checkIsParquet(data.file)
            let rowCount = min(max(0, Int(data.file.recordCount)), ScanLimits.rowsPerFileMax)
            let deleted = try await positions.deletedRows(
                ofFile: data.file.path,
                rowCount: rowCount
            )
            // In pieces, so that the columns of a file whose rows all went need not fit memory.
            for rows in deleted.positions.pieces(of: ScanLimits.batchRowsMax) {
                let columns = try await Self.fetchRows(
                    filePath: data.file.path,
                    positions: [Int](rows),
                    fields: keys.fields,
                    store: store
                )
                let fingerprints = keys.fingerprinter.fingerprints(of: columns)
                keys.remove(fingerprints, rows, ofFile: data.file.path)
            }
        }
    }

    /// Removes the keys that equality deletes hold, if their rows lie in files that these apply to.
    ///
    /// - Returns: Whether all of them delete by the key.
    private func removeByKey(_ files: AdvancedFiles, _ keys: IndexedKeys) async throws -> Bool {
        let ids = keys.fields.map(\.id).sorted()
        let known = Dictionary(
            files.known.map { ($0.file.path, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for delete in files.newDeletes where delete.file.content == .equalityDeletes {
            guard delete.file.equalityIDs.sorted() == ids else { return false }
            try Self.checkIsParquet(delete.file)
            let file = try await ParquetFile.open(
                delete.file.path,
                byteCount: Int(delete.file.fileSizeBytes),
                store: store
            )
            let projection = try file.reader.projection(of: keys.fields)
            for rowGroup in 0..<file.rowGroupCount {
                try await file.forEachBatch(rowGroup: rowGroup, projection) { batch in
                    let fingerprints = keys.fingerprinter.fingerprints(of: batch.columns)
                    keys.remove(fingerprints) { path in
                        guard let data = known[path] else { return false }
                        return EqualityDeletes.applies(delete, to: data, of: metadata)
                    }
                }
            }
        }
        return true
    }

    /// Reads the keys of files that came.
    ///
    /// - Returns: How many keys had a live row already.
    private func readAdded(
        _ files: AdvancedFiles,
        _ keys: IndexedKeys,
        _ live: LiveFiles
    ) async throws -> Int {
        guard let oldest = files.toRead.map(\.dataSequenceNumber).min() else { return 0 }
        let wanted = LiveFiles(
            dataFiles: files.toRead,
            deleteFiles: live.deleteFiles.filter { $0.dataSequenceNumber >= oldest }
        )
        var duplicateKeys = 0
        try await forEachBatch(of: wanted, fields: keys.fields) { batch in
            duplicateKeys += try await keys.add(batch, store: store)
        }
        return duplicateKeys
    }
}

/// An index, and how to make its keys of a file's columns.
struct IndexedKeys {
    let index: KeyIndex
    let fields: [SchemaField]
    let fingerprinter: KeyFingerprinter

    /// Takes the live rows of a batch into the index.
    ///
    /// - Returns: How many of their keys had a row already.
    /// - Throws: ``KeyIndexFull``; ``CollidingKeys`` when such a row is another key's; `StoreError`
    ///   and `FormatError` of the file that it lies in.
    func add(_ batch: ScanBatch, store: any ObjectStore) async throws -> Int {
        let all = fingerprinter.fingerprints(of: batch.columns)
        let keys = batch.liveRows.map { $0.map { all[Int($0)] } } ?? all
        let file = index.addFile(batch.filePath)
        let positions = RowPositions(first: batch.firstPosition, rows: batch.liveRows)
        if fingerprinter.isOfRows {
            try index.addRows(keys, file: file, positions: positions)
            return 0
        }
        if fingerprinter.isExact {
            return try index.setAll(keys, file: file, positions: positions)
        }
        var met: [Int: [(position: Int, row: Int)]] = [:]
        let count = try index.setAll(keys, file: file, positions: positions) { row, old in
            let row = batch.liveRows.map { Int($0[row]) } ?? row
            met[old.file, default: []].append((old.position, row))
        }
        for (file, rows) in met {
            let inOrder = rows.sorted { $0.position < $1.position }
            let known = try await TableScan.fetchRows(
                filePath: index.filePath(file),
                positions: inOrder.map(\.position),
                fields: fields,
                store: store
            )
            for (number, found) in inOrder.enumerated() {
                let isSame = KeyFingerprinter.isSameKey(batch.columns, found.row, known, number)
                guard isSame else { throw CollidingKeys() }
            }
        }
        return count
    }

    /// Removes keys whose rows are these.
    fileprivate func remove(
        _ keys: [KeyFingerprint],
        _ positions: ArraySlice<Int>,
        ofFile path: String
    ) {
        guard let file = index.ordinal(ofFile: path) else { return }
        let locations = index.locations(of: keys)
        index.removeAll(
            zip(zip(keys, locations), positions).compactMap { key, position in
                key.1 == RowLocation(file: file, position: position) ? key.0 : nil
            }
        )
    }

    /// Removes keys whose rows lie in files of which `isIn` holds.
    fileprivate func remove(_ keys: [KeyFingerprint], where isIn: (String) -> Bool) {
        var answers: [Int: Bool] = [:]
        let locations = index.locations(of: keys)
        index.removeAll(
            zip(keys, locations).compactMap { key, location in
                guard let location else { return nil }
                let answer = answers[location.file] ?? isIn(index.filePath(location.file))
                answers[location.file] = answer
                return answer ? key : nil
            }
        )
    }
}

/// The files of the current snapshot, seen from an index of an older one.
private struct AdvancedFiles {
    /// Data files that the index knows and that stay.
    var known: [LiveFile] = []
    /// Data files that came, and those to be read again.
    var toRead: [LiveFile] = []
    /// Delete files that came.
    var newDeletes: [LiveFile] = []
    /// Paths that the index has to forget first.
    var goneOrReread: [String] = []

    /// Nil when rows may have come back and it cannot be told where.
    init?(_ live: LiveFiles, since changes: [SnapshotChange], index: KeyIndex) {
        let added = Set(changes.map(\.snapshot.snapshotID))
        newDeletes = live.deleteFiles.filter { added.contains($0.snapshotID) }
        let stayed = Set(
            live.dataFiles.filter { !added.contains($0.snapshotID) }.map(\.file.path)
        )
        guard let undeleted = Self.undeletedFiles(changes, newDeletes, stayed) else { return nil }
        for data in live.dataFiles {
            let path = data.file.path
            if !stayed.contains(path) || undeleted.contains(path) {
                toRead.append(data)
            } else if index.ordinal(ofFile: path) != nil {
                known.append(data)
            }
        }
        goneOrReread = index.filePaths.filter { !stayed.contains($0) || undeleted.contains($0) }
    }

    /// Data files that stayed and whose deletes were taken away with nothing in their place.
    private static func undeletedFiles(
        _ changes: [SnapshotChange],
        _ newDeletes: [LiveFile],
        _ stayed: Set<String>
    ) -> Set<String>? {
        let redeleted = Set(
            newDeletes.compactMap { $0.file.onlyReferencedDataFile { stayed.contains($0) } }
        )
        var undeleted: Set<String> = []
        // A replacement keeps the rows as they are, by what the word means.
        for change in changes where change.changesRows && !stayed.isEmpty {
            for removed in change.removedDeleteFiles {
                guard let path = removed.onlyReferencedDataFile(isDataFile: stayed.contains) else {
                    return nil
                }
                if stayed.contains(path), !redeleted.contains(path) { undeleted.insert(path) }
            }
        }
        return undeleted
    }
}

extension [Int] {
    fileprivate func pieces(of count: Int) -> [ArraySlice<Int>] {
        stride(from: 0, to: self.count, by: count).map {
            self[$0..<Swift.min($0 + count, self.count)]
        }
    }
}
