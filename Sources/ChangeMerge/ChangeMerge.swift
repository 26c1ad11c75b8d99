public import ChangeModel
internal import Columns
public import KeyIndex
import TableModel

/// Folds the changes of one table to one outcome per key, in the order of the log.
///
/// The first touch of a key decides whether the table held it before; the last one decides what it
/// holds afterwards. A change of key arrives as `delete` and `insertMoved`, so chains and swaps of
/// keys fold by themselves, as long as no two rows share a key on the way (as they may inside one
/// statement under a deferrable constraint). Batches are kept, never copied, until no outcome
/// refers to them; `take()` hands the others on.
///
/// Owned by one task. Memory: the batches, and about 60 bytes a distinct key.
public final class ChangeMerge {
    private let fingerprinter: KeyFingerprinter
    private let keyColumns: [Int]
    private var batches: [ChangeBatch] = []
    /// Per batch, how often outcomes and patches refer to its rows.
    private var referenceCounts: [Int] = []
    /// Batches to which nothing referred at some time.
    private var abandonedBatches: [Int] = []
    private var outcomes: [KeyOutcome] = []
    private var outcomeOfKey: FingerprintMap
    private var pendingCells = PendingCells()
    /// The row that the last `delete` took away, for the `insertMoved` that may follow.
    private var moved: MovedRow?
    private var truncated = false
    private var hasCollidingKeys = false
    public private(set) var memoryBytes = 0

    static let bytesPerKeyEstimate = 60

    /// `keyColumns` are the positions of the key's columns in the batches, in the key's order.
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
        guard batch.rowCount > 0 else { return }
        let keys = fingerprinter.fingerprints(of: keyColumns.map { batch.columns[$0] })
        batches.append(batch)
        referenceCounts.append(0)
        let before = (keys: outcomes.count, cells: pendingCells.memoryBytes)
        if batch.unchanged.contains(where: { !$0.isEmpty }) {
            foldFollowingCells(batch, keys)
        } else {
            // Only the last row's origin can matter to a later batch.
            fold(batch, keys, rows: 0..<batch.rowCount - 1)
            moved = origin(of: batch, keys, row: batch.rowCount - 1)
            fold(batch, keys, rows: batch.rowCount - 1..<batch.rowCount)
        }
        memoryBytes += batch.memoryBytes
        memoryBytes += (outcomes.count - before.keys) * Self.bytesPerKeyEstimate
        memoryBytes += pendingCells.memoryBytes - before.cells
        releaseAbandonedBatches()
    }

    /// Hands over what was folded so far and starts anew.
    public func take() -> MergedChanges {
        let merged = MergedChanges(
            batches: batches,
            outcomes: outcomes,
            patches: pendingCells.patches(of: outcomes),
            truncated: truncated,
            hasCollidingKeys: hasCollidingKeys
        )
        reset()
        return merged
    }

    private func reset() {
        batches = []
        referenceCounts = []
        abandonedBatches = []
        outcomes = []
        outcomeOfKey = FingerprintMap(isExact64: fingerprinter.isExact64)
        pendingCells = PendingCells()
        moved = nil
        truncated = false
        hasCollidingKeys = false
        memoryBytes = 0
    }

    /// Folds rows of the newest batch.
    private func fold(_ batch: ChangeBatch, _ keys: [KeyFingerprint], rows: Range<Int>) {
        let batchIndex = batches.count - 1
        let outcomeIndices = keys.withUnsafeBufferPointer { keys in
            outcomeOfKey.payloads(
                of: UnsafeBufferPointer(rebasing: keys[rows]),
                orInsertFrom: UInt64(self.outcomes.count)
            )
        }
        // Taken out of the object for the loop, so that each access is one to a local.
        var outcomes: [KeyOutcome] = []
        swap(&outcomes, &self.outcomes)
        for (row, payload) in zip(rows, outcomeIndices) {
            let operation = ChangeOperation(rawValue: batch.operations[row]) ?? .update
            let place = BatchRow(batch: batchIndex, row: row)
            let index = Int(truncatingIfNeeded: payload)
            if index < outcomes.count {
                if !fingerprinter.isExact, !isSameKey(outcomes[index].keyRow, place) {
                    hasCollidingKeys = true
                }
                release(outcomes[index].keyRow)
                outcomes[index].touch(at: place, isPresent: operation != .delete)
            } else {
                outcomes.append(
                    KeyOutcome(
                        key: keys[row],
                        keyRow: place,
                        existedBefore: operation == .update || operation == .delete,
                        isPresent: operation != .delete
                    )
                )
            }
        }
        swap(&outcomes, &self.outcomes)
        referenceCounts[batchIndex] += rows.count
    }

    private func isSameKey(_ one: BatchRow, _ other: BatchRow) -> Bool {
        KeyFingerprinter.isSameKey(
            keyColumns.map { batches[Int(one.batch)].columns[$0] },
            Int(one.row),
            keyColumns.map { batches[Int(other.batch)].columns[$0] },
            Int(other.row)
        )
    }

    private func release(_ row: BatchRow) {
        let batch = Int(row.batch)
        referenceCounts[batch] -= 1
        if referenceCounts[batch] == 0 { abandonedBatches.append(batch) }
    }

    /// Frees batches whose every row was overwritten by later ones; an empty one keeps their place.
    private func releaseAbandonedBatches() {
        guard !abandonedBatches.isEmpty else { return }
        let kept = moved?.row.map { Int($0.batch) }
        for index in abandonedBatches where referenceCounts[index] == 0 && index != kept {
            memoryBytes -= batches[index].memoryBytes
            batches[index] = batches[index].withoutRows()
        }
        abandonedBatches = abandonedBatches.filter { $0 == kept }
    }
}

/// The row that an update or a move starts from: in the batches, or in the table under `key`.
struct MovedRow {
    var key: KeyFingerprint
    var row: BatchRow?
}

extension ChangeMerge {
    /// Folds a batch in which cells were not sent, row by row, noting where their values are.
    private func foldFollowingCells(_ batch: ChangeBatch, _ keys: [KeyFingerprint]) {
        for row in 0..<batch.rowCount {
            let operation = ChangeOperation(rawValue: batch.operations[row]) ?? .update
            let previous = operation == .insertMoved ? moved : nil
            moved = origin(of: batch, keys, row: row)
            if operation == .update || operation == .insertMoved {
                let place = BatchRow(batch: batches.count - 1, row: row)
                let start = previous ?? MovedRow(key: keys[row], row: finalRow(of: keys[row]))
                for source in pendingCells.note(batch.unchanged, at: place, from: start) {
                    referenceCounts[Int(source.batch)] += 1
                }
            }
            fold(batch, keys, rows: row..<row + 1)
        }
    }

    private func finalRow(of key: KeyFingerprint) -> BatchRow? {
        outcomeOfKey.payload(of: key).flatMap { outcomes[Int($0)].finalRow }
    }

    /// What a `delete` at `row` takes away; nil for other operations.
    private func origin(of batch: ChangeBatch, _ keys: [KeyFingerprint], row: Int) -> MovedRow? {
        guard batch.operations[row] == ChangeOperation.delete.rawValue else { return nil }
        return MovedRow(key: keys[row], row: finalRow(of: keys[row]))
    }
}

extension ChangeBatch {
    /// The same table and column types with no rows.
    func withoutRows() -> ChangeBatch {
        ChangeBatch(
            table: table,
            columns: columns.map { ColumnBuilder($0.type, expectedRows: 0).finish() },
            operations: []
        )
    }
}
