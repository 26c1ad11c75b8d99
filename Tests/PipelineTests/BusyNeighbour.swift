import Catalog
import Iceberg
import ObjectStore
import PipelineTestKit
import Synchronization
import TableModel

/// A catalog in which somebody rewrites a table once a period of virtual time.
final class BusyNeighbour: Catalog {
    private let catalog: MemoryCatalog
    private let store: MemoryObjectStore
    private let table: TableIdentifier
    private let periodMilliseconds: Int64
    private let time: SimulatedTime
    private let period = Atomic<Int64>(0)

    init(
        of catalog: MemoryCatalog,
        store: MemoryObjectStore,
        table: TableIdentifier,
        periodMilliseconds: Int64,
        time: SimulatedTime
    ) {
        self.catalog = catalog
        self.store = store
        self.table = table
        self.periodMilliseconds = periodMilliseconds
        self.time = time
    }

    /// Does what happened since somebody looked last.
    private func letTimePass() async throws {
        let now = time.microsecondsSince1970() / 1000 / periodMilliseconds
        guard period.exchange(now, ordering: .relaxed) != now,
            let loaded = try await catalog.loadTable(table)
        else { return }
        try await rewriteAllFiles(
            of: loaded,
            catalog: catalog,
            store: store,
            fileName: "neighbour-\(now)",
            nowMilliseconds: now
        )
    }

    func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? {
        try await letTimePass()
        return try await catalog.loadTable(identifier)
    }

    func commit(_ changes: [TableChange]) async throws -> CommitOutcome {
        try await letTimePass()
        return try await catalog.commit(changes)
    }

    var commitsTablesTogether: Bool { catalog.commitsTablesTogether }

    func createNamespace(_ namespace: [String]) async throws {}
    func listNamespaces() async throws -> [[String]] { try await catalog.listNamespaces() }
    func listTables(in namespace: [String]) async throws -> [TableIdentifier] {
        try await catalog.listTables(in: namespace)
    }

    func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable {
        try await catalog.createTable(
            identifier,
            schema: schema,
            partitionSpec: partitionSpec,
            properties: properties,
            location: location
        )
    }

    func dropTable(_ identifier: TableIdentifier) async throws {
        try await catalog.dropTable(identifier)
    }

    func renameTable(
        _ identifier: TableIdentifier,
        to newIdentifier: TableIdentifier
    ) async throws { try await catalog.renameTable(identifier, to: newIdentifier) }
}
