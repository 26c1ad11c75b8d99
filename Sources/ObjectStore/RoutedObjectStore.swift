/// Several stores behind one, chosen by the scheme of each path.
///
/// A catalog on disk may hold tables in a bucket beside tables in a folder: their files go where
/// their locations say.
public struct RoutedObjectStore: ObjectStore {
    private let stores: [String: any ObjectStore]

    /// - `stores`: By scheme, in small letters. Paths without one are those of `file`.
    public init(_ stores: [String: any ObjectStore]) { self.stores = stores }

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

    public func delete(_ paths: [String]) async throws {
        var failure: (any Error)?
        for (scheme, group) in Dictionary(grouping: paths, by: Self.scheme(of:)) {
            do {
                try await store(scheme, for: group[0]).delete(group)
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
        try await store(for: folder).list(below: folder, page)
    }

    private func store(for path: String) throws(StoreError) -> any ObjectStore {
        try store(Self.scheme(of: path), for: path)
    }

    private func store(_ scheme: String, for path: String) throws(StoreError) -> any ObjectStore {
        guard let store = stores[scheme] else {
            throw StoreError(
                .permission,
                "could not use \(path): there is no store for \(scheme)://, only for "
                    + stores.keys.sorted().joined(separator: ", ")
            )
        }
        return store
    }

    /// What stands before `:` at a path's start; `file` where nothing does.
    static func scheme(of path: String) -> String {
        guard let colon = path.firstIndex(of: ":"), !path[..<colon].contains("/") else {
            return "file"
        }
        return path[..<colon].lowercased()
    }
}
