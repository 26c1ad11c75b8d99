package import Catalog
package import Iceberg
package import TableModel

/// A catalog as one process of the simulation sees it.
///
/// Before a commit other writers may come first, and the catalog may be out of reach or leave the
/// outcome open.
package final class ProcessCatalog: Catalog {
    package enum Fault: Sendable {
        /// Out of reach; nothing happens.
        case unavailable
        /// Refuses as if somebody else had been first.
        case conflict
        /// Applies it and says that nobody knows.
        case unknownApplied
        /// Does not apply it and says that nobody knows.
        case unknownLost
        /// Says that nobody knows, and applies it only when it is asked the next time, first.
        case unknownDelayed
        /// Applies it, and refuses a copy of it that was sent by something in between.
        case duplicated
        /// Another writer commits first.
        case foreignWriter
        /// Applies it, lets another writer commit as well, and says that nobody knows.
        case unknownOvertaken
    }

    private let catalog: any Catalog
    private let lifeline: Lifeline
    private let faults: FaultPlan<Fault>
    private let foreignWriter: @Sendable () async throws -> Void
    private let delayed = DelayedCommits()

    package init(
        _ catalog: any Catalog,
        lifeline: Lifeline,
        faults: FaultPlan<Fault>,
        foreignWriter: @escaping @Sendable () async throws -> Void
    ) {
        self.catalog = catalog
        self.lifeline = lifeline
        self.faults = faults
        self.foreignWriter = foreignWriter
    }

    package var commitsTablesTogether: Bool { catalog.commitsTablesTogether }

    package func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? {
        try await lifeline.step { try await catalog.loadTable(identifier) }
    }

    package func createNamespace(_ namespace: [String]) async throws {
        try await lifeline.step { try await catalog.createNamespace(namespace) }
    }

    package func listNamespaces() async throws -> [[String]] { try await catalog.listNamespaces() }

    package func listTables(in namespace: [String]) async throws -> [TableIdentifier] {
        try await catalog.listTables(in: namespace)
    }

    package func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable {
        try await lifeline.step {
            try await catalog.createTable(
                identifier,
                schema: schema,
                partitionSpec: partitionSpec,
                properties: properties,
                location: location
            )
        }
    }

    package func dropTable(_ identifier: TableIdentifier) async throws {
        try await lifeline.step { try await catalog.dropTable(identifier) }
    }

    package func renameTable(
        _ identifier: TableIdentifier,
        to newIdentifier: TableIdentifier
    ) async throws {
        try await lifeline.step {
            try await catalog.renameTable(identifier, to: newIdentifier)
        }
    }

    package func commit(_ changes: [TableChange]) async throws -> CommitOutcome {
        try await lifeline.step {
            // A request that was under way arrives before anything later.
            for late in await delayed.takeAll() { _ = try await catalog.commit(late) }
            switch faults.next() {
            case .unavailable:
                throw CatalogError(.unavailable(retryable: true), "the catalog is planned to fail")
            case .conflict: return .conflict("planned")
            case .unknownApplied:
                _ = try await catalog.commit(changes)
                return .unknown("planned, applied")
            case .unknownLost: return .unknown("planned, lost")
            case .unknownDelayed:
                await delayed.add(changes)
                return .unknown("planned, delayed")
            case .duplicated:
                _ = try await catalog.commit(changes)
                return .conflict("planned, a copy came first")
            case .foreignWriter:
                try await foreignWriter()
                return try await catalog.commit(changes)
            case .unknownOvertaken:
                _ = try await catalog.commit(changes)
                try await foreignWriter()
                return .unknown("planned, applied and overtaken")
            case nil: return try await catalog.commit(changes)
            }
        }
    }
}

private actor DelayedCommits {
    private var commits: [[TableChange]] = []

    func add(_ changes: [TableChange]) { commits.append(changes) }

    func takeAll() -> [[TableChange]] {
        defer { commits = [] }
        return commits
    }
}
