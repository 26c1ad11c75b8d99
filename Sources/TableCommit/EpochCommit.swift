public import Catalog
public import Diagnostics
public import Iceberg
public import ObjectStore
public import TableModel

/// One commit of all tables of an epoch: collected table by table, then made visible.
///
/// A catalog that commits tables together makes all of them visible in one step. Elsewhere they
/// follow one another in the order in which they were added; each carries its own position, so a
/// program that begins again in between redoes the others only. The ledger is added last.
///
/// Used once, by one task. When `run` fails definitely, the files of tables that did not change are
/// removed; files of a table whose outcome stays unknown never are.
public struct EpochCommit {
    public let store: any ObjectStore
    private let catalog: any Catalog
    private let fileNamePrefix: String
    private let time: any TimeSource
    private var parts: [CommitPart] = []

    /// `fileNamePrefix` begins the names of manifests and is unique to this commit.
    public init(
        store: any ObjectStore,
        catalog: any Catalog,
        fileNamePrefix: String,
        time: any TimeSource = SystemTime()
    ) {
        self.store = store
        self.catalog = catalog
        self.fileNamePrefix = fileNamePrefix
        self.time = time
    }

    public var isEmpty: Bool { parts.isEmpty }

    /// Adds one table: schema updates first, then a snapshot when the delta has files or replaces
    /// what was there, then references and properties.
    ///
    /// `movesBranch` makes a snapshot even where the delta has nothing: whatever was prepared for the
    /// table before cannot be committed then.
    /// `snapshotProperty` is the property that names the new snapshot and its sequence number.
    /// `references` is asked with the id of the snapshot that the table will have; nil when it has
    /// none.
    ///
    /// - Returns: The new snapshot's id, or nil when no snapshot is needed.
    public mutating func add(
        _ table: LoadedTable,
        schemaUpdates: [TableUpdate] = [],
        delta: RowDelta,
        properties: [String: String],
        removedProperties: [String] = [],
        movesBranch: Bool = false,
        snapshotProperty: String? = nil,
        references: (_ snapshotID: Int64?) -> [TableUpdate] = { _ in [] }
    ) async throws -> Int64? {
        var part = CommitPart(of: table, schemaUpdates: schemaUpdates)
        part.writtenFiles = (delta.dataFiles + delta.deleteFiles).map(\.path)
        var properties = properties
        var snapshotID: Int64?
        if delta.changesFiles || movesBranch {
            do {
                let produced = try await produce(delta, on: table, schemaUpdates)
                snapshotID = produced.snapshot.snapshotID
                if let snapshotProperty {
                    properties[snapshotProperty] = CommitPart.name(of: produced.snapshot)
                }
                part.add(produced)
            } catch {
                await part.removeFiles(store)
                throw error
            }
            FailPoint.manifestsWritten.reach()
        } else {
            part.requireUnmovedBranch()
        }
        part.change.updates += references(snapshotID ?? table.metadata.currentSnapshotID)
        if !properties.isEmpty { part.change.updates.append(.setProperties(properties)) }
        if !removedProperties.isEmpty {
            part.change.updates.append(.removeProperties(removedProperties))
        }
        parts.append(part)
        return snapshotID
    }

    private func produce(
        _ delta: RowDelta,
        on table: LoadedTable,
        _ schemaUpdates: [TableUpdate]
    ) async throws -> ProducedSnapshot {
        let now = time.microsecondsSince1970() / 1000
        let base = try table.metadata.applying(
            schemaUpdates,
            requirements: [],
            nowMilliseconds: now
        )
        return try await SnapshotProducer.produce(
            base: base,
            delta: delta,
            store: store,
            fileNamePrefix: fileNamePrefix,
            newSnapshotID: base.unusedSnapshotID(),
            nowMilliseconds: now
        )
    }

    /// Removes the files of everything that was added; for a commit that is not run.
    public func abandon() async {
        for part in parts { await part.removeFiles(store) }
    }

    /// Makes all of it visible.
    ///
    /// `patience` decides how long a catalog that does not answer is asked again.
    ///
    /// - Returns: The tables after the commit, without those that somebody dropped since.
    /// - Throws: ``CommitConflict`` when a table was changed by somebody else, ``CommitUnknown``
    ///   when nobody can say, `CatalogError` when the catalog refuses, and what `patience` throws.
    public func run(
        patience: any CommitPatience
    ) async throws -> [TableIdentifier: LoadedTable] {
        FailPoint.beforeCommit.reach()
        let groups = catalog.commitsTablesTogether ? [parts] : parts.map { [$0] }
        var tables: [TableIdentifier: LoadedTable] = [:]
        for (number, group) in groups.enumerated() {
            do {
                let commit = GroupCommit(
                    catalog: catalog,
                    store: store,
                    parts: group,
                    patience: patience
                )
                for table in try await commit.run() { tables[table.identifier] = table }
            } catch {
                // Those that follow were never sent to anybody.
                for part in groups[(number + 1)...].joined() { await part.removeFiles(store) }
                throw error
            }
            if number + 1 < groups.count { FailPoint.tableCommitted.reach() }
        }
        return tables
    }
}

/// A table of the commit is not as it was when the epoch began.
public struct CommitConflict: Error, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { "somebody else changed the lake meanwhile: \(message)" }
}

/// The catalog neither confirmed nor denied a commit, however often it was asked.
public struct CommitUnknown: Error, Sendable, CustomStringConvertible {
    public var message: String

    public init(message: String) { self.message = message }

    public var description: String {
        "the outcome of a commit is unknown: \(message)"
    }
}
