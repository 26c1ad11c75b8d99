import ObjectStore
import Synchronization

/// Opened and closed by a test.
final class Gate: Sendable {
    private let state = Mutex<(isClosed: Bool, waited: Int)>((false, 0))

    func close() { state.withLock { $0.isClosed = true } }
    func open() { state.withLock { $0.isClosed = false } }
    /// How many came while it was closed.
    var waited: Int { state.withLock { $0.waited } }

    func pass() async throws {
        guard state.withLock({ $0.isClosed }) else { return }
        state.withLock { $0.waited += 1 }
        while state.withLock({ $0.isClosed }) { try await Task.sleep(for: .milliseconds(1)) }
    }
}

/// A store in which data files of the table `orders` cannot be read while the gate is closed.
final class GatedStore: ObjectStore {
    private let store: any ObjectStore
    private let gate: Gate

    init(_ store: any ObjectStore, _ gate: Gate) {
        self.store = store
        self.gate = gate
    }

    func create(_ path: String) async throws -> any ObjectUpload { try await store.create(path) }

    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        if path.contains("/orders/data/") { try await gate.pass() }
        return try await store.read(path, range: range)
    }

    func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion { try await store.put(path, bytes, when: condition) }

    func status(of path: String) async throws -> ObjectStatus { try await store.status(of: path) }
    func delete(_ path: String) async throws { try await store.delete(path) }

    func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws { try await store.list(below: folder, page) }
}
