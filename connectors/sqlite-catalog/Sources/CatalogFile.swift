public import Catalog
public import TableModel

/// The tables of a catalog's file, looked at without changing or creating anything.
public enum CatalogFile {
    /// A table, the catalog that has it, and its current metadata file.
    public struct Entry: Hashable, Sendable {
        public var catalogName: String
        public var identifier: TableIdentifier
        public var metadataLocation: String

        public init(
            catalogName: String,
            identifier: TableIdentifier,
            metadataLocation: String
        ) {
            self.catalogName = catalogName
            self.identifier = identifier
            self.metadataLocation = metadataLocation
        }
    }

    /// The tables of all catalogs that share the file, by their names.
    ///
    /// - Throws: ``CatalogError`` `.notFound` for a database that is no catalog.
    public static func tables(path: String) throws(CatalogError) -> [Entry] {
        let rows = CatalogRows(
            connection: try SQLiteConnection(path: path, isReadOnly: true),
            catalogName: ""
        )
        do throws(SQLiteFailure) {
            guard try rows.isPresent() else {
                throw SQLiteFailure(code: notACatalog, message: "")
            }
            return try rows.allTables().map { row in
                let texts = row.map { $0 ?? "" }
                return Entry(
                    catalogName: texts[0],
                    identifier: TableIdentifier(
                        namespace: texts[1].split(separator: ".", omittingEmptySubsequences: false)
                            .map { String($0) },
                        name: texts[2]
                    ),
                    metadataLocation: texts[3]
                )
            }
        } catch {
            guard error.code != notACatalog else {
                throw CatalogError(
                    .notFound,
                    "the SQLite database \(path) is no Iceberg catalog: it has no table "
                        + "iceberg_tables"
                )
            }
            throw CatalogError(error, tried: "read", path: path)
        }
    }

    /// No code of the library.
    private static let notACatalog: Int32 = -1
}
