public import ChangeModel
public import KeyIndex
import TableModel

/// Folds the changes of one table to one outcome per key, in the order of the log.
///
/// The first touch of a key decides whether the table held it before; the last one decides what it
/// holds afterwards. A change of key arrives as `delete` and `insertMoved`, so chains and swaps of
/// keys fold by themselves. Batches are kept, never copied; `take()` hands everything on.
///
/// Owned by one task. Memory: the batches, and about 60 bytes a distinct key.
public final class ChangeMerge {
    private let fingerprinter: KeyFingerprinter
    private let keyColumns: [Int]
    private var batches: [ChangeBatch] = []
    private var outcomes: [KeyOutcome] = []
    private var outcomeOfKey: FingerprintMap
    private var pendingCells: [BatchRow: [Int: CellOrigin]] = [:]
    private var truncated = false
    public private(set) var memoryBytes = 0

    static let bytesPerKeyEstimate = 60

    /// - Parameter keyColumns: Positions of the key's columns in the batches, in the key's order.
    public init(fingerprinter: KeyFingerprinter, keyColumns: [Int]) {
        self.fingerprinter = fingerprinter
        self.keyColumns = keyColumns
        outcomeOfKey = FingerprintMap(isExact64: fingerprinter.isExact64)
    }

    public var isEmpty: Bool { outcomes.isEmpty && !truncated }

    /// All rows of the table went away here.
    public func truncate() {
        reset()
        truncated = true
    }

    /// Folds one batch in.
    public func append(_ batch: ChangeBatch) {
        let batchIndex = batches.count
        batches.append(batch)
        let keys = fingerprinter.fingerprints(of: keyColumns.map { batch.columns[$0] })
        let hasUnchangedCells = batch.unchanged.contains { !$0.isEmpty }
        let before = outcomes.count
        var moved: MovedRow?
        for row in 0..<batch.rowCount {
            let place = BatchRow(batch: batchIndex, row: row)
            let key = keys[row]
            let operation = ChangeOperation(rawValue: batch.operations[row]) ?? .update
            let previous = operation == .insertMoved ? moved : nil
            moved = operation == .delete ? MovedRow(key: key, row: finalRow(of: key)) : nil
            if hasUnchangedCells, operation == .update || operation == .insertMoved {
                let origin = previous ?? MovedRow(key: key, row: finalRow(of: key))
                noteUnchangedCells(of: batch, at: place, from: origin)
            }
            fold(key, operation, place)
        }
        memoryBytes +=
            batch.memoryBytes + (outcomes.count - before) * Self.bytesPerKeyEstimate
    }

    /// Hands over what was folded so far and starts anew.
    public func take() -> MergedChanges {
        let final = Set(pendingCells.isEmpty ? [] : outcomes.compactMap(\.finalRow))
        let patches = pendingCells.flatMap { place, cells in
            final.contains(place)
                ? cells.map { CellPatch(row: place, column: $0.key, origin: $0.value) } : []
        }
        let merged = MergedChanges(
            batches: batches,
            outcomes: outcomes,
            patches: patches,
            truncated: truncated
        )
        reset()
        return merged
    }

    private func reset() {
        batches = []
        outcomes = []
        outcomeOfKey = FingerprintMap(isExact64: fingerprinter.isExact64)
        pendingCells = [:]
        truncated = false
        memoryBytes = 0
    }

    private func finalRow(of key: KeyFingerprint) -> BatchRow? {
        outcomeOfKey.payload(of: key).flatMap { outcomes[Int($0)].finalRow }
    }

    private func fold(_ key: KeyFingerprint, _ operation: ChangeOperation, _ place: BatchRow) {
        let finalRow = operation == .delete ? nil : place
        if let index = outcomeOfKey.payload(of: key) {
            outcomes[Int(index)].finalRow = finalRow
            return
        }
        outcomeOfKey.set(UInt64(outcomes.count), for: key)
        outcomes.append(
            KeyOutcome(
                key: key,
                keyRow: place,
                existedBefore: operation == .update || operation == .delete,
                finalRow: finalRow
            )
        )
    }
}

/// The row that an update or a move starts from: in the batches, or in the table under `key`.
private struct MovedRow {
    var key: KeyFingerprint
    var row: BatchRow?
}

extension ChangeMerge {
    /// Remembers for each cell that was not sent where its value is, following earlier rows whose
    /// own cells were not sent either.
    private func noteUnchangedCells(
        of batch: ChangeBatch,
        at place: BatchRow,
        from origin: MovedRow
    ) {
        for (column, rows) in batch.unchanged.enumerated() where rows.contains(Int(place.row)) {
            let source: CellOrigin
            if let row = origin.row {
                source = pendingCells[row]?[column] ?? .row(row)
            } else {
                source = .table(origin.key)
            }
            pendingCells[place, default: [:]][column] = source
        }
    }
}
