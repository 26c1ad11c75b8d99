import Bytes
import ChangeModel
import Columns
import KeyIndex
import TableModel

@testable import ChangeMerge

/// Changes of a table (id long, payload string, note string), written one a line.
struct ChangeScript {
    /// A cell of a script: a value, or "unchanged and not sent".
    enum Cell: Equatable {
        case value(String)
        case unchanged
    }

    private var ids: [Int64] = []
    private var payloads: [Cell] = []
    private var notes: [Cell] = []
    private var operations: [UInt8] = []

    static func merge() -> ChangeMerge {
        ChangeMerge(
            fingerprinter: KeyFingerprinter(
                keyTypes: [.long],
                hasher: SipHash128(key0: 1, key1: 2)
            ),
            keyColumns: [0]
        )
    }

    static func key(_ id: Int64) -> KeyFingerprint {
        KeyFingerprint(high: 0, low: UInt64(bitPattern: id))
    }

    var rowCount: Int { operations.count }

    mutating func add(_ operation: ChangeOperation, _ id: Int64, _ payload: Cell, _ note: Cell) {
        ids.append(id)
        payloads.append(payload)
        notes.append(note)
        operations.append(operation.rawValue)
    }

    mutating func insert(_ id: Int64, _ payload: String) {
        add(.insert, id, .value(payload), .value("note"))
    }

    mutating func update(_ id: Int64, _ payload: String) {
        add(.update, id, .value(payload), .value("note"))
    }

    mutating func delete(_ id: Int64) { add(.delete, id, .value(""), .value("")) }

    mutating func move(_ id: Int64, to newID: Int64, _ payload: String) {
        delete(id)
        add(.insertMoved, newID, .value(payload), .value("note"))
    }

    func batch() -> ChangeBatch {
        var builder = ColumnBuilder(.int64, expectedRows: ids.count)
        for id in ids { builder.append(id) }
        let (payload, unchangedPayloads) = Self.column(payloads)
        let (note, unchangedNotes) = Self.column(notes)
        let isComplete = unchangedPayloads.isEmpty && unchangedNotes.isEmpty
        return ChangeBatch(
            table: SourceTableName(schema: "shop", table: "orders"),
            columns: [builder.finish(), payload, note],
            operations: operations,
            unchanged: isComplete ? [] : [RowSet(), unchangedPayloads, unchangedNotes]
        )
    }

    private static func column(_ cells: [Cell]) -> (Column, RowSet) {
        var builder = ColumnBuilder(.bytes, expectedRows: cells.count)
        var unchanged = RowSet()
        for (row, cell) in cells.enumerated() {
            switch cell {
            case .value(let text): builder.append(utf8: text)
            case .unchanged:
                builder.appendNull()
                unchanged.insert(row)
            }
        }
        return (builder.finish(), unchanged)
    }
}

/// What a table holds: payload and note by id.
typealias TableContents = [Int64: [String]]

extension MergedChanges {
    /// The table after these changes, as a writer would make it; nil where the outcome contradicts
    /// what the table holds: a first insert of a key that is there, or a change of one that is not.
    func applied(to table: TableContents) -> TableContents? {
        var result = truncated ? [:] : table
        let before = result
        for outcome in outcomes {
            let id = Int64(bitPattern: outcome.key.low)
            let keyRow = outcome.keyRow
            let keyColumn = batches[Int(keyRow.batch)].columns[0]
            guard keyColumn.value(at: Int(keyRow.row), as: Int64.self) == id,
                (result.removeValue(forKey: id) != nil) == outcome.existedBefore
            else { return nil }
        }
        for outcome in outcomes {
            guard let row = outcome.finalRow else { continue }
            let cells = [1, 2].map { cell(row, column: $0, before: before) }
            guard let payload = cells[0], let note = cells[1] else { return nil }
            result[Int64(bitPattern: outcome.key.low)] = [payload, note]
        }
        return result
    }

    private func cell(_ row: BatchRow, column: Int, before: TableContents) -> String? {
        let patch = patches.first { $0.row == row && $0.column == column }
        switch patch?.origin {
        case .none: return text(row, column)
        case .row(let source): return text(source, column)
        case .table(let key): return before[Int64(bitPattern: key.low)]?[column - 1]
        }
    }

    private func text(_ row: BatchRow, _ column: Int) -> String? {
        batches[Int(row.batch)].columns[column].string(at: Int(row.row))
    }
}
