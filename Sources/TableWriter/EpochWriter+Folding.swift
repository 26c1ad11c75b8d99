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
        let path = entry.file.path
        let ordinal = index.ordinal(ofFile: path)
        let dead = try await allDeletedRows(
            of: entry,
            and: ordinal.flatMap { deletedRows[$0] } ?? RoaringBitmap(),
            withShared: true
        )
        let keyFieldIDs = keyColumns.map { layout.fields[$0].id }
        let keyPositions = keyFieldIDs.compactMap { id in rows.fields.firstIndex { $0.id == id } }
        try await writer.copyLiveRows(of: entry, dead: dead, rows, sorted: layout.isSorted) {
            rows in
            let keys = index.fingerprinter.fingerprints(of: keyPositions.map { rows.columns[$0] })
            for run in rows.written {
                let moved = run.picks.map { picks in picks.map { rows.live[Int($0)] } } ?? rows.live
                try move(
                    moved.map { (key: keys[Int($0)], old: rows.first + Int($0)) },
                    from: ordinal,
                    to: run
                )
            }
        }
        files.removedFiles += entry.deletes + [entry.file]
        files.foldedBytes += entry.file.fileSizeBytes
        if let ordinal { deletedRows[ordinal] = nil }
        index.removeFile(path)
    }

    /// Tells the index where rows are now that it knows in an older file.
    ///
    /// Where the table holds a key twice, which only others can do, the index knows one of the rows.
    private func move(
        _ rows: [(key: KeyFingerprint, old: Int)],
        from ordinal: Int?,
        to run: WrittenRows
    ) throws(KeyIndexFull) {
        guard let ordinal else { return }
        let file = index.addFile(run.path)
        let known = index.locations(of: rows.map(\.key))
        var keys: [KeyFingerprint] = []
        var positions: [Int32] = []
        for (number, row) in rows.enumerated()
        where known[number] == RowLocation(file: ordinal, position: row.old) {
            keys.append(row.key)
            positions.append(Int32(number))
        }
        try index.setAll(
            keys,
            file: file,
            positions: RowPositions(first: run.firstPosition, rows: positions)
        )
    }
}
