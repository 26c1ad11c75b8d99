import CPQ
import Columns
import SourceInterface

/// Copies ranges of tables out of an exported snapshot, on one connection.
final class PostgresSnapshotReader: SnapshotReader {
    private var connection: PostgresConnection?
    private let cells = TupleCells()
    private let countSpecialValues: @Sendable (Int) -> Void

    init(
        _ connection: PostgresConnection,
        countSpecialValues: @escaping @Sendable (Int) -> Void
    ) {
        self.connection = connection
        self.countSpecialValues = countSpecialValues
    }

    func read(
        _ range: SnapshotRange,
        batchBytesMax: Int,
        _ body: (ColumnBatch) throws -> Void
    ) throws {
        guard let connection else {
            throw SourceError(
                .connection,
                "could not copy \(range.table.name): the reader is closed"
            )
        }
        do {
            try begin(range, connection)
            try copy(range.table, batchBytesMax, connection, body)
            try end(range.table, connection)
        } catch {
            // What is left of the copy would be taken for the answer to the next statement.
            self.connection = nil
            throw error
        }
    }

    func close() { connection = nil }

    private func begin(_ range: SnapshotRange, _ connection: PostgresConnection) throws {
        let columns = range.table.columns.map { SQLText.identifier($0.name) }
        var select =
            "SELECT \(columns.joined(separator: ", ")) FROM ONLY \(SQLText.table(range.table.name))"
        if let condition = range.condition { select += " WHERE \(condition)" }
        let result = PQexec(connection.handle, "COPY (\(select)) TO STDOUT")
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COPY_OUT else {
            throw connection.failure(of: result).sourceError(doing: "copy \(range.table.name)")
        }
    }

    private func copy(
        _ table: SourceTable,
        _ batchBytesMax: Int,
        _ connection: PostgresConnection,
        _ body: (ColumnBatch) throws -> Void
    ) throws {
        let rows = TableRows(table, expectedRows: 1024)
        while true {
            var line: UnsafeMutablePointer<CChar>?
            let byteCount = Int(PQgetCopyData(connection.handle, &line, 0))
            guard byteCount > 0, let line else {
                if byteCount == -1 { break }
                throw connection.failure(of: nil).sourceError(doing: "copy \(table.name)")
            }
            defer { PQfreemem(line) }
            try line.withMemoryRebound(to: UInt8.self, capacity: byteCount) {
                try append($0, byteCount, to: rows)
            }
            if rows.byteCount >= batchBytesMax || rows.rowCount >= Limits.rowsPerBatchMax {
                try hand(rows, to: body)
            }
        }
        if rows.rowCount > 0 { try hand(rows, to: body) }
    }

    private func append(
        _ line: UnsafeMutablePointer<UInt8>,
        _ byteCount: Int,
        to rows: TableRows
    ) throws {
        do {
            try cells.split(
                copyLine: line,
                byteCount: byteCount,
                columnCount: rows.columnCount
            )
        } catch {
            throw SourceError(
                .malformedEvent,
                "could not decode a copied row of \(rows.table.name): \(error)"
            )
        }
        do throws(RowFault) {
            for column in 0..<rows.columnCount {
                try rows.append(cells.cells[column], to: column)
            }
        } catch {
            rows.cancelRow()
            throw rows.sourceError(error, reading: "a copied row", position: nil)
        }
        rows.endRow(byteCount)
    }

    private func hand(_ rows: TableRows, to body: (ColumnBatch) throws -> Void) throws {
        let special = rows.takeSpecialValueCount()
        if special > 0 { countSpecialValues(special) }
        let rowCount = rows.rowCount
        try body(ColumnBatch(columns: rows.finishColumns(), rowCount: rowCount))
    }

    /// Takes the copy's end off the connection: it may be an error that came after all rows.
    private func end(_ table: SourceTable, _ connection: PostgresConnection) throws {
        var failure: ServerFailure?
        while let result = PQgetResult(connection.handle) {
            if PQresultStatus(result) != PGRES_COMMAND_OK, failure == nil {
                failure = connection.failure(of: result)
            }
            PQclear(result)
        }
        if let failure { throw failure.sourceError(doing: "copy \(table.name)") }
    }
}
