import Catalog
import Diagnostics
import Glibc
import Inspection
import ObjectStore
import S3ObjectStore
import SQLiteCatalog
import TableModel

/// What `frazil inspect` is pointed at.
enum InspectedPath {
    case file(String)
    case folder(TableFolder)
    /// A table of a catalog, by its current metadata file.
    case table(metadataLocation: String)

    /// - `catalogName`: Of a catalog's file; needed where several share it.
    init(_ argument: String, catalogName: String?, store: any ObjectStore) async throws {
        if S3ObjectStore.schemes.contains(where: { argument.hasPrefix("\($0)://") }) {
            self = try await Self.inBucket(argument, store)
            return
        }
        let path = Self.absolute(argument)
        if access(path, F_OK) != 0, let colon = path.lastIndex(of: ":"),
            access(String(path[..<colon]), F_OK) == 0
        {
            self = .table(
                metadataLocation: try Self.metadataLocation(
                    of: String(path[path.index(after: colon)...]),
                    catalog: String(path[..<colon]),
                    catalogName: catalogName
                )
            )
            return
        }
        let folder = TableFolder(path: path)
        self = folder.exists ? .folder(folder) : .file(path)
    }

    /// A location in a bucket that has no object is a folder.
    private static func inBucket(
        _ location: String,
        _ store: any ObjectStore
    ) async throws -> InspectedPath {
        var location = location
        while location.hasSuffix("/") { location.removeLast() }
        do {
            _ = try await store.status(of: location)
            return .file(location)
        } catch let error as StoreError where error.kind == .notFound {
            return .folder(TableFolder(path: location))
        }
    }

    /// A path from the root, of a path from here or a location.
    private static func absolute(_ path: String) -> String {
        var path = path
        if path.hasPrefix("file:") {
            path.removeFirst("file:".count)
            if path.hasPrefix("//") { path.removeFirst(2) }
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return "\(String(cString: here))/\(path)"
    }

    private static func metadataLocation(
        of name: String,
        catalog path: String,
        catalogName: String?
    ) throws -> String {
        let tables = try CatalogFile.tables(path: path)
        let named = tables.filter { "\($0.identifier)" == name }
        let found = named.filter { catalogName == nil || $0.catalogName == catalogName }
        guard let table = found.first else {
            throw CatalogError(
                .notFound,
                "the catalog \(path) has no table \(name)"
                    + (catalogName.map { " of the catalog name \($0)" } ?? ""),
                remedy: tables.isEmpty ? "It has no tables at all" : "It has \(sample(tables))"
            )
        }
        guard found.count == 1 else {
            throw CatalogError(
                .configuration,
                "\(found.count) catalogs share \(path) and have a table \(name)",
                remedy: "Say which: --catalog-name "
                    + found.map(\.catalogName).joined(separator: " or ")
            )
        }
        return table.metadataLocation
    }

    /// The names of some tables.
    private static func sample(_ tables: [CatalogFile.Entry]) -> String {
        let shownMax = 10
        let names = tables.prefix(shownMax).map { "\($0.identifier)" }.joined(separator: ", ")
        return tables.count > shownMax ? "\(names) and \(tables.count - shownMax) more" : names
    }
}
