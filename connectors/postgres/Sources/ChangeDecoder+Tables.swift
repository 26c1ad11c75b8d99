import ChangeModel
import SourceInterface

/// What a relation's layout is compared with, and asked about.
protocol SchemaLookup: AnyObject {
    /// The types of these columns, asked of the server where they are new.
    func types(of columns: [RelationMessage.Column]) throws -> TypeCatalog

    /// Columns as the lake will have them. `readsOldRows`: whether rows that existed before the
    /// column may read something other than NULL in it.
    func describe(
        _ columns: [RelationMessage.Column],
        of relationID: UInt32,
        types: TypeCatalog
    ) throws -> (columns: [SourceColumn], readsOldRows: Bool)
}

/// Layouts, batches and the end of a table.
extension ChangeDecoder {
    /// Settles how a relation's rows go into its table, at the first row that the lake needs.
    ///
    /// Not earlier: what is replayed and covered may have older layouts.
    ///
    /// - Returns: nil when the table had to be stopped.
    func bind(_ relation: Relation, _ table: StreamedTable) throws -> RelationBinding? {
        if let binding = relation.binding { return binding }
        let message = relation.message
        if let reason = identityChange(message, table) {
            try stop(table, layoutError(table, reason))
            return nil
        }
        table.relationID = message.relationID
        let types = try schema.types(of: message.columns)
        switch LayoutChange.compare(message, with: table.table, types: types) {
        case .none: break
        case .incompatible(let reason):
            try stop(table, layoutError(table, reason))
            return nil
        case .added(let places):
            let added = try schema.describe(
                places.map { message.columns[$0] },
                of: message.relationID,
                types: types
            )
            try add(added.columns, to: table, needsSnapshot: added.readsOldRows)
        }
        let binding = RelationBinding(message, to: table.table)
        relation.binding = binding
        return binding
    }

    private func identityChange(_ message: RelationMessage, _ table: StreamedTable) -> String? {
        if let known = table.relationID, known != message.relationID {
            return "it was dropped and created again"
        }
        if message.name != table.name { return "it was renamed to \(message.name)" }
        return nil
    }

    func layoutError(_ table: StreamedTable, _ reason: String) -> SourceError {
        SourceError(
            .unsupportedChange,
            "could not follow \(table.name) any further: \(reason)",
            remedy: "Drop the table from the lake and start again: it is copied anew as it is then",
            position: place
        )
    }

    /// Announces new columns; rows decoded before them are handed on first.
    func add(_ columns: [SourceColumn], to table: StreamedTable, needsSnapshot: Bool) throws {
        try flush(table)
        var grown = table.table
        grown.columns += columns
        table.replace(table: grown)
        forgetBindings(of: table)
        try emit(.columnsAdded(grown, needsSnapshot: needsSnapshot))
    }

    /// Hands on what was decoded, then ends the table.
    ///
    /// Whole transactions before this place stay in the lake: a boundary says that they are.
    func stop(_ table: StreamedTable, _ error: SourceError) throws {
        if !hasRowsInTransaction, committedEnd > .zero {
            try flushAll()
            try emit(.boundary(takeBoundary(at: committedEnd, reachesTarget: false)))
        }
        try flush(table)
        table.isStopped = true
        try emit(.stopped(table.name, error))
    }

    /// Cuts a batch that is full, or all when together they hold too much.
    @inline(__always)
    func cutBatches(_ table: StreamedTable) throws {
        if table.pendingByteCount >= batchBytesMax
            || table.pendingRowCount >= Limits.rowsPerBatchMax
        {
            try flush(table)
        } else if openBytes >= batchBytesMax &* Limits.openBatchesFactor {
            try flushAll()
        }
    }

    func flush(_ table: StreamedTable) throws {
        openBytes -= table.pendingByteCount
        openTables.removeAll { $0 === table }
        try emitBatch(of: table)
    }

    func flushAll() throws {
        let flushed = openTables
        openTables.removeAll(keepingCapacity: true)
        openBytes = 0
        for table in flushed { try emitBatch(of: table) }
    }

    private func emitBatch(of table: StreamedTable) throws {
        let special = table.rows.takeSpecialValueCount()
        if special > 0 { countSpecialValues(special) }
        guard let batch = table.takeBatch() else { return }
        try emit(.rows(batch))
    }

    @inline(__always)
    func noteChange(of table: StreamedTable, in transaction: StreamTransaction) {
        guard lastChangedOrdinal != transaction.ordinal else { return }
        lastChangedOrdinal = transaction.ordinal
        changedTransactionCount += 1
    }
}
