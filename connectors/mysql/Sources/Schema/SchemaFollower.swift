internal import ChangeModel
internal import SourceInterface
internal import TableModel

/// Compares tables as the log describes them with what the lake knows of them.
struct SchemaFollower {
    let planner: ColumnPlanner
    /// Looks a table up as it is now.
    let lookUp: (SourceTableName) throws(SourceError) -> SourceInventory

    enum Outcome {
        /// Nothing that matters has changed.
        case same(RowDecoder)
        case added(SourceTable, needsSnapshot: Bool)
        /// The table cannot be followed; the reason and the remedy.
        case stopped(reason: String, remedy: String)
    }

    private static let snapshotAgain =
        "Drop the table from the lake and start the pipeline again, so that it is copied anew"

    /// Compares a table map with the known table.
    func resolve(_ map: TableMap, _ known: SourceTable) throws(SourceError) -> Outcome {
        guard map.hasNames else {
            return .stopped(
                reason: "the log does not name its columns",
                remedy: "SET GLOBAL binlog_row_metadata = 'FULL', and \(Self.snapshotAgain)"
            )
        }
        let names = map.columns.map { $0.name ?? "" }
        let knownNames = Set(known.columns.map(\.name))
        if let gone = known.columns.first(where: { !names.contains($0.name) }) {
            return .stopped(
                reason: "its column '\(gone.name)' was dropped or renamed",
                remedy: Self.snapshotAgain
            )
        }
        let key = known.keyColumns.map { known.columns[$0].name }
        let eventKey = (map.keyColumns ?? []).map { names[$0] }
        guard key == eventKey else {
            return .stopped(
                reason: "its primary key changed from (\(key.joined(separator: ", ")))"
                    + " to (\(eventKey.joined(separator: ", ")))",
                remedy: Self.snapshotAgain
            )
        }
        if let changed = firstChangedType(map, known) { return changed }
        if names.allSatisfy({ knownNames.contains($0) }) { return try decoder(map, known) }
        return try added(map, known)
    }

    private func firstChangedType(_ map: TableMap, _ known: SourceTable) -> Outcome? {
        for column in map.columns {
            guard let before = known.columns.first(where: { $0.name == column.name }),
                planner.plan(column, as: before.type, target: 0, isKey: false) == nil
            else { continue }
            return .stopped(
                reason: "its column '\(before.name)' no longer is \(before.declaredType)",
                remedy: Self.snapshotAgain
            )
        }
        return nil
    }

    private func decoder(_ map: TableMap, _ known: SourceTable) throws(SourceError) -> Outcome {
        var planned: [ColumnPlanner.Planned] = []
        var key: [Int] = []
        for (index, column) in map.columns.enumerated() {
            guard let target = known.columns.firstIndex(where: { $0.name == column.name }) else {
                continue
            }
            let isKey = known.keyColumns.contains(target)
            guard
                let plan = planner.plan(
                    column,
                    as: known.columns[target].type,
                    target: target,
                    isKey: isKey
                )
            else { continue }
            if isKey { key.append(index) }
            planned.append(plan)
        }
        // Two columns of one name would leave a builder without a value.
        guard planned.count == map.columns.count, planned.count == known.columns.count else {
            return .stopped(
                reason: "the log has \(map.columns.count) columns,"
                    + " the table has \(known.columns.count)",
                remedy: Self.snapshotAgain
            )
        }
        return .same(RowDecoder(planned, keyColumns: key))
    }

    // MARK: Added columns

    /// What the server says now counts if it agrees with the log; else what the log says alone.
    private func added(_ map: TableMap, _ known: SourceTable) throws(SourceError) -> Outcome {
        let current = try lookUp(map.name)
        if let refused = current.refused.first { return .stopped(refused.error) }
        if let table = current.tables.first, agrees(table, map) {
            return Self.extend(known, to: table)
        }
        var table = known
        table.columns = []
        for column in map.columns {
            if let before = known.columns.first(where: { $0.name == column.name }) {
                table.columns.append(before)
                continue
            }
            if let now = current.tables.first?.columns.first(where: { $0.name == column.name }),
                planner.plan(column, as: now.type, target: 0, isKey: false) != nil
            {
                table.columns.append(now)
                continue
            }
            guard let inferred = inferredColumn(column) else {
                return .stopped(
                    reason: "its new column '\(column.name ?? "")' changed again before we could"
                        + " look at it",
                    remedy: Self.snapshotAgain
                )
            }
            table.columns.append(inferred)
        }
        table.keyColumns = map.keyColumns ?? []
        return Self.extend(known, to: table)
    }

    private func agrees(_ table: SourceTable, _ map: TableMap) -> Bool {
        guard table.columns.map(\.name) == map.columns.map({ $0.name ?? "" }) else { return false }
        return zip(table.columns, map.columns).allSatisfy { column, event in
            planner.plan(event, as: column.type, target: 0, isKey: false) != nil
        }
    }

    /// The known table with the columns that `current` has more.
    static func extend(_ known: SourceTable, to current: SourceTable) -> Outcome {
        let names = Set(known.columns.map(\.name))
        let new = current.columns.filter { !names.contains($0.name) }
        return .added(current, needsSnapshot: new.contains { $0.hasDefault })
    }

    /// A column as far as the log alone tells; `nil` where that is not sure.
    private func inferredColumn(_ column: EventColumn) -> SourceColumn? {
        let candidates: [IcebergType] = [
            .int, .long, .decimal(precision: 20, scale: 0), .float, .double, .boolean, .date,
            .timestamp, .timestamptz, .string, .binary, .uuid,
        ]
        var fitting = candidates.filter {
            planner.plan(column, as: $0, target: 0, isKey: false) != nil
        }
        if column.type == FieldType.newDecimal, column.size <= 38 {
            fitting = [.decimal(precision: column.size, scale: column.scale)]
        }
        guard fitting.count == 1, let type = fitting.first, let name = column.name else {
            return nil
        }
        return SourceColumn(
            name: name,
            declaredType: FieldType.name(column.type),
            type: type,
            isNullable: column.isNullable,
            hasDefault: true
        )
    }

    // MARK: ALTER TABLE

    /// What an ALTER TABLE did, by looking at the table now.
    ///
    /// Differences that the statement does
    /// not name belong to a later one.
    ///
    /// - Returns: `nil` when nothing that matters has changed so far.
    func afterAlter(
        _ facts: StatementEffect.AlterFacts,
        _ known: SourceTable
    ) throws(SourceError) -> Outcome? {
        if facts.movesRows {
            return .stopped(
                reason: "a partition or tablespace operation changed rows that the log does not"
                    + " have",
                remedy: Self.snapshotAgain
            )
        }
        let current = try lookUp(known.name)
        guard let table = current.tables.first else { return nil }
        for column in known.columns where facts.words.contains(column.name.lowercased()) {
            guard let now = table.columns.first(where: { $0.name == column.name }) else {
                return .stopped(
                    reason: "its column '\(column.name)' was dropped or renamed",
                    remedy: Self.snapshotAgain
                )
            }
            guard now.type == column.type else {
                return .stopped(
                    reason: "its column '\(column.name)' changed from \(column.declaredType)"
                        + " to \(now.declaredType)",
                    remedy: Self.snapshotAgain
                )
            }
        }
        return addedByAlter(facts, known, table)
    }

    private func addedByAlter(
        _ facts: StatementEffect.AlterFacts,
        _ known: SourceTable,
        _ current: SourceTable
    ) -> Outcome? {
        let knownTypes = Dictionary(known.columns.map { ($0.name, $0.type) }) { first, _ in first }
        let now = Dictionary(current.columns.map { ($0.name, $0.type) }) { first, _ in first }
        let key = known.keyColumns.map { known.columns[$0].name }
        guard knownTypes.allSatisfy({ now[$0.key] == $0.value }),
            key == current.keyColumns.map({ current.columns[$0].name })
        else { return nil }
        let new = current.columns.filter { knownTypes[$0.name] == nil }
        guard !new.isEmpty, new.allSatisfy({ facts.words.contains($0.name.lowercased()) }) else {
            return nil
        }
        return Self.extend(known, to: current)
    }
}

extension SchemaFollower.Outcome {
    static func stopped(_ error: SourceError) -> Self {
        .stopped(reason: error.message, remedy: error.remedy ?? "")
    }
}
