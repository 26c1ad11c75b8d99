internal import CSQLite
public import Catalog
internal import Diagnostics
internal import Iceberg
internal import ObjectStore
internal import TableModel

extension SQLiteCatalog {
    /// Applies all changes in one SQL transaction.
    ///
    /// New metadata files are written before it and deleted again when it definitely did not
    /// happen. Each row is moved only if it still has the metadata file that was read.
    /// - Throws: ``CatalogError``; then nothing was changed.
    public func commit(_ changes: [TableChange]) async throws -> CommitOutcome {
        guard Set(changes.map(\.identifier)).count == changes.count else {
            throw CatalogError(.configuration, "one commit changes a table twice")
        }
        var swaps: [Swap] = []
        for change in changes {
            switch try await prepare(change) {
            case .success(let swap): swaps.append(swap)
            case .failure(let conflict): return .conflict(conflict.message)
            }
        }
        try await MetadataFiles.write(swaps.map(\.staged), store: store)
        FailPoint.metadataWritten.reach()
        let outcome: SwapOutcome
        do {
            outcome = try apply(swaps)
        } catch {
            await MetadataFiles.remove(swaps.map(\.staged.location), store: store)
            throw error
        }
        switch outcome {
        case .committed:
            FailPoint.swapped.reach()
            await MetadataFiles.remove(swaps.flatMap(\.staged.obsoleteLocations), store: store)
            return .committed(swaps.map(\.next))
        case .conflict(let message):
            await MetadataFiles.remove(swaps.map(\.staged.location), store: store)
            return .conflict(message)
        case .unknown(let message): return .unknown(message)
        }
    }

    /// One table's step from its current metadata file to the next.
    struct Swap {
        var identifier: TableIdentifier
        var oldLocation: String
        var staged: StagedMetadata

        var next: LoadedTable {
            LoadedTable(
                identifier: identifier,
                metadata: staged.metadata,
                metadataLocation: staged.location
            )
        }
    }

    struct Conflict: Error {
        var message: String
    }

    enum SwapOutcome {
        case committed
        case conflict(String)
        case unknown(String)
    }

    /// Checks a change against the table as it is now.
    private func prepare(_ change: TableChange) async throws -> Result<Swap, Conflict> {
        let found = try reading { rows throws(SQLiteFailure) in
            try rows.location(of: change.identifier)
        }
        guard let found else {
            return .failure(Conflict(message: "\(change.identifier) does not exist any more"))
        }
        var current = change.base
        if found != change.base.metadataLocation {
            current.metadata = try await MetadataFiles.read(found, store: store)
            current.metadataLocation = found
        }
        let staged: StagedMetadata
        do throws(TableUpdateError) {
            staged = try MetadataFiles.stage(
                change,
                current: current,
                nowMilliseconds: currentTimeMilliseconds()
            )
        } catch {
            let message = "could not commit to \(change.identifier): \(error)"
            guard error.kind == .conflict else { throw CatalogError(.configuration, message) }
            return .failure(Conflict(message: message))
        }
        try checkLength(of: staged.location, change.identifier)
        return .success(Swap(identifier: change.identifier, oldLocation: found, staged: staged))
    }

    /// Moves all rows in one transaction.
    ///
    /// - Throws: ``CatalogError`` when nothing was changed.
    private func apply(_ swaps: [Swap]) throws(CatalogError) -> SwapOutcome {
        _ = try writing { rows throws(SQLiteFailure) in
            try rows.connection.run("BEGIN IMMEDIATE")
        }
        do throws(SQLiteFailure) {
            // One order for everybody; databases that lock rows cannot then wait in a circle.
            for swap in swaps.sorted(by: Self.precedes) {
                let count = try rows.swap(
                    swap.identifier,
                    from: swap.oldLocation,
                    to: swap.staged.location
                )
                guard count == 1 else {
                    try rollBack()
                    return .conflict("\(swap.identifier) was changed by another commit")
                }
                FailPoint.halfSwapped.reach()
            }
        } catch {
            try? rollBack()
            throw CatalogError(error, tried: "write to", path: path)
        }
        do throws(SQLiteFailure) {
            try rows.connection.run("COMMIT")
            return .committed
        } catch {
            return try resolve(error, swaps)
        }
    }

    private static func precedes(_ left: Swap, _ right: Swap) -> Bool {
        (CatalogRows.text(left.identifier.namespace), left.identifier.name)
            < (CatalogRows.text(right.identifier.namespace), right.identifier.name)
    }

    private func rollBack() throws(SQLiteFailure) {
        guard rows.connection.isInTransaction else { return }
        try rows.connection.run("ROLLBACK")
    }

    /// Finds out what became of a COMMIT that returned an error.
    ///
    /// A transaction that is still open has not happened, and is rolled back. Otherwise the rows
    /// themselves tell.
    private func resolve(
        _ failure: SQLiteFailure,
        _ swaps: [Swap]
    ) throws(CatalogError) -> SwapOutcome {
        do throws(SQLiteFailure) {
            let wasOpen = rows.connection.isInTransaction
            try rollBack()
            if !wasOpen {
                let found = try swaps.map { swap throws(SQLiteFailure) in
                    try rows.location(of: swap.identifier)
                }
                if found == swaps.map(\.staged.location) { return .committed }
                guard found == swaps.map(\.oldLocation) else {
                    // Another commit came on top of ours, or in place of it.
                    return .unknown("\(failure.message); the tables have moved on since")
                }
            }
        } catch {
            return .unknown("\(failure.message); reading the catalog again failed, too")
        }
        throw CatalogError(failure, tried: "write to", path: path)
    }
}
