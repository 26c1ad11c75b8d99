import ChangeModel
import Columns
import SourceInterface
import Synchronization

/// One exported snapshot: a transaction that stays open, and readers that share its view.
///
/// The coordinator holds ACCESS SHARE locks, so that no table is rewritten or truncated meanwhile,
/// which an older snapshot would see as an empty table.
final class PostgresSnapshot: SourceSnapshot {
    private let configuration: PostgresSourceConfiguration
    private let position: PostgresPosition
    private let exportedName: String
    private let coordinator: Mutex<PostgresConnection?>
    private let countSpecialValues: @Sendable (Int) -> Void

    init(
        configuration: PostgresSourceConfiguration,
        position: PostgresPosition,
        exportedName: String,
        coordinator: PostgresConnection,
        countSpecialValues: @escaping @Sendable (Int) -> Void
    ) {
        self.configuration = configuration
        self.position = position
        self.exportedName = exportedName
        self.coordinator = Mutex(coordinator)
        self.countSpecialValues = countSpecialValues
    }

    func watermark(of table: SourceTableName) -> SourcePosition { position.position }

    /// Ranges of physical pages: every row version lies in exactly one, and the view shows one
    /// version of each row.
    func ranges(of table: SourceTable, rowsPerRange: Int) throws -> [SnapshotRange] {
        let whole = SnapshotRange(table: table, condition: nil)
        let (pageCount, rowCount) = try coordinator.withLock { coordinator in
            guard let coordinator else { throw Self.closed(table.name) }
            return try Self.size(of: table.name, coordinator)
        }
        guard rowsPerRange > 0, rowCount > rowsPerRange, pageCount > 1 else { return [whole] }
        let wanted = min((rowCount + rowsPerRange - 1) / rowsPerRange, Limits.rangesPerTableMax)
        let pagesPerRange = max(1, (pageCount + wanted - 1) / wanted)
        return stride(from: 0, to: pageCount, by: pagesPerRange).map { start in
            var condition = "ctid >= '(\(start),0)'::tid"
            // The last range is open: the table may have grown since it was measured.
            if start + pagesPerRange < pageCount {
                condition += " AND ctid < '(\(start + pagesPerRange),0)'::tid"
            }
            return SnapshotRange(table: table, condition: condition)
        }
    }

    /// The pages and an estimate of the rows.
    private static func size(
        of name: SourceTableName,
        _ connection: PostgresConnection
    ) throws -> (pageCount: Int, rowCount: Int) {
        let rows = try connection.query(
            """
            SELECT pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::bigint,
              c.reltuples::bigint, c.relpages
            FROM pg_catalog.pg_class c WHERE c.oid = $1::regclass
            """,
            [SQLText.table(name)],
            doing: "measure \(name)"
        )
        let figures = rows.first?.map { $0.flatMap { Int($0) } ?? 0 } ?? []
        guard figures.count == 3 else { return (0, 0) }
        let pageCount = figures[0]
        // Never analysed: assume narrow rows, which makes the ranges small rather than large.
        let assumedRowsPerPage = 100
        let rowsPerPage =
            figures[2] > 0 && figures[1] > 0
            ? Double(figures[1]) / Double(figures[2]) : Double(assumedRowsPerPage)
        return (pageCount, Int(min(rowsPerPage * Double(pageCount), 1e15)))
    }

    func makeReader() throws -> any SnapshotReader {
        let connection = try PostgresConnection(configuration)
        _ = try connection.query(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            doing: "begin a snapshot reader's transaction"
        )
        _ = try connection.query(
            "SET TRANSACTION SNAPSHOT \(SQLText.literal(exportedName))",
            doing: "join the exported snapshot"
        )
        return PostgresSnapshotReader(connection, countSpecialValues: countSpecialValues)
    }

    func close() { coordinator.withLock { $0 = nil } }

    private static func closed(_ table: SourceTableName) -> SourceError {
        SourceError(.connection, "could not read \(table): the snapshot is closed")
    }
}
