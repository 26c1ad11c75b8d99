internal import Catalog
internal import Diagnostics
internal import ObjectStore
internal import TableModel

/// Tables that become visible in one step, and what is done until it is known whether they are.
///
/// An outcome that nobody knows is resolved by reading. Until then the same request is sent again
/// and nothing else: at most one of the copies can find the tables as it requires them.
struct GroupCommit {
    let catalog: any Catalog
    let store: any ObjectStore
    let parts: [CommitPart]
    let patience: any CommitPatience

    func run() async throws -> [LoadedTable] {
        /// Whether some attempt may still come through.
        var isUnknown = false
        var attempt = 0
        while true {
            let trouble: CommitTrouble
            do {
                switch try await catalog.commit(parts.map(\.change)) {
                case .committed(let tables): return tables
                case .conflict(let why):
                    // The conflict may be with an earlier copy of this very request: one of ours,
                    // or one that something between us and the catalog sent twice.
                    if let tables = try await committedTables(acceptsLooks: isUnknown) {
                        return tables
                    }
                    await removeFiles()
                    throw CommitConflict(message: why)
                case .unknown(let why):
                    isUnknown = true
                    if let tables = try? await committedTables(acceptsLooks: true) {
                        return tables
                    }
                    trouble = .unknownOutcome(why)
                }
            } catch let error as CatalogError {
                // Nothing was changed by this attempt.
                guard error.isRetryable else {
                    if !isUnknown { await removeFiles() }
                    throw error
                }
                trouble = .unavailable(error)
            }
            attempt += 1
            do {
                try await patience.wait(for: trouble, attempt: attempt)
            } catch {
                if !isUnknown { await removeFiles() }
                throw error
            }
        }
    }

    private func removeFiles() async {
        for part in parts { await part.removeFiles(store) }
    }

    /// The tables, if an earlier attempt came through.
    ///
    /// A group is committed whole, so one new snapshot that can be seen is proof for all. Without
    /// any snapshot, all properties must show their new values; that is enough only where the
    /// outcome is open, since another program may want the same values. A table that somebody
    /// dropped since says nothing and is left out.
    private func committedTables(acceptsLooks: Bool) async throws -> [LoadedTable]? {
        var tables: [LoadedTable] = []
        var evidence: [CommitPart.Evidence] = []
        for part in parts {
            guard let now = try await catalog.loadTable(part.change.identifier) else {
                evidence.append(.absent)
                continue
            }
            tables.append(now)
            evidence.append(part.evidence(in: now))
        }
        let isProven = evidence.contains(.committed)
        let looksProven = acceptsLooks && evidence.allSatisfy { $0 == .looksCommitted }
        return isProven || looksProven ? tables : nil
    }
}
