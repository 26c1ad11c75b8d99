import Columns
import Iceberg
import KeyIndex
import ObjectStore
import Puffin
import TableModel

extension EpochWriter {
    /// Writes the live rows of several small older files as one new file, in the same commit.
    ///
    /// Every epoch adds a file, and readers pay for each file they open. Rows keep their keys, so the
    /// index is told where they are now; the files and their deletes go.
    ///
    /// Nothing is folded to which deletes by key apply, since the rows would be newer than such
    /// deletes afterwards; and nothing of tables without a key.
    func foldSmallFiles(_ policy: FoldingPolicy) async throws {
        guard coversWholeTable, !index.fingerprinter.isOfRows, !files.replacesAllFiles,
            files.deleteFiles.isEmpty
        else { return }
        let table = try await tableFiles()
        let chosen = policy.files(of: table, specID: layout.spec.specID)
        // What rewritten files stand for is no longer there to be folded.
        let gone = Set(files.removedFiles.map(\.path))
        guard !chosen.isEmpty, !chosen.contains(where: { gone.contains($0.file.path) }),
            let rows = try await olderFiles.rows(chosen)
        else { return }
        let fileNames = fileNames
        var foldedLayout = layout
        foldedLayout.fields = rows.fields
        let writer = try PartitionedWriter(foldedLayout, store: store) {
            fileNames.next(kind: "folded")
        }
        do {
            for entry in chosen { try await fold(entry, rows, into: writer) }
            files.dataFiles += try await writer.finish()
        } catch {
            await writer.abandon()
            throw error
        }
    }

    /// Copies the live rows of one file and strikes the file off.
    private func fold(
        _ entry: TableFiles.Entry,
        _ rows: OlderRows,
        into writer: PartitionedWriter
    ) async throws {
        let ordinal = index.ordinal(ofFile: entry.file.path)
        let dead = try await deadRows(of: entry)
        let keyFieldIDs = keyColumns.map { layout.fields[$0].id }
        let keyPositions = keyFieldIDs.compactMap { id in rows.fields.firstIndex { $0.id == id } }
        try await writer.copyLiveRows(of: entry, dead: dead, rows, sorted: layout.isSorted) {
            rows in
            let keys = index.fingerprinter.fingerprints(of: keyPositions.map { rows.columns[$0] })
            for run in rows.written {
                let moved = run.picks.map { picks in picks.map { rows.live[Int($0)] } } ?? rows.live
                try move(
                    moved.map { keys[Int($0)] },
                    from: moved.map { row in
                        ordinal.map { RowLocation(file: $0, position: rows.first + Int(row)) }
                    },
                    to: run.path,
                    first: run.firstPosition
                )
            }
        }
        files.foldedBytes += entry.file.fileSizeBytes
        strikeOff(entry)
    }

    /// All rows of an older file that are dead by now.
    func deadRows(of entry: TableFiles.Entry) async throws -> RoaringBitmap {
        let ordinal = index.ordinal(ofFile: entry.file.path)
        return try await allDeletedRows(
            of: entry,
            and: ordinal.flatMap { deletedRows[$0] } ?? RoaringBitmap(),
            withShared: true
        )
    }

    /// Takes an older file away whose rows are elsewhere now.
    func strikeOff(_ entry: TableFiles.Entry) {
        files.removedFiles += entry.deletes + [entry.file]
        if let ordinal = index.ordinal(ofFile: entry.file.path) { deletedRows[ordinal] = nil }
        index.removeFile(entry.file.path)
    }

    /// Tells the index where rows are now that it knows at their old places; they follow each other
    /// from `first` on.
    ///
    /// Where the table holds a key twice, which only others can do, the index knows one of the rows.
    func move(
        _ keys: [KeyFingerprint],
        from places: [RowLocation?],
        to path: String,
        first: Int
    ) throws(KeyIndexFull) {
        let file = index.addFile(path)
        let known = index.locations(of: keys)
        var moved: [KeyFingerprint] = []
        var rows: [Int32] = []
        for (row, old) in places.enumerated() where old != nil && known[row] == old {
            moved.append(keys[row])
            rows.append(Int32(row))
        }
        try index.setAll(moved, file: file, positions: RowPositions(first: first, rows: rows))
    }
}
