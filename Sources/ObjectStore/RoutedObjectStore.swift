/// Several stores behind one, chosen by the scheme of each path.
///
/// A catalog on disk may hold tables in a bucket beside tables in a folder: their files go where
/// their locations say.
public struct RoutedObjectStore: RoutingObjectStore {
    private let stores: [String: any ObjectStore]

    /// - `stores`: By scheme, in small letters. Paths without one are those of `file`.
    public init(_ stores: [String: any ObjectStore]) { self.stores = stores }

    public func route(of path: String) -> String { Self.scheme(of: path) }

    public func store(for path: String) throws(StoreError) -> any ObjectStore {
        let scheme = Self.scheme(of: path)
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
