import ObjectStore
import Synchronization

/// Counts the bytes that are read of each file.
final class CountingStore: ObjectStore {
    private let base: MemoryObjectStore
    private let counts = Mutex<[String: Int]>([:])

    init(base: MemoryObjectStore) { self.base = base }

    func bytesRead(of path: String) -> Int { counts.withLock { $0[path] ?? 0 } }

    func create(_ path: String) async throws -> any ObjectUpload { try await base.create(path) }

    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let bytes = try await base.read(path, range: range)
        counts.withLock { $0[path, default: 0] += bytes.count }
        return bytes
    }

    func byteCount(of path: String) async throws -> Int { try await base.byteCount(of: path) }
    func delete(_ path: String) async throws { try await base.delete(path) }
}
