import ChangeModel
import Columns
import KeyIndex
import TableModel

/// A value that was not sent and cannot be had from the lake.
public struct MissingCell: Error, Sendable, CustomStringConvertible {
    public var column: String

    public var description: String {
        "an update did not carry the unchanged value of column \(column), and the lake holds no "
            + "row under its key to take it from"
    }
}

extension EpochWriter {
    /// The columns of every batch with the cells filled in that were not sent (unchanged TOAST).
    ///
    /// - Throws: ``MissingCell`` when the value is nowhere to be found. A placeholder is never
    ///   written.
    func resolvedColumns(of merged: MergedChanges) async throws -> [[Column]] {
        var columns = merged.batches.map(\.columns)
        guard !merged.patches.isEmpty else { return columns }
        let tableCells = try await cellsOfTable(merged.patches)
        for (batch, patches) in Dictionary(grouping: merged.patches, by: \.row.batch) {
            for (column, cells) in Dictionary(grouping: patches, by: \.column) {
                columns[Int(batch)][column] = patched(
                    merged.batches[Int(batch)].columns[column],
                    column: column,
                    cells: cells,
                    merged: merged,
                    tableCells: tableCells
                )
            }
        }
        return columns
    }

    private struct TableCell: Hashable {
        var key: KeyFingerprint
        var column: Int
    }

    private func patched(
        _ original: Column,
        column: Int,
        cells: [CellPatch],
        merged: MergedChanges,
        tableCells: [TableCell: (column: Column, row: Int)]
    ) -> Column {
        let origins = Dictionary(
            cells.map { ($0.row.row, $0.origin) },
            uniquingKeysWith: { first, _ in first }
        )
        var builder = ColumnBuilder(original.type, expectedRows: original.rowCount)
        for row in 0..<original.rowCount {
            switch origins[Int32(row)] {
            case nil:
                builder.append(row: row, of: original)
            case .row(let place):
                builder.append(
                    row: Int(place.row),
                    of: merged.batches[Int(place.batch)].columns[column]
                )
            case .table(let key):
                if let cell = tableCells[TableCell(key: key, column: column)] {
                    builder.append(row: cell.row, of: cell.column)
                } else {
                    builder.appendNull()
                }
            }
        }
        return builder.finish()
    }

    /// Reads the cells that lie in data files, file by file and column by column.
    private func cellsOfTable(
        _ patches: [CellPatch]
    ) async throws -> [TableCell: (column: Column, row: Int)] {
        var wanted: [Int: [Int: Set<KeyFingerprint>]] = [:]
        for patch in patches {
            guard case .table(let key) = patch.origin else { continue }
            guard let location = index.location(of: key) else {
                throw MissingCell(column: layout.fields[patch.column].name)
            }
            wanted[location.file, default: [:]][patch.column, default: []].insert(key)
        }
        var cells: [TableCell: (column: Column, row: Int)] = [:]
        for (file, keysByColumn) in wanted {
            // It may be one of this epoch that is still being written.
            try await close(path: index.filePath(file))
            for (column, keys) in keysByColumn {
                let located = keys.compactMap { key in
                    index.location(of: key).map { (key: key, position: $0.position) }
                }.sorted { $0.position < $1.position }
                let read = try await olderFiles.cells(
                    index.filePath(file),
                    located.map(\.position),
                    [layout.fields[column]]
                )
                guard let values = read.first, values.rowCount == located.count else {
                    throw MissingCell(column: layout.fields[column].name)
                }
                for (row, cell) in located.enumerated() {
                    cells[TableCell(key: cell.key, column: column)] = (values, row)
                }
            }
        }
        return cells
    }
}
