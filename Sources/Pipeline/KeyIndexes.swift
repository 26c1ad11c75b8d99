import Bytes
import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import KeyIndex
import Logging
import PipelineConfig
import SourceInterface
import TableModel

/// The key indexes of a running pipeline: kept between sessions and runs, made when they must be,
/// and within a bound of memory.
///
/// Each decision that costs readers or time is a line in the log. Owned by the pipeline's task.
final class KeyIndexes {
    private let parts: PipelineParts
    /// Whether every index is there before the stream begins: a run that ends when it has caught up
    /// may end before an index is read, time and again.
    private let waitsForAll: Bool
    private var folder: IndexStateFolder?
    private var hasOpenedFolder = false
    private var budget: KeyIndexBudget
    /// Indexes that survived the last session, by table.
    private var kept: [SourceTableName: KeptIndex] = [:]
    private var builds: [SourceTableName: IndexBuild] = [:]
    /// Tables that were found to be unable to do without.
    private var needed: Set<SourceTableName> = []
    private var nextTries: [SourceTableName: ContinuousClock.Instant] = [:]
    private var keysRead = 0
    /// Names of tables that have to give up their indexes.
    private var evicted: Set<String> = []

    init(_ parts: PipelineParts, waitsForAll: Bool) {
        self.parts = parts
        self.waitsForAll = waitsForAll
        budget = KeyIndexBudget(bytesMax: parts.configuration.index.bytesMax)
    }

    /// The index for a table's stream; none of the whole table where there cannot be one now.
    func open(_ table: LakeTable) async throws -> KeptIndex {
        guard parts.configuration.deletes != .equality else {
            return .ofEpochs(table, hasher: parts.secrets.next())
        }
        if let build = builds[table.name] {
            if build.tableUUID == table.loaded.metadata.tableUUID, !isNeeded(table) {
                return .ofEpochs(table, hasher: build.hasher)
            }
            builds[table.name] = nil
            await build.cancel()
        }
        if let last = kept.removeValue(forKey: table.name) {
            if let current = try await brought(last, to: table) { return current }
        }
        let recipe = recipe(table)
        guard admit(table, bytes: recipe.memoryBytes) else {
            return .ofEpochs(table, hasher: parts.secrets.next())
        }
        if let found = try await find(recipe) { return found }
        return try await read(recipe)
    }

    /// Lets go of the indexes of tables that are followed no longer.
    func forget(except names: [SourceTableName]) {
        for (name, index) in kept where !names.contains(name) {
            index.keeper?.abandon()
            budget.forget(name.description)
        }
        kept = [:]
    }

    /// Takes the indexes back at a session's end.
    func keep(_ indexes: [SourceTableName: KeptIndex]) { kept = indexes }

    /// Ends with every index as the lake is, for the next run.
    func stop() async {
        for (name, index) in kept {
            do { try index.keeper?.stop() } catch { complainer(name)(error) }
        }
        kept = [:]
        await cancelBuilds()
    }

    /// Ends after a failure: what is stored stays as it was at the last commit.
    func abandon() async {
        for index in kept.values { index.keeper?.abandon() }
        kept = [:]
        await cancelBuilds()
    }

    private func cancelBuilds() async {
        for build in builds.values { await build.cancel() }
        builds = [:]
    }

    /// From here on the table is not followed without an index of all its rows.
    func need(_ name: SourceTableName) {
        parts.log.info(
            "a change does not carry every value, so the stream waits for the key index",
            metadata: ["table": "\(name)"]
        )
        needed.insert(name)
    }

    /// Whether rows of the table can only be deleted by position.
    private func isNeeded(_ table: LakeTable) -> Bool {
        parts.configuration.deletes == .position || table.source.keyColumns.isEmpty
            || table.source.inexactKeyColumn != nil || needed.contains(table.name)
    }
}

extension KeyIndexes {
    private func recipe(_ table: LakeTable) -> IndexRecipe {
        IndexRecipe(table: table, store: parts.store, folder: stateFolder())
    }

    private func stateFolder() -> IndexStateFolder? {
        guard !hasOpenedFolder, let path = parts.configuration.index.folder else { return folder }
        hasOpenedFolder = true
        do { folder = try IndexStateFolder(path: path) } catch {
            parts.log.warning(
                "key indexes are not kept between runs",
                metadata: ["error": "\(error)"]
            )
        }
        return folder
    }

    private func complainer(_ name: SourceTableName) -> @Sendable (any Error) -> Void {
        let log = parts.log
        return { error in
            log.warning(
                "the key index is not kept for the next run",
                metadata: ["table": "\(name)", "error": "\(error)"]
            )
        }
    }

    private func brought(_ last: KeptIndex, to table: LakeTable) async throws -> KeptIndex? {
        let metadata = table.loaded.metadata
        guard last.tableUUID == metadata.tableUUID else {
            last.keeper?.abandon()
            return nil
        }
        let began = parts.time.now()
        let advanced = try await recipe(table).advance(
            HandedOver(value: last),
            complain: complainer(table.name)
        )
        guard var current = advanced?.value else {
            parts.log.info(
                "the key index cannot follow what happened to the table since; it is read anew",
                metadata: ["table": "\(table.name)"]
            )
            return nil
        }
        current.fingerprinter = table.fingerprinter(hasher: last.fingerprinter.hasher)
        if last.snapshotID != metadata.currentSnapshotID {
            told(current, table, "the key index followed the table", since: began)
        }
        settle(table, current)
        return current
    }

    private func find(_ recipe: IndexRecipe) async throws -> KeptIndex? {
        guard recipe.folder != nil else { return nil }
        let began = parts.time.now()
        let found: HandedOver<KeptIndex>
        do { found = try await recipe.find() } catch let reason as IndexStateReason {
            if reason == .absent { return nil }
            parts.log.warning(
                "the stored key index is not used; it is read anew from the table",
                metadata: ["table": "\(recipe.table.name)", "reason": "\(reason)"]
            )
            return nil
        }
        told(found.value, recipe.table, "key index read from the state folder", since: began)
        return try await brought(found.value, to: recipe.table)
    }

    /// Reads the table's keys at once when they are few or have to be there, else beside the stream.
    private func read(_ recipe: IndexRecipe) async throws -> KeptIndex {
        let (table, rows) = (recipe.table, recipe.rowCount)
        let isSmall = keysRead + rows <= parts.keysReadAtStart
        guard waitsForAll || isSmall || isNeeded(table) else {
            let none = KeptIndex.ofEpochs(table, hasher: parts.secrets.next())
            build(recipe, hasher: none.fingerprinter.hasher)
            return none
        }
        keysRead += rows
        let began = parts.time.now()
        let read: KeptIndex
        do {
            read = try await readUnderSomeSecret(recipe)
        } catch let error as KeyIndexFull where !isNeeded(table) {
            giveUp(table, error)
            return .ofEpochs(table, hasher: parts.secrets.next())
        }
        told(read, table, "key index rebuilt", since: began)
        settle(table, read)
        return read
    }

    /// Reads the table's keys under one secret after the other, until no two of them collide.
    private func readUnderSomeSecret(_ recipe: IndexRecipe) async throws -> KeptIndex {
        let complain = complainer(recipe.table.name)
        for _ in 1..<Limits.secretsTried {
            do {
                return try await recipe.read(
                    hasher: parts.secrets.next(),
                    complain: complain
                ).value
            } catch let error as CollidingKeys {
                tell(error, recipe.table.name)
            }
        }
        return try await recipe.read(hasher: parts.secrets.next(), complain: complain).value
    }

    private func tell(_ error: CollidingKeys, _ name: SourceTableName) {
        parts.log.warning("\(error)", metadata: ["table": "\(name)"])
    }

    /// Lets go of whatever was made under the table's secret.
    func changeSecret(of name: SourceTableName) async {
        tell(CollidingKeys(), name)
        kept.removeValue(forKey: name)?.keeper?.discard()
        await builds.removeValue(forKey: name)?.cancel()
    }

    private func build(_ recipe: IndexRecipe, hasher: SipHash128) {
        parts.log.info(
            "the key index is read beside the stream; until then rows are deleted by key",
            metadata: ["table": "\(recipe.table.name)", "rows": "\(recipe.rowCount)"]
        )
        let complain = complainer(recipe.table.name)
        builds[recipe.table.name] = IndexBuild(
            tableUUID: recipe.metadata.tableUUID,
            hasher: hasher
        ) { try await recipe.read(hasher: hasher, complain: complain) }
    }

    private func giveUp(_ table: LakeTable, _ error: any Error) {
        parts.log.warning(
            "no key index could be read; rows are deleted by key",
            metadata: ["table": "\(table.name)", "error": "\(error)"]
        )
        budget.release(table.name.description)
        postpone(table.name)
    }

    private func postpone(_ name: SourceTableName) {
        nextTries[name] = parts.time.now() + .seconds(Limits.indexRetrySeconds)
    }

    private func told(
        _ index: KeptIndex,
        _ table: LakeTable,
        _ message: Logger.Message,
        since began: ContinuousClock.Instant
    ) {
        parts.log.info(
            message,
            metadata: [
                "table": "\(table.name)", "rows": "\(index.index.count)",
                "seconds": "\((parts.time.now() - began).seconds)",
            ]
        )
        guard index.duplicateKeys > 0 else { return }
        parts.log.warning(
            "the lake holds rows with the same key; run frazil verify",
            metadata: ["table": "\(table.name)", "rows": "\(index.duplicateKeys)"]
        )
    }
}

extension KeyIndexes {
    /// Asks for memory for an index.
    private func admit(_ table: LakeTable, bytes: Int) -> Bool {
        apply(budget.set(bytes, of: table.name.description, isNeeded: isNeeded(table)))
        if budget.holds(table.name.description) { return true }
        postpone(table.name)
        return false
    }

    /// Notes what an index takes now that it is there.
    private func settle(_ table: LakeTable, _ index: KeptIndex) {
        _ = admit(table, bytes: index.index.memoryBytes)
        if !budget.holds(table.name.description) { evicted.insert(table.name.description) }
    }

    private func apply(_ events: [KeyIndexBudget.Event]) {
        for event in events {
            switch event {
            case .admitted: continue
            case .evicted(let table, _, _): evicted.insert(table)
            case .refused(let table, _, _): evicted.insert(table)
            case .exceeded: break
            }
            parts.log.warning("index.memory is used up", metadata: ["outcome": "\(event)"])
        }
    }

    /// Notes that an epoch changed a table, and what its index takes; nil for none.
    func used(_ table: LakeTable, bytes: Int?) {
        budget.use(table.name.description)
        guard let bytes else { return }
        apply(
            budget.set(bytes, of: table.name.description, isNeeded: isNeeded(table))
        )
    }

    /// Whether a table has to give up its index; asked once.
    func takeEviction(of name: SourceTableName) -> Bool {
        guard evicted.remove(name.description) != nil else { return false }
        postpone(name)
        return true
    }

    /// Forgets evictions of tables without streams.
    func forgetEvictions() {
        evicted = []
    }

    /// Begins to make an index for a busy table that has none, if it is time and there is memory.
    func tryAgain(_ table: LakeTable, hasher: SipHash128) {
        guard parts.configuration.deletes != .equality, builds[table.name] == nil,
            let due = nextTries[table.name], parts.time.now() >= due
        else { return }
        postpone(table.name)
        let recipe = recipe(table)
        let name = table.name.description
        guard budget.couldAdmit(recipe.memoryBytes, for: name) else { return }
        guard admit(table, bytes: recipe.memoryBytes) else { return }
        build(recipe, hasher: hasher)
    }

    /// Tables whose indexes are being made.
    var buildingTables: [SourceTableName] { builds.keys.sorted() }

    /// The index that was made beside the stream, brought to where the table is now; nil while it is
    /// not there yet.
    func takeBuilt(_ table: LakeTable) async throws -> KeptIndex? {
        guard let build = builds[table.name], let outcome = build.outcome else { return nil }
        builds[table.name] = nil
        let made: HandedOver<KeptIndex>?
        do { made = try outcome.get() } catch is CollidingKeys {
            throw CollidingKeysOfTable(name: table.name)
        } catch {
            giveUp(table, error)
            return nil
        }
        let recipe = recipe(table)
        guard let made, made.value.tableUUID == table.loaded.metadata.tableUUID else {
            made?.value.keeper?.abandon()
            self.build(recipe, hasher: build.hasher)
            return nil
        }
        if gap(from: made.value, to: table) > Limits.snapshotsAdvancedAtOnce {
            let complain = complainer(table.name)
            builds[table.name] = IndexBuild(
                tableUUID: build.tableUUID,
                hasher: build.hasher
            ) { try await recipe.advance(made, complain: complain) }
            return nil
        }
        guard let current = try await brought(made.value, to: table) else {
            self.build(recipe, hasher: build.hasher)
            return nil
        }
        guard budget.holds(table.name.description) else {
            current.keeper?.abandon()
            return nil
        }
        parts.log.info(
            "the key index is there; rows are deleted by position",
            metadata: ["table": "\(table.name)", "rows": "\(current.index.count)"]
        )
        return current
    }

    private func gap(from index: KeptIndex, to table: LakeTable) -> Int {
        let metadata = table.loaded.metadata
        guard let current = metadata.currentSnapshotID, index.snapshotID != current else {
            return 0
        }
        return metadata.snapshots(from: index.snapshotID, to: current)?.count ?? 0
    }
}
