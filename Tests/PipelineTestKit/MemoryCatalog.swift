package import Catalog
package import Iceberg
import Synchronization
package import TableModel

/// A catalog in memory that commits all tables together and fails on demand.
package final class MemoryCatalog: Catalog {
    package enum Fault: Sendable {
        /// Refuses the commit as if somebody else had been first.
        case conflict
        /// Applies the commit and says that nobody knows.
        case unknownApplied
        /// Does not apply it and says that nobody knows.
        case unknownLost
        /// Applies it and then the program dies.
        case dieAfter
        /// The program dies before it.
        case dieBefore
    }

    package struct Death: Error {}

    private struct State {
        var tables: [TableIdentifier: LoadedTable] = [:]
        var version = 0
        var faults: [Int: Fault] = [:]
        var commits = 0
    }

    private let state = Mutex(State())

    /// Whether it says that it commits tables together; it does so in any case.
    package let commitsTablesTogether: Bool

    package init(commitsTablesTogether: Bool = true) {
        self.commitsTablesTogether = commitsTablesTogether
    }

    /// Plans a fault for the `number`th commit from now, counted from 1.
    package func plan(_ fault: Fault, atCommit number: Int) {
        state.withLock { $0.faults[$0.commits + number] = fault }
    }

    package func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? {
        state.withLock { $0.tables[identifier] }
    }

    package func createNamespace(_ namespace: [String]) async throws {}
    package func listNamespaces() async throws -> [[String]] {
        state.withLock { Array(Set($0.tables.keys.map(\.namespace))) }
    }

    package func listTables(in namespace: [String]) async throws -> [TableIdentifier] {
        state.withLock { $0.tables.keys.filter { $0.namespace == namespace } }
    }

    package func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable {
        let metadata = try TableMetadata(
            creating: schema,
            partitionSpec: partitionSpec,
            properties: properties,
            location: location ?? "memory:///\(identifier)",
            nowMilliseconds: 1
        )
        return state.withLock { state in
            state.version += 1
            let loaded = LoadedTable(
                identifier: identifier,
                metadata: metadata,
                metadataLocation: "v\(state.version)"
            )
            state.tables[identifier] = loaded
            return loaded
        }
    }

    package func dropTable(_ identifier: TableIdentifier) async throws {
        state.withLock { _ = $0.tables.removeValue(forKey: identifier) }
    }

    package func renameTable(
        _ identifier: TableIdentifier,
        to newIdentifier: TableIdentifier
    ) async throws {
        state.withLock { state in
            guard var loaded = state.tables.removeValue(forKey: identifier) else { return }
            loaded.identifier = newIdentifier
            state.tables[newIdentifier] = loaded
        }
    }

    package func commit(_ changes: [TableChange]) async throws -> CommitOutcome {
        try state.withLock { state in
            state.commits += 1
            let fault = state.faults.removeValue(forKey: state.commits)
            switch fault {
            case .conflict: return .conflict("planned")
            case .unknownLost: return .unknown("planned")
            case .dieBefore: throw Death()
            case .unknownApplied, .dieAfter, nil: break
            }
            var changed: [LoadedTable] = []
            for change in changes {
                guard let now = state.tables[change.identifier] else {
                    return .conflict("\(change.identifier) is gone")
                }
                // As real ones: what the requirements do not name may have changed.
                let metadata: TableMetadata
                do throws(TableUpdateError) {
                    metadata = try now.metadata.applying(
                        change.updates,
                        requirements: change.requirements,
                        nowMilliseconds: 1
                    )
                } catch {
                    guard error.kind == .conflict else { throw error }
                    return .conflict("\(change.identifier): \(error)")
                }
                changed.append(
                    LoadedTable(
                        identifier: change.identifier,
                        metadata: metadata,
                        metadataLocation: "v\(state.version + changed.count + 1)"
                    )
                )
            }
            state.version += changed.count
            for loaded in changed { state.tables[loaded.identifier] = loaded }
            if case .dieAfter = fault { throw Death() }
            if case .unknownApplied = fault { return .unknown("planned") }
            return .committed(changed)
        }
    }
}
