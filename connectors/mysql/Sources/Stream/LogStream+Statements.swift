internal import ChangeModel
internal import SourceInterface

extension LogStream {
    /// Does what a statement in the log means for transactions and tables.
    func handleQuery(_ query: QueryEvent) throws(StreamEnd) {
        let effect = StatementEffect(query)
        switch effect {
        case .begin:
            transaction?.isStandalone = false
            return
        case .xaStart:
            transaction?.isStandalone = false
            if transaction?.isPrepared == false {
                try sendAllBatches()
                transaction?.isPrepared = true
            }
            return
        case .commit: return try endTransaction()
        case .rollback:
            try stopRolledBack()
            return try endTransaction()
        case .rollbackToSavepoint: try stopRolledBack()
        default: try applyStatement(effect)
        }
        // A statement outside of BEGIN and COMMIT is a transaction of its own.
        if transaction?.isStandalone == true { try endTransaction() }
    }

    /// Rows that a rollback took back may have been sent already.
    ///
    /// Servers write such a rollback
    /// only when the transaction also changed a table that cannot be rolled back.
    private func stopRolledBack() throws(StreamEnd) {
        for name in transaction?.changedTables.sorted() ?? [] {
            guard let tracked = tables[name] else { continue }
            try stop(
                tracked,
                "a transaction that mixes transactional with other tables was rolled back",
                "Use InnoDB for all replicated tables, drop the table from the lake and start the"
                    + " pipeline again"
            )
        }
    }

    private func applyStatement(_ effect: StatementEffect) throws(StreamEnd) {
        switch effect {
        case .xaCommit(let identifier): try commitHeld(identifier)
        case .xaRollback(let identifier): _ = held.take(identifier)
        case .truncate(let name):
            guard let tracked = active(name) else { return }
            try sendBatch(of: tracked)
            try send(.truncated(name))
            transaction?.hasRows = true
        case .drop(let names):
            for name in names { try stopGone(name, "it was dropped") }
        case .dropSchema(let schema):
            for name in tables.keys.sorted() where name.schema == schema {
                try stopGone(name, "its database was dropped")
            }
        case .rename(let renames):
            for rename in renames { try stopRenamed(rename.from, rename.to) }
        case .replace(let name): try stopGone(name, "it was created anew")
        case .changeRows(let names): try stopChangedByStatement(names)
        case .alter(let name, let facts): try applyAlter(name, facts)
        case .begin, .commit, .rollback, .rollbackToSavepoint, .xaStart, .create, .none: return
        }
    }

    /// The table, if it is replicated and the open transaction is news for it.
    private func active(_ name: SourceTableName) -> TrackedTable? {
        guard let tracked = tables[name], !tracked.isStopped, !isCovered(tracked) else {
            return nil
        }
        return tracked
    }

    private func stopGone(_ name: SourceTableName, _ reason: String) throws(StreamEnd) {
        guard let tracked = active(name) else { return }
        try stop(
            tracked,
            reason,
            "Drop the table from the lake, or exclude it in the pipeline file with '!\(name)'"
        )
    }

    private func stopRenamed(
        _ from: SourceTableName,
        _ to: SourceTableName
    ) throws(StreamEnd) {
        try stopGone(from, "it was renamed to \(to)")
        try stopGone(to, "\(from) was renamed to it")
    }

    private func stopChangedByStatement(_ names: [SourceTableName]) throws(StreamEnd) {
        for name in names {
            guard let tracked = active(name) else { continue }
            try stop(
                tracked,
                "the log has a change of it in statement format, without its rows",
                "SET GLOBAL binlog_format = 'ROW' and let no session change it, drop the table"
                    + " from the lake and start the pipeline again"
            )
        }
    }

    private func applyAlter(
        _ name: SourceTableName,
        _ facts: StatementEffect.AlterFacts
    ) throws(StreamEnd) {
        // The first half of a two-phase ALTER is a plan, and one that failed is nothing.
        if transaction?.alterPhase == .start || transaction?.alterPhase == .rollback { return }
        if let newName = facts.newName {
            return try stopRenamed(name, newName)
        }
        guard let tracked = active(name) else { return }
        let outcome = try failing { () throws(SourceError) in
            try follower.afterAlter(facts, tracked.table)
        }
        if let outcome { try apply(outcome, to: tracked) }
    }

    // MARK: XA

    private func commitHeld(_ identifier: XAIdentifier) throws(StreamEnd) {
        guard let batches = held.take(identifier) else {
            return try refuseUnknownBranch(identifier)
        }
        for batch in batches {
            guard let tracked = active(batch.table) else { continue }
            try sendBatch(of: tracked)
            try send(.rows(batch))
            transaction?.hasRows = true
        }
    }

    /// The branch's rows are in front of where we began to read.
    ///
    /// That does no harm only if every
    /// table has them through its snapshot.
    private func refuseUnknownBranch(_ identifier: XAIdentifier) throws(StreamEnd) {
        if tables.values.allSatisfy({ $0.isStopped || isCovered($0) }) { return }
        throw .failed(
            SourceError(
                .positionLost,
                "the XA transaction \(identifier) was prepared before the place where we began to"
                    + " read, so that its rows are not known",
                remedy: "Drop the tables from the lake and start the pipeline again, so that they"
                    + " are copied anew",
                position: place
            )
        )
    }
}
