import ChangeModel
import Columns
import Iceberg
import KeyIndex
import Parquet
import TableModel

extension EpochWriter {
    /// The rows of one batch that survive, ascending, each with its outcome.
    struct FinalRows {
        var rows: [Int32] = []
        var outcomes: [Int32] = []
    }

    func finalRowsByBatch(_ merged: MergedChanges) -> [FinalRows] {
        var byBatch = [FinalRows](repeating: FinalRows(), count: merged.batches.count)
        for (number, outcome) in merged.outcomes.enumerated() {
            guard let place = outcome.finalRow else { continue }
            byBatch[Int(place.batch)].rows.append(place.row)
            byBatch[Int(place.batch)].outcomes.append(Int32(number))
        }
        for batch in byBatch.indices where !byBatch[batch].rows.isAscending {
            let order = byBatch[batch].rows.indices.sorted {
                byBatch[batch].rows[$0] < byBatch[batch].rows[$1]
            }
            byBatch[batch] = FinalRows(
                rows: order.map { byBatch[batch].rows[$0] },
                outcomes: order.map { byBatch[batch].outcomes[$0] }
            )
        }
        return byBatch
    }

    /// Deletes what the table held under each touched key: by position where the index knows the
    /// row, by key otherwise.
    ///
    /// Every touched key is looked up, inserts included: should the row be there already, it is
    /// replaced and never doubled.
    func deleteOldRows(_ merged: MergedChanges) async throws {
        if index.fingerprinter.isOfRows { return try deleteEqualRows(merged) }
        var deletedByKey: [BatchRow] = []
        var deletedByPosition: [Int: [Int]] = [:]
        let locations = index.locations(of: merged.outcomes.map(\.key))
        for (outcome, location) in zip(merged.outcomes, locations) {
            if let old = location {
                deletedByPosition[old.file, default: []].append(old.position)
                files.rowsDeleted += 1
                if outcome.finalRow == nil { index.remove(outcome.key) }
            } else if outcome.existedBefore {
                if coversWholeTable || files.replacesAllFiles {
                    files.missingKeys += 1
                } else {
                    deletedByKey.append(outcome.keyRow)
                }
            }
        }
        deleteRows(deletedByPosition)
        guard !deletedByKey.isEmpty else { return }
        try await writeEqualityDeletes(deletedByKey, merged: merged)
        files.rowsDeleted += deletedByKey.count
    }

    /// Deletes, of a table without a key, one of the rows that equal each row that went.
    private func deleteEqualRows(_ merged: MergedChanges) throws {
        var deletedByPosition: [Int: [Int]] = [:]
        for outcome in merged.outcomes where outcome.finalRow == nil {
            if let old = index.removeRow(outcome.key) {
                deletedByPosition[old.file, default: []].append(old.position)
                files.rowsDeleted += 1
            } else if coversWholeTable || files.replacesAllFiles {
                files.missingKeys += 1
            } else {
                // By value all equal rows would go, and nobody counted them.
                throw UnfindableRow()
            }
        }
        deleteRows(deletedByPosition)
    }

    /// Writes the surviving rows into data files and remembers where each lies.
    func writeFinalRows(
        _ finalRows: [FinalRows],
        merged: MergedChanges,
        columns: [[Column]]
    ) async throws {
        guard finalRows.contains(where: { !$0.rows.isEmpty }) else { return }
        let writer = try openDataWriter()
        let batches = finalRows.indices.filter { !finalRows[$0].rows.isEmpty }
        if layout.isSorted {
            let written = try await writer.appendSorted(
                batches.map { (columns: columns[$0], selection: finalRows[$0].rows) }
            )
            try remember(written, batches.flatMap { finalRows[$0].outcomes }, merged)
        } else {
            for batch in batches {
                let final = finalRows[batch]
                let isWhole = final.rows.count == merged.batches[batch].rowCount
                let written = try await writer.append(
                    columns[batch],
                    selection: isWhole ? nil : final.rows
                )
                try remember(written, final.outcomes, merged)
            }
        }
        files.rowsWritten += finalRows.reduce(0) { $0 + $1.rows.count }
    }

    /// Notes in the index where rows went; `outcomes` has one a row that was appended.
    private func remember(
        _ written: [WrittenRows],
        _ outcomes: [Int32],
        _ merged: MergedChanges
    ) throws(KeyIndexFull) {
        for run in written {
            let keys =
                run.picks.map { picks in
                    picks.map { merged.outcomes[Int(outcomes[Int($0)])].key }
                } ?? outcomes.map { merged.outcomes[Int($0)].key }
            let file = index.addFile(run.path)
            let positions = RowPositions(first: run.firstPosition)
            if index.fingerprinter.isOfRows {
                try index.addRows(keys, file: file, positions: positions)
            } else {
                try index.setAll(keys, file: file, positions: positions)
            }
        }
    }

    /// Writes the keys of rows that are to be deleted wherever older files hold them.
    ///
    /// Source: Iceberg specification, "Equality Delete Files".
    private func writeEqualityDeletes(
        _ rows: [BatchRow],
        merged: MergedChanges
    ) async throws {
        // Readers keep one set of ids for all files, so the ids stand in ascending order.
        let keyColumns = keyColumns.sorted { layout.fields[$0].id < layout.fields[$1].id }
        let fields = keyColumns.map { layout.fields[$0] }
        guard fields.allSatisfy(\.type.isIdentifierType) else { throw UnfindableRow() }
        let ids = fields.map(\.id)
        let idList = ids.map(String.init).joined(separator: ",")
        var options = layout.options
        options.keyValueMetadata = [("delete-type", "equality"), ("delete-field-ids", idList)]
        let writer = try await DataFileWriter(
            store: store,
            path: nextPath(kind: "eq-deletes"),
            fields: fields.map(ParquetField.init),
            options: options
        )
        do {
            for (batch, rows) in Dictionary(grouping: rows, by: \.batch).sorted(by: {
                $0.key < $1.key
            }) {
                let columns = merged.batches[Int(batch)].columns
                try await writer.append(
                    keyColumns.map { columns[$0] },
                    selection: rows.map(\.row).sorted()
                )
            }
            var file = try await writer.finish(content: .equalityDeletes, equalityFieldIDs: ids)
            // The old row may lie in any partition, under any spec.
            let spec = layout.unpartitionedSpec
            file.specID = spec.specID
            file.partition = PartitionTuple(spec, values: spec.fields.map { _ in nil })
            files.deleteFiles.append(file)
        } catch {
            await writer.abandon()
            throw error
        }
    }
}

/// A row that only an index of all rows could find, and there is none.
public struct UnfindableRow: Error, Sendable, CustomStringConvertible {
    public var description: String {
        "its place is not known, and Iceberg cannot delete one row by such values"
    }
}

extension [Int32] {
    fileprivate var isAscending: Bool {
        for index in indices.dropFirst() where self[index] <= self[index - 1] { return false }
        return true
    }
}
