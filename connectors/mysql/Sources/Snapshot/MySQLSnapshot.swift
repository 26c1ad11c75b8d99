internal import ChangeModel
internal import Columns
internal import SourceInterface
internal import Synchronization
internal import TableModel

/// A connection of a snapshot that several readers may share.
///
/// `@unchecked Sendable`: the connection is used only inside of ``use(_:)``, which holds the lock.
final class SharedSession: @unchecked Sendable {
    private let session: ServerSession
    private let lock = Mutex<Void>(())

    init(_ session: ServerSession) { self.session = session }

    func use<Result, Failure: Error>(
        _ body: (Connection) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The result is carried out by hand: what `body` returns need not be sendable.
        nonisolated(unsafe) var result: Swift.Result<Result, Failure>?
        let connection = session.connection
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let body = body
            lock.withLock { _ in
                do throws(Failure) {
                    result = .success(try body(connection))
                } catch {
                    result = .failure(error)
                }
            }
        }
        guard let result else { preconditionFailure("the lock ran its body") }
        return try result.get()
    }

    /// Ends reads that block on other threads, too.
    func close() { session.connection.unblock() }
}

/// A consistent view of the server's tables.
final class MySQLSnapshot: SourceSnapshot {
    private let position: LogPosition
    /// Plans ranges; also the only reader when the view could be opened only once.
    private let planning: SharedSession
    private let readers: [SharedSession]
    private let nextReader = Mutex<Int>(0)
    private let planner: ColumnPlanner
    private let onNulledValues: @Sendable (Int) -> Void

    init(
        _ opened: SnapshotOpener.Opened,
        collations: CollationTable,
        onNulledValues: @escaping @Sendable (Int) -> Void
    ) {
        position = opened.position
        let sessions = opened.sessions.map { SharedSession($0) }
        planning = sessions[0]
        readers = sessions.count > 1 ? Array(sessions.dropFirst()) : sessions
        planner = ColumnPlanner(collations: collations)
        self.onNulledValues = onNulledValues
    }

    func watermark(of table: SourceTableName) -> SourcePosition { position.sourcePosition }

    func ranges(
        of table: SourceTable,
        rowsPerRange: Int
    ) throws -> [SnapshotRange] {
        let whole = [SnapshotRange(table: table, condition: nil)]
        guard let column = RangePlan.column(of: table),
            (table.estimatedRows ?? 0) > rowsPerRange
        else { return whole }
        let name = quotedIdentifier(column.name)
        let sql = "SELECT MIN(\(name)), MAX(\(name)) FROM \(Self.quoted(table.name))"
        let rows = try planning.use { connection throws(SourceError) in
            try connection.query(sql, to: "plan the ranges of \(table.name)")
        }
        guard let row = rows.first, row.count == 2,
            let minimum = row[0].flatMap({ Int128($0) }),
            let maximum = row[1].flatMap({ Int128($0) })
        else { return whole }
        return RangePlan.conditions(
            column: column.name,
            minimum: minimum,
            maximum: maximum,
            estimatedRows: table.estimatedRows ?? 0,
            rowsPerRange: rowsPerRange
        ).map { SnapshotRange(table: table, condition: $0) }
    }

    static func quoted(_ name: SourceTableName) -> String {
        "\(quotedIdentifier(name.schema)).\(quotedIdentifier(name.table))"
    }

    func makeReader() throws -> any SnapshotReader {
        let index = nextReader.withLock { next in
            defer { next += 1 }
            return next
        }
        return MySQLSnapshotReader(
            readers[index % readers.count],
            planner: planner,
            onNulledValues: onNulledValues
        )
    }

    func close() {
        planning.close()
        for reader in readers { reader.close() }
    }
}

/// Reads ranges of a snapshot on one of its connections.
final class MySQLSnapshotReader: SnapshotReader {
    private static let expectedRows = 8_192
    /// Rows after which a batch is weighed.
    private static let rowsPerWeighing = 64
    /// Rows beyond this are weighed one by one.
    private static let largeRowBytes = 64 << 10

    private let session: SharedSession
    private let planner: ColumnPlanner
    private let onNulledValues: (Int) -> Void

    init(
        _ session: SharedSession,
        planner: ColumnPlanner,
        onNulledValues: @escaping (Int) -> Void
    ) {
        self.session = session
        self.planner = planner
        self.onNulledValues = onNulledValues
    }

    func close() {}

    func read(
        _ range: SnapshotRange,
        batchBytesMax: Int,
        _ body: (ColumnBatch) throws -> Void
    ) throws {
        try session.use { connection in
            try read(range, batchBytesMax, connection, body)
        }
    }

    private func read(
        _ range: SnapshotRange,
        _ batchBytesMax: Int,
        _ connection: Connection,
        _ body: (ColumnBatch) throws -> Void
    ) throws {
        let table = range.table
        let purpose = "read \(table.name)"
        let columns = try connection.openStatement(Self.statement(range), to: purpose)
        do {
            let decoder = try decoder(for: table, columns)
            let types = table.columns.map { $0.type.physicalType }
            let builder = BatchBuilder(types: types, expectedRows: Self.expectedRows)
            var rowCount = 0
            var rowsUntilWeighing = Self.rowsPerWeighing
            while let packet = try connection.readPacket(purpose) {
                try decode(packet, decoder, builder, table)
                rowCount += 1
                rowsUntilWeighing -= 1
                guard rowsUntilWeighing <= 0 || packet.count > Self.largeRowBytes else { continue }
                rowsUntilWeighing = Self.rowsPerWeighing
                if builder.memoryBytes >= batchBytesMax {
                    try body(ColumnBatch(columns: builder.finishColumns(), rowCount: rowCount))
                    rowCount = 0
                }
            }
            connection.closeStatement()
            if rowCount > 0 {
                try body(ColumnBatch(columns: builder.finishColumns(), rowCount: rowCount))
            }
            if decoder.nulledValueCount > 0 { onNulledValues(decoder.nulledValueCount) }
        } catch {
            // Rows may still be on their way, so the connection is of no more use.
            connection.close()
            throw error
        }
    }

    private static func statement(_ range: SnapshotRange) -> String {
        let names = range.table.columns.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        let table = MySQLSnapshot.quoted(range.table.name)
        let condition = range.condition.map { " WHERE \($0)" } ?? ""
        return "SELECT \(names) FROM \(table)\(condition)"
    }

    private func decoder(
        for table: SourceTable,
        _ columns: [ResultColumn]
    ) throws(SourceError) -> SnapshotRowDecoder {
        do throws(SnapshotRowDecoder.Mismatch) {
            return try SnapshotRowDecoder(
                columns,
                for: table.columns,
                keyColumns: table.keyColumns,
                planner: planner
            )
        } catch {
            throw SourceError(
                .connection,
                "the table \(table.name) changed since it was looked at: \(error.column)",
                remedy: "Start the pipeline again"
            )
        }
    }

    private func decode(
        _ packet: UnsafeRawBufferPointer,
        _ decoder: SnapshotRowDecoder,
        _ builder: BatchBuilder,
        _ table: SourceTable
    ) throws(SourceError) {
        do throws(RowFault) {
            try decoder.decode(packet, into: builder.builders)
        } catch {
            let index = error.columnIndex
            let name = table.columns.indices.contains(index) ? table.columns[index].name : ""
            if error.reason == .valueWithoutForm {
                throw SourceError(
                    .unsupportedChange,
                    "the key column '\(name)' of \(table.name) holds a date that no calendar has",
                    remedy: "Correct the row, or exclude the table with '!\(table.name)'"
                )
            }
            throw SourceError(
                .malformedEvent,
                "could not decode a row of \(table.name), column '\(name)': \(error.fault)"
            )
        }
    }
}
