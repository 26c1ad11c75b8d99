internal import CSQLite
internal import Catalog

extension CatalogError {
    /// One sentence about a failure of the library, and what to do about it.
    ///
    /// - Parameters:
    ///   - failure: What the library said.
    ///   - tried: A verb: `open`, `read`, `write`.
    ///   - path: The database file.
    init(_ failure: SQLiteFailure, tried: String, path: String) {
        let what = "could not \(tried) the catalog \(path)"
        // A journal that cannot be made, or a write, may fail for the same reason under other codes.
        switch failure.isOutOfSpace ? SQLITE_FULL : failure.primaryCode {
        case SQLITE_BUSY, SQLITE_LOCKED:
            self.init(
                .unavailable(retryable: true),
                "\(what): another program kept it locked for "
                    + "\(SQLiteConnection.busyTimeoutMilliseconds / 1000) seconds",
                remedy: "Find the program that holds a transaction open, and end it"
            )
        case SQLITE_NOTADB:
            self.init(
                .corrupt,
                "\(what): the file is no SQLite database",
                remedy: "Name another path, or move the file away so that a new one is created"
            )
        case SQLITE_CORRUPT:
            self.init(
                .corrupt,
                "\(what): the file is damaged (\(failure.message))",
                remedy: "Restore it from a backup, or run sqlite3 \(path) .recover"
            )
        case SQLITE_CANTOPEN where tried != "open":
            // The file was open before: it may come back, or find room for its journal again.
            self.init(
                .unavailable(retryable: true),
                "\(what): its journal cannot be created beside it",
                remedy: "Check that the folder is there, that this user may write to it, and that"
                    + " its disk has space"
            )
        case SQLITE_CANTOPEN:
            self.init(
                .permission,
                "\(what): the file or its folder cannot be opened or created",
                remedy: "Check that the folder exists and that this user may write to it"
            )
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            self.init(
                .permission,
                "\(what): this user may not write to the file or its folder",
                remedy: "Allow this user to write to both; SQLite keeps a journal beside the file"
            )
        case SQLITE_FULL:
            self.init(
                .unavailable(retryable: true),
                "\(what): no space is left on its disk",
                remedy: "Free some space"
            )
        case SQLITE_IOERR:
            self.init(
                .unavailable(retryable: true),
                "\(what): reading or writing the disk failed (\(failure.message))"
            )
        default:
            self.init(
                .corrupt,
                "\(what): \(failure.message) (SQLite error \(failure.code))",
                remedy: "Check that the file is an Iceberg SQL catalog"
            )
        }
    }
}
