import ChangeModel
import Columns
import KeyIndex
import TableModel

extension EpochWriter {
    /// Compares keys with those of the rows that the index has under their fingerprints, wherever
    /// another key could have come there.
    ///
    /// With an index of the whole table that is a row that the log says is new: the index knows one
    /// because the row came twice, or because a stranger's key has the same fingerprint. Of a key
    /// that was there before, the row in the index is its own: a stranger's would have met it when
    /// either of them came. Without such an index, every row of the epoch may be a stranger's, as
    /// the key's own one may lie in an older file.
    ///
    /// - Throws: `CollidingKeys`.
    func checkKeys(of merged: MergedChanges) async throws {
        guard !index.fingerprinter.isExact, !index.fingerprinter.isOfRows else { return }
        let suspects = merged.outcomes.filter { !$0.existedBefore || !coversWholeTable }
        let locations = index.locations(of: suspects.map(\.key))
        var rowsByFile: [Int: [(position: Int, row: BatchRow)]] = [:]
        for (outcome, location) in zip(suspects, locations) {
            guard let location else { continue }
            rowsByFile[location.file, default: []].append((location.position, outcome.keyRow))
        }
        let fields = keyColumns.map { layout.fields[$0] }
        for (file, rows) in rowsByFile {
            let path = index.filePath(file)
            // It may be one of this epoch that is still being written.
            try await close(path: path)
            let inOrder = rows.sorted { $0.position < $1.position }
            let known = try await olderFiles.cells(path, inOrder.map(\.position), fields)
            for (number, found) in inOrder.enumerated() {
                let batch = merged.batches[Int(found.row.batch)]
                let isSame = KeyFingerprinter.isSameKey(
                    keyColumns.map { batch.columns[$0] },
                    Int(found.row.row),
                    known,
                    number
                )
                guard isSame else { throw CollidingKeys() }
            }
        }
    }
}
