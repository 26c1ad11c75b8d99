package import ChangeModel
package import Columns
import Glibc
package import SourceInterface
package import Synchronization
import TableModel

/// One change of one row of a scripted table.
package enum ScriptedChange: Sendable {
    case insert(id: Int64, name: String?)
    case update(id: Int64, name: String?)
    /// Every value is sent.
    case replace(id: Int64, name: String?, amount: Int64?)
    /// The name is not sent, as an unchanged TOAST value is not.
    case touch(id: Int64, amount: Int64)
    case move(from: Int64, to: Int64, name: String?)
    /// The same with every value sent.
    case moveWhole(from: Int64, to: Int64, name: String?, amount: Int64?)
    case delete(id: Int64)
    /// How every change of a table without a key is sent: the whole old row and the whole new one.
    case exchange(id: Int64, old: ScriptedRow, newID: Int64, new: ScriptedRow?)
    case truncate
}

/// A row of a scripted table.
package struct ScriptedRow: Equatable, Sendable {
    package var name: String?
    package var amount: Int64?

    package init(name: String?, amount: Int64?) {
        self.name = name
        self.amount = amount
    }

    /// Adds the row to the first three columns of a builder.
    package func append(id: Int64, to builder: BatchBuilder) {
        builder.builders[0].append(id)
        if let name {
            builder.builders[1].append(utf8: name)
        } else {
            builder.builders[1].appendNull()
        }
        if let amount {
            builder.builders[2].append(amount)
        } else {
            builder.builders[2].appendNull()
        }
    }
}

/// A source in memory: tables `(id long, name string, amount long)` and a log of transactions.
///
/// Positions are transaction numbers. Failures are planned by `failAfterEvents`: the stream breaks
/// after so many events, once for each number.
package final class ScriptedSource: ChangeSource {
    package struct State {
        package var tables: [SourceTableName: [Int64: ScriptedRow]] = [:]
        package var log: [[(SourceTableName, ScriptedChange)]] = []
        /// The tables after each number of transactions.
        package var history: [[SourceTableName: [Int64: ScriptedRow]]] = []

        package init() {}
        package var addedColumnAt: [SourceTableName: (transaction: Int, needsSnapshot: Bool)] = [:]
        package var stoppedAt: [SourceTableName: Int] = [:]
        package var failAfterEvents: [Int] = []
        package var acknowledged = 0
        package var snapshotsOpened = 0
        /// Whether updates carry every value, as with REPLICA IDENTITY FULL.
        package var sendsEveryValue = false
        /// A table that the inventory does not show.
        package var hidden: SourceTableName?
        /// A table whose description names no key.
        package var keyless: SourceTableName?
    }

    package let state: Mutex<State>
    private static let idleMicroseconds: UInt32 = 100

    package init(_ names: [SourceTableName]) {
        var initial = State()
        for name in names { initial.tables[name] = [:] }
        initial.history = [initial.tables]
        state = Mutex(initial)
    }

    package func commit(_ changes: [(SourceTableName, ScriptedChange)]) {
        state.withLock { state in
            var logged: [(SourceTableName, ScriptedChange)] = []
            for (name, change) in changes {
                logged.append((name, state.asSent(change, of: name)))
                state.apply(change, to: name)
            }
            state.log.append(logged)
            state.history.append(state.tables)
        }
    }

    package func table(_ name: SourceTableName) -> SourceTable {
        let (extra, keyless) = state.withLock { ($0.addedColumnAt[name] != nil, $0.keyless) }
        var table = Self.description(of: name, withExtra: extra)
        if keyless == name { table.keyColumns = [] }
        return table
    }

    package static func description(of name: SourceTableName, withExtra: Bool) -> SourceTable {
        var columns = [
            SourceColumn(name: "id", declaredType: "bigint", type: .long, isNullable: false),
            SourceColumn(name: "name", declaredType: "text", type: .string, isNullable: true),
            SourceColumn(name: "amount", declaredType: "bigint", type: .long, isNullable: true),
        ]
        if withExtra {
            columns.append(
                SourceColumn(
                    name: "extra",
                    declaredType: "bigint",
                    type: .long,
                    isNullable: true
                )
            )
        }
        return SourceTable(name: name, columns: columns, keyColumns: [0])
    }

    package func checkRequirements() throws -> [RequirementCheck] { [] }

    package func inventory() throws -> SourceInventory {
        let names = state.withLock { state in
            state.tables.keys.filter { $0 != state.hidden }.sorted()
        }
        return SourceInventory(tables: names.map(table), refused: [])
    }

    package func prepareStream(
        tables: [SourceTable],
        resuming position: SourcePosition?
    ) throws -> SourcePosition { try headPosition() }

    package func headPosition() throws -> SourcePosition {
        SourcePosition(String(state.withLock { $0.log.count }))
    }

    package func isCovered(_ position: SourcePosition, by watermark: SourcePosition) -> Bool {
        (Int(position.text) ?? 0) <= (Int(watermark.text) ?? 0)
    }

    package func advance(_ watermark: SourcePosition, to boundary: SourcePosition) -> SourcePosition
    {
        isCovered(watermark, by: boundary) ? boundary : watermark
    }

    package var specialValueCount: Int { 0 }

    package func lagBytes(behind position: SourcePosition) throws -> Int? { nil }
    package func dropStream() throws {}

    package func acknowledge(_ position: SourcePosition) {
        state.withLock { $0.acknowledged = max($0.acknowledged, Int(position.text) ?? 0) }
    }

    package func openSnapshot(tables: [SourceTable], workers: Int) throws -> any SourceSnapshot {
        state.withLock { state in
            state.snapshotsOpened += 1
            return ScriptedSnapshot(tables: state.tables, position: state.log.count)
        }
    }

    package func stream(_ request: StreamRequest, to sink: any SourceEventSink) throws {
        var sent = 0
        var next = Int(request.from.text) ?? 0
        let target = request.until.flatMap { Int($0.text) }
        let failAfter = state.withLock {
            $0.failAfterEvents.isEmpty ? nil : $0.failAfterEvents.removeFirst()
        }
        func offer(_ event: SourceEvent, isIdle: Bool = false) throws -> Bool {
            // How often an idle source speaks depends on the machine; faults must not.
            if !isIdle { sent += 1 }
            if let failAfter, sent > failAfter {
                throw SourceError(.connection, "the scripted connection broke")
            }
            while true {
                switch sink.offer(event, timeoutMilliseconds: 10) {
                case .taken: return true
                case .full: continue
                case .closed: return false
                }
            }
        }
        while true {
            let events = state.withLock { $0.events(of: next, request: request) }
            guard let events else {
                let reached = target.map { next >= $0 } ?? false
                let boundary = SourceBoundary(
                    position: SourcePosition(String(next)),
                    committedAtMicroseconds: nil,
                    hasReachedTarget: reached,
                    transactionCount: 0
                )
                guard try offer(.boundary(boundary), isIdle: true) else { return }
                // Nothing is new: the reader gets the processor to itself for a moment.
                usleep(Self.idleMicroseconds)
                continue
            }
            for event in events { guard try offer(event) else { return } }
            next += 1
            if next % 3 == 0 {
                let boundary = SourceBoundary(
                    position: SourcePosition(String(next)),
                    committedAtMicroseconds: 1,
                    hasReachedTarget: target.map { next >= $0 } ?? false,
                    transactionCount: 3
                )
                guard try offer(.boundary(boundary)) else { return }
            }
        }
    }
}

extension ScriptedSource.State {
    /// The change as the log carries it.
    package func asSent(_ change: ScriptedChange, of name: SourceTableName) -> ScriptedChange {
        if keyless == name { return asSentWithoutKey(change, of: name) }
        guard sendsEveryValue else { return change }
        switch change {
        case .update(let id, let text):
            return .replace(id: id, name: text, amount: tables[name]?[id]?.amount)
        case .touch(let id, let amount):
            return .replace(id: id, name: tables[name]?[id]?.name, amount: amount)
        case .move(let from, let to, let text):
            return .moveWhole(from: from, to: to, name: text, amount: tables[name]?[from]?.amount)
        default: return change
        }
    }

    private func asSentWithoutKey(
        _ change: ScriptedChange,
        of name: SourceTableName
    ) -> ScriptedChange {
        var after = self
        after.apply(change, to: name)
        func exchange(_ id: Int64, _ newID: Int64?) -> ScriptedChange {
            guard let old = tables[name]?[id] else { return change }
            return .exchange(
                id: id,
                old: old,
                newID: newID ?? id,
                new: newID.flatMap { after.tables[name]?[$0] }
            )
        }
        switch change {
        case .update(let id, _), .replace(let id, _, _), .touch(let id, _):
            return exchange(id, id)
        case .move(let from, let to, _), .moveWhole(let from, let to, _, _):
            return exchange(from, to)
        case .delete(let id): return exchange(id, nil)
        case .insert, .exchange, .truncate: return change
        }
    }

    package mutating func apply(_ change: ScriptedChange, to name: SourceTableName) {
        switch change {
        case .insert(let id, let text): tables[name]?[id] = ScriptedRow(name: text, amount: nil)
        case .update(let id, let text): tables[name]?[id]?.name = text
        case .replace(let id, let text, let amount):
            tables[name]?[id] = ScriptedRow(name: text, amount: amount)
        case .touch(let id, let amount): tables[name]?[id]?.amount = amount
        case .move(let from, let to, let text):
            var row = tables[name]?.removeValue(forKey: from)
            row?.name = text
            tables[name]?[to] = row
        case .moveWhole(let from, let to, let text, let amount):
            tables[name]?.removeValue(forKey: from)
            tables[name]?[to] = ScriptedRow(name: text, amount: amount)
        case .delete(let id): tables[name]?.removeValue(forKey: id)
        case .exchange(let id, _, let newID, let new):
            tables[name]?.removeValue(forKey: id)
            if let new { tables[name]?[newID] = new }
        case .truncate: tables[name] = [:]
        }
    }

    /// What transaction `number` says of the requested tables; nil when there is none yet.
    package func events(of number: Int, request: StreamRequest) -> [SourceEvent]? {
        guard number < log.count else { return nil }
        var events: [SourceEvent] = []
        for (table, watermark) in request.tables {
            let name = table.name
            guard number >= Int(watermark.text) ?? 0 else { continue }
            if let stopped = stoppedAt[name], number >= stopped {
                if number == stopped {
                    events.append(
                        .stopped(
                            name,
                            SourceError(
                                .unsupportedChange,
                                "column name of \(name) was dropped",
                                position: String(number)
                            )
                        )
                    )
                }
                continue
            }
            let isWide = table.columns.count == 4
            let added = addedColumnAt[name]
            if let added, added.transaction == number, !isWide {
                events.append(
                    .columnsAdded(
                        ScriptedSource.description(of: name, withExtra: true),
                        needsSnapshot: added.needsSnapshot
                    )
                )
            }
            let sendsExtra = isWide || (added.map { number >= $0.transaction } ?? false)
            for (changed, change) in log[number] where changed == name {
                events += batches(of: change, name: name, withExtra: sendsExtra, upTo: number)
            }
        }
        return events
    }

    private func batches(
        of change: ScriptedChange,
        name: SourceTableName,
        withExtra: Bool,
        upTo number: Int
    ) -> [SourceEvent] {
        if case .truncate = change { return [.truncated(name)] }
        let types: [PhysicalType] = [.int64, .bytes, .int64] + (withExtra ? [.int64] : [])
        let builder = BatchBuilder(types: types, expectedRows: 2)
        var operations: [UInt8] = []
        var unchangedNames = RowSet()
        var unchangedAmounts = RowSet()
        func row(_ id: Int64, _ text: String?, _ amount: Int64?, _ operation: ChangeOperation) {
            builder.builders[0].append(id)
            if let text {
                builder.builders[1].append(utf8: text)
            } else {
                builder.builders[1].appendNull()
            }
            if let amount {
                builder.builders[2].append(amount)
            } else {
                builder.builders[2].appendNull()
            }
            if withExtra { builder.builders[3].append(id * 10) }
            operations.append(operation.rawValue)
        }
        switch change {
        case .insert(let id, let text): row(id, text, nil, .insert)
        case .update(let id, let text):
            row(id, text, nil, .update)
            unchangedAmounts.insert(0)
        case .replace(let id, let text, let amount): row(id, text, amount, .update)
        case .touch(let id, let amount):
            row(id, nil, amount, .update)
            unchangedNames.insert(0)
        case .move(let from, let to, let text):
            row(from, nil, nil, .delete)
            row(to, text, nil, .insertMoved)
            unchangedAmounts.insert(1)
        case .moveWhole(let from, let to, let text, let amount):
            row(from, nil, nil, .delete)
            row(to, text, amount, .insertMoved)
        case .delete(let id): row(id, nil, nil, .delete)
        case .exchange(let id, let old, let newID, let new):
            row(id, old.name, old.amount, .delete)
            if let new { row(newID, new.name, new.amount, .insertMoved) }
        case .truncate: break
        }
        let sets = [RowSet(), unchangedNames, unchangedAmounts] + (withExtra ? [RowSet()] : [])
        return [
            .rows(
                ChangeBatch(
                    table: name,
                    columns: builder.finishColumns(),
                    operations: operations,
                    unchanged: sets
                )
            )
        ]
    }
}

/// A copy of the scripted tables at one position.
package final class ScriptedSnapshot: SourceSnapshot {
    package let tables: [SourceTableName: [Int64: ScriptedRow]]
    package let position: Int

    package init(tables: [SourceTableName: [Int64: ScriptedRow]], position: Int) {
        self.tables = tables
        self.position = position
    }

    package func watermark(of table: SourceTableName) -> SourcePosition {
        SourcePosition(String(position))
    }

    package func ranges(of table: SourceTable, rowsPerRange: Int) throws -> [SnapshotRange] {
        [SnapshotRange(table: table, condition: nil)]
    }

    package func makeReader() throws -> any SnapshotReader { ScriptedReader(self) }
    package func close() {}
}

package final class ScriptedReader: SnapshotReader {
    package let snapshot: ScriptedSnapshot
    package init(_ snapshot: ScriptedSnapshot) { self.snapshot = snapshot }

    package func read(
        _ range: SnapshotRange,
        batchBytesMax: Int,
        _ body: (ColumnBatch) throws -> Void
    ) throws {
        let withExtra = range.table.columns.count == 4
        let types: [PhysicalType] = [.int64, .bytes, .int64] + (withExtra ? [.int64] : [])
        let builder = BatchBuilder(types: types, expectedRows: 16)
        let rows = (snapshot.tables[range.table.name] ?? [:]).sorted { $0.key < $1.key }
        for (id, row) in rows {
            row.append(id: id, to: builder)
            if withExtra { builder.builders[3].append(id * 10) }
        }
        try body(ColumnBatch(columns: builder.finishColumns(), rowCount: rows.count))
    }

    package func close() {}
}
