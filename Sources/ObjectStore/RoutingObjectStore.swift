/// A store that passes each path on to the one of several stores that it belongs to.
public protocol RoutingObjectStore: ObjectStore {
    /// What paths of one store have in common, such as their scheme.
    ///
    /// A folder whose files are meant ends with a slash.
    func route(of path: String) -> String

    /// The store of a path.
    ///
    /// - Throws: ``StoreError`` when there is none.
    func store(for path: String) throws(StoreError) -> any ObjectStore
}

extension RoutingObjectStore {
    public func create(_ path: String) async throws -> any ObjectUpload {
        try await store(for: path).create(path)
    }

    @discardableResult
    public func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        try await store(for: path).put(path, bytes, when: condition)
    }

    public func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        try await store(for: path).read(path, range: range)
    }

    public func status(of path: String) async throws -> ObjectStatus {
        try await store(for: path).status(of: path)
    }

    public func delete(_ path: String) async throws { try await store(for: path).delete(path) }

    /// Files of one store are removed together; a store that fails does not keep others from trying.
    public func delete(_ paths: [String]) async throws {
        var failure: (any Error)?
        for group in Dictionary(grouping: paths, by: route).values {
            do {
                try await store(for: group[0]).delete(group)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    public func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws {
        try await store(for: folder.hasSuffix("/") ? folder : "\(folder)/").list(
            below: folder,
            page
        )
    }
}
