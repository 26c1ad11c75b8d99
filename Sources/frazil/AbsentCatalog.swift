import Catalog
import Glibc
import Iceberg
import TableModel

/// Stands for a catalog whose file is not there yet, for commands that change nothing: it holds no
/// table and takes none.
struct AbsentCatalog: Catalog {
    let path: String

    /// The stand-in for a catalog file, or nil when the file is there.
    ///
    /// - Throws: ``CatalogError`` when the file could not be made either.
    init?(inPlaceOf path: String) throws(CatalogError) {
        guard access(path, F_OK) != 0, errno == ENOENT || errno == ENOTDIR else { return nil }
        self.path = path
        var folder = path[...]
        repeat {
            folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
        } while !folder.isEmpty && access(String(folder), F_OK) != 0
        let existing = folder.isEmpty ? "/" : String(folder)
        var status = stat()
        let isFolder = stat(existing, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        guard isFolder, access(existing, W_OK) == 0 else {
            throw CatalogError(
                .permission,
                "the catalog \(path) cannot be created: \(existing) "
                    + (isFolder ? "cannot be written" : "is not a folder"),
                remedy: "Let this user write there, or choose another lake.catalog.path"
            )
        }
    }

    var commitsTablesTogether: Bool { true }

    func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? { nil }
    func listNamespaces() async throws -> [[String]] { [] }
    func listTables(in namespace: [String]) async throws -> [TableIdentifier] { [] }
    func createNamespace(_ namespace: [String]) async throws { throw refusal }
    func dropTable(_ identifier: TableIdentifier) async throws { throw refusal }
    func commit(_ changes: [TableChange]) async throws -> CommitOutcome { throw refusal }

    func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable { throw refusal }

    func renameTable(
        _ identifier: TableIdentifier,
        to newIdentifier: TableIdentifier
    ) async throws { throw refusal }

    private var refusal: CatalogError {
        CatalogError(
            .notFound,
            "the catalog \(path) is not there yet",
            remedy: "Start the pipeline first: frazil run"
        )
    }
}
