public import ChangeModel
internal import Columns
public import KeyIndex
import TableModel

/// Folds the changes of a table without a key: which rows it has more, and which fewer.
///
/// Equal rows are interchangeable, so an insert and a delete of equal rows cancel each other in
/// whatever order they come; what is left of equal rows is only inserts or only deletes. Updates
/// arrive as the delete of the whole old row and the insert of the new one. Batches are kept, never
/// copied, until none of their rows is left.
///
/// Owned by one task. Memory: the batches, and about 70 bytes a row that is left.
public final class RowMerge: ChangeFolding {
    /// One row that is left.
    private struct Entry {
        var outcome: KeyOutcome
        /// The entry of an equal row before it, or -1.
        var previous: Int32
    }

    private let fingerprinter: KeyFingerprinter
    private var batches: [ChangeBatch] = []
    /// Rows that are left, per batch.
    private var rowCounts: [Int] = []
    /// Dead entries are in ``freeEntries``.
    private var entries: [Entry] = []
    private var freeEntries: [Int32] = []
    /// From a row to the last entry of those equal to it.
    private var lastEntry: FingerprintMap
    private var truncated = false
    public private(set) var memoryBytes = 0

    static let bytesPerEntryEstimate = 70

    /// `fingerprinter` makes fingerprints of whole rows.
    public init(fingerprinter: KeyFingerprinter) {
        self.fingerprinter = fingerprinter
        lastEntry = FingerprintMap(isExact64: fingerprinter.isExact64)
    }

    public var isEmpty: Bool { entries.count == freeEntries.count && !truncated }

    public func truncate() {
        reset()
        truncated = true
    }

    public func append(_ batch: ChangeBatch) {
        guard batch.rowCount > 0 else { return }
        let rows = fingerprinter.fingerprints(of: batch.columns)
        let entriesBefore = entries.count
        batches.append(batch)
        rowCounts.append(0)
        memoryBytes += batch.memoryBytes
        for (row, key) in rows.enumerated() {
            let operation = ChangeOperation(rawValue: batch.operations[row])
            precondition(operation != .update, "rows without a key are deleted and inserted")
            fold(key, row: row, isInsert: operation != .delete)
        }
        release(batches.count - 1)
        memoryBytes += (entries.count - entriesBefore) * Self.bytesPerEntryEstimate
    }

    private func fold(_ key: KeyFingerprint, row: Int, isInsert: Bool) {
        let last = lastEntry.payload(of: key).map { Int($0) }
        if let last, (entries[last].outcome.finalRow != nil) != isInsert {
            cancel(last, of: key)
            return
        }
        let batch = batches.count - 1
        let entry = Entry(
            outcome: KeyOutcome(
                key: key,
                keyRow: BatchRow(batch: batch, row: row),
                existedBefore: !isInsert,
                isPresent: isInsert
            ),
            previous: last.map { Int32($0) } ?? -1
        )
        rowCounts[batch] += 1
        if let free = freeEntries.popLast() {
            entries[Int(free)] = entry
            lastEntry.set(UInt64(free), for: key)
        } else {
            entries.append(entry)
            lastEntry.set(UInt64(entries.count - 1), for: key)
        }
    }

    private func cancel(_ entry: Int, of key: KeyFingerprint) {
        let previous = entries[entry].previous
        if previous < 0 {
            lastEntry.remove(key)
        } else {
            lastEntry.set(UInt64(previous), for: key)
        }
        freeEntries.append(Int32(entry))
        let batch = Int(entries[entry].outcome.keyRow.batch)
        rowCounts[batch] -= 1
        if batch < batches.count - 1 { release(batch) }
    }

    /// Frees a batch of which no row is left; an empty one keeps its place.
    private func release(_ batch: Int) {
        guard rowCounts[batch] == 0 else { return }
        memoryBytes -= batches[batch].memoryBytes
        batches[batch] = batches[batch].withoutRows()
    }

    public func take() -> MergedChanges {
        let dead = Set(freeEntries)
        let merged = MergedChanges(
            batches: batches,
            outcomes: entries.indices.filter { !dead.contains(Int32($0)) }
                .map { entries[$0].outcome },
            patches: [],
            truncated: truncated
        )
        reset()
        return merged
    }

    private func reset() {
        batches = []
        rowCounts = []
        entries = []
        freeEntries = []
        lastEntry = FingerprintMap(isExact64: fingerprinter.isExact64)
        truncated = false
        memoryBytes = 0
    }
}
