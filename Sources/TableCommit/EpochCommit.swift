public import Catalog
public import Iceberg
public import ObjectStore
public import TableModel

/// One commit of all tables of an epoch: collected table by table, then made visible together.
///
/// Used once, by one task. When `run` fails definitely, the data files, delete files and manifests
/// of the commit are removed; when the outcome stays unknown, nothing is.
public struct EpochCommit {
    public let store: any ObjectStore
    private let catalog: any Catalog
    private let fileNamePrefix: String
    private var changes: [TableChange] = []
    private var writtenFiles: [String] = []

    /// Resends of a commit whose outcome is unknown, before the failure is passed on.
    public static let unknownAttemptsMax = 5

    /// `fileNamePrefix` begins the names of manifests and is unique to this commit.
    public init(store: any ObjectStore, catalog: any Catalog, fileNamePrefix: String) {
        self.store = store
        self.catalog = catalog
        self.fileNamePrefix = fileNamePrefix
    }

    public var isEmpty: Bool { changes.isEmpty }

    /// Adds one table: schema updates first, then a snapshot when the delta has files or replaces
    /// what was there, then properties.
    ///
    /// - Returns: The new snapshot's id, or nil when no snapshot is needed.
    public mutating func add(
        _ table: LoadedTable,
        schemaUpdates: [TableUpdate] = [],
        delta: RowDelta,
        properties: [String: String],
        removedProperties: [String] = []
    ) async throws -> Int64? {
        var updates = schemaUpdates
        var requirements: [TableRequirement] = [.assertTableUUID(table.metadata.tableUUID)]
        if !schemaUpdates.isEmpty {
            requirements.append(.assertCurrentSchemaID(table.metadata.currentSchemaID))
            requirements.append(.assertLastAssignedFieldID(table.metadata.lastColumnID))
        }
        writtenFiles += (delta.dataFiles + delta.deleteFiles).map(\.path)
        var snapshotID: Int64?
        if !delta.dataFiles.isEmpty || !delta.deleteFiles.isEmpty || delta.replacesAllFiles {
            let now = currentMilliseconds()
            let base = try table.metadata.applying(
                schemaUpdates,
                requirements: [],
                nowMilliseconds: now
            )
            let produced = try await SnapshotProducer.produce(
                base: base,
                delta: delta,
                store: store,
                fileNamePrefix: fileNamePrefix,
                newSnapshotID: base.unusedSnapshotID(),
                nowMilliseconds: now
            )
            snapshotID = produced.snapshot.snapshotID
            updates += produced.updates
            requirements += produced.requirements
            writtenFiles += produced.writtenFiles
        } else {
            // Properties alone move no reference, so a commit of another writer in between would
            // go unnoticed.
            requirements.append(
                .assertReferenceSnapshotID(
                    reference: SnapshotReference.main,
                    table.metadata.currentSnapshotID
                )
            )
        }
        if !properties.isEmpty { updates.append(.setProperties(properties)) }
        if !removedProperties.isEmpty { updates.append(.removeProperties(removedProperties)) }
        changes.append(
            TableChange(
                identifier: table.identifier,
                base: table,
                requirements: requirements,
                updates: updates
            )
        )
        return snapshotID
    }

    /// Makes all of it visible.
    ///
    /// - Returns: The tables after the commit.
    /// - Throws: ``CommitConflict`` when a table was changed by somebody else; the files of this
    ///   commit can go. ``CommitUnknown`` when nobody can say; no file may go.
    public func run() async throws -> [TableIdentifier: LoadedTable] {
        var reason = ""
        for attempt in 1...Self.unknownAttemptsMax {
            switch try await attemptCommit(isFirst: attempt == 1) {
            case .committed(let tables):
                return Dictionary(
                    tables.map { ($0.identifier, $0) },
                    uniquingKeysWith: { _, last in last }
                )
            case .conflict(let why):
                if attempt > 1, let tables = try await alreadyCommitted() { return tables }
                await removeFiles()
                throw CommitConflict(message: why)
            case .unknown(let why):
                if let tables = try await alreadyCommitted() { return tables }
                reason = why
            }
        }
        throw CommitUnknown(message: reason)
    }

    /// Asks the catalog once.
    ///
    /// A first attempt that is refused outright left nothing behind; after
    /// an attempt of unknown outcome no file may go.
    private func attemptCommit(isFirst: Bool) async throws -> CommitOutcome {
        do {
            return try await catalog.commit(changes)
        } catch let error as CatalogError where isFirst {
            await removeFiles()
            throw error
        }
    }

    private func removeFiles() async {
        for path in writtenFiles { try? await store.delete(path) }
    }

    /// Looks whether an earlier attempt came through.
    ///
    /// The catalog commits all tables or none, so one new snapshot that can be seen is proof for
    /// all; snapshot ids are random and only this commit knows them. Without any snapshot, all
    /// properties must show their new values.
    private func alreadyCommitted() async throws -> [TableIdentifier: LoadedTable]? {
        var tables: [TableIdentifier: LoadedTable] = [:]
        var hasSnapshots = false
        var showsSnapshot = false
        var showsProperties = true
        for change in changes {
            guard let now = try await catalog.loadTable(change.identifier) else { return nil }
            tables[change.identifier] = now
            for update in change.updates {
                switch update {
                case .addSnapshot(let snapshot):
                    hasSnapshots = true
                    if now.metadata.snapshot(id: snapshot.snapshotID) != nil {
                        showsSnapshot = true
                    }
                case .setProperties(let wanted):
                    for (name, value) in wanted where now.metadata.properties[name] != value {
                        showsProperties = false
                    }
                default: continue
                }
            }
        }
        return (hasSnapshots ? showsSnapshot : showsProperties) ? tables : nil
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
    public var description: String {
        "the outcome of a commit is unknown: \(message)"
    }
}
