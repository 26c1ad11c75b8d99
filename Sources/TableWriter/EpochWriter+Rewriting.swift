import Columns
import Iceberg
import KeyIndex
import Puffin
import TableModel

extension EpochWriter {
    /// Puts rewritten files in the place of the older ones, with what these have lost since.
    ///
    /// Rows keep their order, so a row's new place follows from its old one and from the dead rows
    /// that were left out. The index is told the new places of the rows that it knows in the older
    /// files: reads the key columns of the new ones.
    ///
    /// - Returns: Whether it is done; where the table has other files by now, nothing is, and the new
    ///   files go.
    /// - Throws: `StoreError`, `FormatError`, `KeyIndexFull`.
    public func adopt(_ rewritten: RewrittenFiles) async throws -> Bool {
        guard let entries = try await entries(of: rewritten) else {
            await rewritten.abandon(store: store)
            return false
        }
        files.dataFiles += rewritten.dataFiles
        var rows = CopiedRowCursor()
        for (source, entry) in zip(rewritten.sources, entries) {
            rows.append(
                entry.file,
                ordinal: index.ordinal(ofFile: entry.file.path),
                dead: source.dead,
                deadNow: try await deadRows(of: entry)
            )
        }
        for file in rewritten.dataFiles { try await adopt(file, &rows) }
        for entry in entries { strikeOff(entry) }
        return true
    }

    /// The older files as the table has them; nil where it does not, or a delete by key may have
    /// taken rows of them.
    private func entries(of rewritten: RewrittenFiles) async throws -> [TableFiles.Entry]? {
        guard coversWholeTable, !files.replacesAllFiles else { return nil }
        let table = try await tableFiles()
        let entries = rewritten.sources.compactMap { table[$0.file.path] }
        guard entries.count == rewritten.sources.count,
            entries.allSatisfy({ $0.sequenceNumber >= table.lastEqualityDelete })
        else { return nil }
        return entries
    }

    private func adopt(_ file: DataFile, _ rows: inout CopiedRowCursor) async throws {
        let keyFields = keyColumns.map { layout.fields[$0] }
        var cursor = rows
        var dead: [Int] = []
        try await olderFiles.columns(file, keyFields) { columns, first in
            let count = columns.first?.rowCount ?? 0
            let copied = cursor.next(count)
            for row in copied.dead { dead.append(first + row) }
            let keys = index.fingerprinter.fingerprints(of: columns)
            try move(keys, from: copied.places, to: file.path, first: first)
        }
        rows = cursor
        if !dead.isEmpty { deletedRows[index.addFile(file.path)] = RoaringBitmap(dead) }
    }
}

/// Goes over the rows of older files that were copied, in their order.
struct CopiedRowCursor {
    private struct Source {
        var ordinal: Int?
        var rowCount: Int
        /// Rows that were left out, ascending, and a bound.
        var dead: [Int]
        /// Rows that are dead by now, ascending, and a bound.
        var deadNow: [Int]
    }

    private var sources: [Source] = []
    private var source = 0
    private var position = 0
    private var nextDead = 0
    private var nextDeadNow = 0

    mutating func append(
        _ file: DataFile,
        ordinal: Int?,
        dead: RoaringBitmap,
        deadNow: RoaringBitmap
    ) {
        sources.append(
            Source(
                ordinal: ordinal,
                rowCount: Int(file.recordCount),
                dead: dead.positions() + [.max],
                deadNow: deadNow.positions() + [.max]
            )
        )
    }

    /// The next rows that were copied.
    ///
    /// - Returns: Their old places, nil in files that the index does not know and beyond the last
    ///   row; and the numbers of those that are dead by now.
    mutating func next(_ count: Int) -> (places: [RowLocation?], dead: [Int]) {
        var places: [RowLocation?] = []
        var dead: [Int] = []
        places.reserveCapacity(count)
        while places.count < count {
            guard source < sources.count else {
                places.append(nil)
                continue
            }
            take(from: sources[source], upTo: count, &places, &dead)
            if position >= sources[source].rowCount {
                (source, position, nextDead, nextDeadNow) = (source + 1, 0, 0, 0)
            }
        }
        return (places, dead)
    }

    private mutating func take(
        from source: Source,
        upTo count: Int,
        _ places: inout [RowLocation?],
        _ dead: inout [Int]
    ) {
        while position < source.rowCount, places.count < count {
            while source.deadNow[nextDeadNow] < position { nextDeadNow += 1 }
            if source.dead[nextDead] == position {
                nextDead += 1
            } else {
                if source.deadNow[nextDeadNow] == position { dead.append(places.count) }
                places.append(source.ordinal.map { RowLocation(file: $0, position: position) })
            }
            position += 1
        }
    }
}
