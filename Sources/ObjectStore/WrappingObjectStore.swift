/// A store that passes everything on to another one, but for what it does itself.
public protocol WrappingObjectStore: ObjectStore {
    var wrapped: any ObjectStore { get }
}

extension WrappingObjectStore {
    public func create(_ path: String) async throws -> any ObjectUpload {
        try await wrapped.create(path)
    }

    @discardableResult
    public func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        try await wrapped.put(path, bytes, when: condition)
    }

    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        try await wrapped.read(path, range: range)
    }

    public func status(of path: String) async throws -> ObjectStatus {
        try await wrapped.status(of: path)
    }

    public func delete(_ path: String) async throws { try await wrapped.delete(path) }

    public func delete(_ paths: [String]) async throws { try await wrapped.delete(paths) }

    public func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws {
        try await wrapped.list(below: folder, page)
    }
}
