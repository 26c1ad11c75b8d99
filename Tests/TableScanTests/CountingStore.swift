import ObjectStore
import Synchronization

/// Counts the bytes that are read of each file.
final class CountingStore: WrappingObjectStore {
    private let base: MemoryObjectStore
    private let counts = Mutex<[String: Int]>([:])

    init(base: MemoryObjectStore) { self.base = base }

    func bytesRead(of path: String) -> Int { counts.withLock { $0[path] ?? 0 } }

    var wrapped: any ObjectStore { base }

    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let bytes = try await base.read(path, range: range)
        counts.withLock { $0[path, default: 0] += bytes.count }
        return bytes
    }
}
