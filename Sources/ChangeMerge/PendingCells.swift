internal import ChangeModel

/// Where the values of cells that were not sent are to come from.
///
/// Held only for rows that are the newest of their key; an origin is always a cell that was sent or
/// one of the table, never another pending cell.
struct PendingCells {
    private struct Cell {
        var column: Int
        var origin: CellOrigin
    }

    private var cellsOfRow: [BatchRow: [Cell]] = [:]
    private(set) var memoryBytes = 0

    private static let bytesPerRowEstimate = 64
    private static let bytesPerCellEstimate = 48

    /// Notes the cells of the row at `place` that `unchanged` names; the values are those of `start`.
    ///
    /// - Returns: The rows that are origins now, once a cell.
    mutating func note(
        _ unchanged: [RowSet],
        at place: BatchRow,
        from start: MovedRow
    ) -> [BatchRow] {
        // Whatever becomes of the row at `start`, it is no longer the newest one of its key.
        let earlier = start.row.flatMap { remove($0) } ?? []
        var cells: [Cell] = []
        var origins: [BatchRow] = []
        for (column, rows) in unchanged.enumerated() where rows.contains(Int(place.row)) {
            let origin: CellOrigin
            if let cell = earlier.first(where: { $0.column == column }) {
                origin = cell.origin
            } else if let row = start.row {
                origin = .row(row)
            } else {
                origin = .table(start.key)
            }
            if case .row(let row) = origin { origins.append(row) }
            cells.append(Cell(column: column, origin: origin))
        }
        guard !cells.isEmpty else { return [] }
        memoryBytes += Self.bytesPerRowEstimate + cells.count * Self.bytesPerCellEstimate
        cellsOfRow[place] = cells
        return origins
    }

    private mutating func remove(_ row: BatchRow) -> [Cell]? {
        guard let cells = cellsOfRow.removeValue(forKey: row) else { return nil }
        memoryBytes -= Self.bytesPerRowEstimate + cells.count * Self.bytesPerCellEstimate
        return cells
    }

    /// The cells of the rows that the table holds in the end.
    func patches(of outcomes: [KeyOutcome]) -> [CellPatch] {
        guard !cellsOfRow.isEmpty else { return [] }
        return outcomes.flatMap { outcome -> [CellPatch] in
            guard let row = outcome.finalRow, let cells = cellsOfRow[row] else { return [] }
            return cells.map { CellPatch(row: row, column: $0.column, origin: $0.origin) }
        }
    }
}
