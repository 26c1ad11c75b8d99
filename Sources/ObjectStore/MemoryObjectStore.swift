internal import Synchronization

/// Files in memory, for tests.
public final class MemoryObjectStore: ObjectStore {
    private let files = Mutex<[String: [UInt8]]>([:])

    public init() {}

    /// The locations of all files, sorted.
    public var paths: [String] { files.withLock { $0.keys.sorted() } }

    public func create(_ path: String) async throws -> any ObjectUpload {
        MemoryUpload(path: path, store: self)
    }

    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let bytes = try bytes(of: path)
        guard let range else { return bytes }
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw StoreError(
                .notFound,
                "could not read bytes \(range) of \(path): it has \(bytes.count) bytes"
            )
        }
        return Array(bytes[range])
    }

    public func byteCount(of path: String) async throws -> Int { try bytes(of: path).count }

    public func delete(_ path: String) async throws {
        _ = files.withLock { $0.removeValue(forKey: path) }
    }

    private func bytes(of path: String) throws(StoreError) -> [UInt8] {
        guard let bytes = files.withLock({ $0[path] }) else {
            throw StoreError(.notFound, "could not open \(path): there is no such file")
        }
        return bytes
    }

    fileprivate func publish(_ path: String, _ bytes: [UInt8]) throws(StoreError) {
        let isNew = files.withLock { files in
            guard files[path] == nil else { return false }
            files[path] = bytes
            return true
        }
        guard isNew else {
            throw StoreError(.alreadyExists, "could not create \(path): the name is taken")
        }
    }
}

/// A file of a ``MemoryObjectStore`` that is being written.
private final class MemoryUpload: ObjectUpload {
    private let path: String
    private let store: MemoryObjectStore
    private var bytes: [UInt8] = []

    init(path: String, store: MemoryObjectStore) {
        self.path = path
        self.store = store
    }

    func write(_ bytes: UnsafeRawBufferPointer) async throws {
        self.bytes.append(contentsOf: bytes)
    }
    func complete() async throws { try store.publish(path, bytes) }
    func abort() async { bytes = [] }
}
