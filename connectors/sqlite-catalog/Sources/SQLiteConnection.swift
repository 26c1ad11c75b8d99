internal import CSQLite
internal import Catalog
internal import Glibc

/// An error of the SQLite library.
struct SQLiteFailure: Error, Sendable {
    /// The extended result code.
    var code: Int32
    var message: String
    /// What the system said last, where it was the system that refused.
    var systemError: Int32 = 0

    var isOutOfSpace: Bool {
        [SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_FULL].contains(primaryCode)
            && [ENOSPC, EDQUOT].contains(systemError)
    }

    /// The result code without its extension.
    var primaryCode: Int32 { code & 0xFF }
}

/// One open database; used by one task at a time.
final class SQLiteConnection {
    let path: String
    private let handle: OpaquePointer

    /// Milliseconds to wait for other programs' locks before giving up.
    static let busyTimeoutMilliseconds: Int32 = 10_000

    /// Opens a database, creating the file when it is missing unless it is only read.
    init(path: String, isReadOnly: Bool = false) throws(CatalogError) {
        self.path = path
        var handle: OpaquePointer?
        let access = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let flags = access | SQLITE_OPEN_FULLMUTEX
        let status = sqlite3_open_v2(path, &handle, flags, nil)
        guard status == SQLITE_OK, let handle else {
            let failure = SQLiteFailure(
                code: handle.map { sqlite3_extended_errcode($0) } ?? status,
                message: String(cString: sqlite3_errstr(status))
            )
            sqlite3_close_v2(handle)
            throw CatalogError(failure, tried: "open", path: path)
        }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Self.busyTimeoutMilliseconds)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Whether a transaction is open.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: How many rows it changed.
    @discardableResult
    func run(_ sql: String, _ bindings: [String?] = []) throws(SQLiteFailure) -> Int {
        _ = try rows(sql, bindings)
        return Int(sqlite3_changes(handle))
    }

    /// Runs a statement and collects its rows as text.
    func rows(_ sql: String, _ bindings: [String?] = []) throws(SQLiteFailure) -> [[String?]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
            throw failure()
        }
        defer { sqlite3_finalize(statement) }
        for (index, text) in bindings.enumerated() {
            try bind(text, to: statement, at: Int32(index + 1))
        }
        var rows: [[String?]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append((0..<sqlite3_column_count(statement)).map { text(statement, $0) })
            case SQLITE_DONE: return rows
            default: throw failure()
            }
        }
    }

    private func bind(
        _ text: String?,
        to statement: OpaquePointer?,
        at index: Int32
    ) throws(SQLiteFailure) {
        guard var text else {
            guard sqlite3_bind_null(statement, index) == SQLITE_OK else { throw failure() }
            return
        }
        // -1 is SQLITE_TRANSIENT, a macro Swift cannot see: the library copies the text.
        let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let status = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { characters in
                sqlite3_bind_text(
                    statement,
                    index,
                    characters.baseAddress,
                    Int32(truncatingIfNeeded: characters.count),
                    copies
                )
            }
        }
        guard status == SQLITE_OK else { throw failure() }
    }

    private func text(_ statement: OpaquePointer?, _ column: Int32) -> String? {
        guard let start = sqlite3_column_text(statement, column) else { return nil }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    private func failure() -> SQLiteFailure {
        SQLiteFailure(
            code: sqlite3_extended_errcode(handle),
            message: String(cString: sqlite3_errmsg(handle)),
            systemError: sqlite3_system_errno(handle)
        )
    }
}
