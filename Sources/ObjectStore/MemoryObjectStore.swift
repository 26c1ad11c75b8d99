internal import Glibc
internal import Synchronization

/// Files in memory, for tests.
public final class MemoryObjectStore: ObjectStore {
    private let state = Mutex(State())

    private struct State {
        var files: [PathBytes: File] = [:]
        var versionCount = 0
    }

    /// A path by its bytes: Swift takes two spellings of one letter for one.
    private struct PathBytes: Hashable {
        var bytes: [UInt8]

        init(_ path: String) { bytes = Array(path.utf8) }

        var path: String { String(decoding: bytes, as: UTF8.self) }
    }

    private struct File {
        var bytes: [UInt8]
        var version: ObjectVersion
        var modifiedAtMilliseconds: Int64
    }

    public init() {}

    /// The locations of all files, sorted.
    public var paths: [String] { state.withLock { $0.files.keys.map(\.path).sorted() } }

    public func create(_ path: String) async throws -> any ObjectUpload {
        MemoryUpload(path: path, store: self)
    }

    @discardableResult
    public func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        try publish(path, bytes, when: condition)
    }

    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        let bytes = try file(path).bytes
        guard let range else { return bytes }
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw StoreError(
                .notFound,
                "could not read bytes \(range) of \(path): it has \(bytes.count) bytes"
            )
        }
        return Array(bytes[range])
    }

    public func status(of path: String) async throws -> ObjectStatus {
        let file = try file(path)
        return ObjectStatus(byteCount: file.bytes.count, version: file.version)
    }

    public func delete(_ path: String) async throws {
        _ = state.withLock { $0.files.removeValue(forKey: PathBytes(path)) }
    }

    public func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws {
        let start = folder.hasSuffix("/") ? folder : folder + "/"
        let found = state.withLock { state in
            state.files.filter { $0.key.bytes.starts(with: start.utf8) }.map { key, file in
                ListedObject(
                    path: key.path,
                    byteCount: file.bytes.count,
                    modifiedAtMilliseconds: file.modifiedAtMilliseconds
                )
            }
        }
        guard !found.isEmpty else { return }
        try await page(found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
    }

    private func file(_ path: String) throws(StoreError) -> File {
        guard let file = state.withLock({ $0.files[PathBytes(path)] }) else {
            throw StoreError(.notFound, "could not open \(path): there is no such file")
        }
        return file
    }

    @discardableResult
    fileprivate func publish(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) throws(StoreError) -> ObjectVersion {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        let result: Result<ObjectVersion, StoreError> = state.withLock { state in
            let current = state.files[PathBytes(path)]?.version
            switch condition {
            case .absent where current != nil:
                return .failure(
                    StoreError(.alreadyExists, "could not create \(path): the name is taken")
                )
            case .unchanged(let version) where current != version:
                return .failure(
                    StoreError(
                        .changed,
                        "could not replace \(path): it was \(current == nil ? "removed" : "changed")"
                    )
                )
            case .absent, .unchanged, .always: break
            }
            state.versionCount += 1
            let version = ObjectVersion(tag: "\(state.versionCount)")
            state.files[PathBytes(path)] = File(
                bytes: bytes,
                version: version,
                modifiedAtMilliseconds: milliseconds
            )
            return .success(version)
        }
        return try result.get()
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
    func complete() async throws { try store.publish(path, bytes, when: .absent) }
    func abort() async { bytes = [] }
}
