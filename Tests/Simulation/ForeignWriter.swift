import Catalog
import ChangeModel
import Diagnostics
import Iceberg
import ObjectStore
import PipelineTestKit
import Synchronization
import TableModel
import TestKit

/// Somebody else with the same lake: compacts tables, expires snapshots, adds columns and tags.
final class ForeignWriter: Sendable {
    private let catalog: MemoryCatalog
    private let store: MemoryObjectStore
    private let names: [SourceTableName]
    private let time: any TimeSource
    private let random: Mutex<SeededGenerator>
    private let commitCount = Atomic<Int>(0)

    init(
        catalog: MemoryCatalog,
        store: MemoryObjectStore,
        names: [SourceTableName],
        seed: UInt64,
        time: any TimeSource
    ) {
        self.catalog = catalog
        self.store = store
        self.names = names
        self.time = time
        random = Mutex(SeededGenerator(seed: seed))
    }

    var commits: Int { commitCount.load(ordering: .relaxed) }

    /// Does one thing to one table, if there is something to do.
    func commitSomething() async throws {
        let (name, choice, number) = random.withLock { random in
            (
                names.randomElement(using: &random), Int.random(in: 0...5, using: &random),
                random.next()
            )
        }
        guard let name,
            let table = try await catalog.loadTable(
                TableIdentifier(namespace: [name.schema], name: name.table)
            ), table.metadata.currentSnapshotID != nil
        else { return }
        switch choice {
        case 0: try await expire(table)
        case 1: try await addColumn(table, number: number)
        default: try await compact(table, number: number)
        }
    }

    private func commit(
        _ table: LoadedTable,
        _ updates: [TableUpdate],
        requirements: [TableRequirement] = []
    ) async throws {
        let outcome = try await catalog.commit([
            TableChange(
                identifier: table.identifier,
                base: table,
                requirements: requirements,
                updates: updates
            )
        ])
        if case .committed = outcome { commitCount.add(1, ordering: .relaxed) }
    }

    private func expire(_ table: LoadedTable) async throws {
        let kept = Set(table.metadata.refs.values.map(\.snapshotID))
        let old = table.metadata.snapshots.map(\.snapshotID).filter { !kept.contains($0) }
        if !old.isEmpty { try await commit(table, [.removeSnapshots(old)]) }
    }

    private func addColumn(_ table: LoadedTable, number: UInt64) async throws {
        var schema = try table.metadata.currentSchema()
        guard schema.fields.count < 6 else { return }
        schema.fields.append(
            SchemaField(
                id: table.metadata.lastColumnID + 1,
                name: "foreign_\(number)",
                type: .string,
                isRequired: false
            )
        )
        try await commit(table, [.addSchema(schema), .setCurrentSchema(TableUpdate.lastAdded)])
    }

    private func compact(_ table: LoadedTable, number: UInt64) async throws {
        let isCommitted = try await rewriteAllFiles(
            of: table,
            catalog: catalog,
            store: store,
            fileName: "foreign-\(number)",
            nowMilliseconds: time.microsecondsSince1970() / 1000
        )
        if isCommitted { commitCount.add(1, ordering: .relaxed) }
    }
}
