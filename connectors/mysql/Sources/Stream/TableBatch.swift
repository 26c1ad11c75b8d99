internal import Bytes
internal import ChangeModel
internal import Columns
internal import SourceInterface
internal import TableModel

/// The rows of one table that wait to be sent.
final class TableBatch {
    /// Rows that fresh builders have room for; grows with what the table's batches held.
    private static let expectedRowsMin = 64
    private static let expectedRowsMax = 32_768

    let builder: BatchBuilder
    private(set) var operations: [UInt8] = []

    init(columns: [SourceColumn], lastRowCount: Int) {
        let expectedRows = min(max(lastRowCount, Self.expectedRowsMin), Self.expectedRowsMax)
        builder = BatchBuilder(
            types: columns.map { $0.type.physicalType },
            expectedRows: expectedRows
        )
        operations.reserveCapacity(expectedRows)
    }

    var rowCount: Int { operations.count }
    var memoryBytes: Int { builder.memoryBytes + operations.count }

    func finish(of table: SourceTableName) -> ChangeBatch {
        let batch = ChangeBatch(
            table: table,
            columns: builder.finishColumns(),
            operations: operations
        )
        operations = []
        return batch
    }

    /// Takes back the rows from `rowCount` on.
    func truncate(toRows rowCount: Int) {
        builder.truncate(toRows: rowCount)
        operations.removeLast(operations.count - rowCount)
    }

    // MARK: Rows

    @inline(__always)
    func note(_ operation: ChangeOperation) { operations.append(operation.rawValue) }
}

/// Reads the rows of one event into a batch.
struct RowsReader {
    let decoder: RowDecoder
    let batch: TableBatch
    /// How many bytes of rows a batch takes before the caller gets a chance to send it.
    let batchBytesMax: Int

    /// Rows after which the batch is weighed; weighing every row would cost more than the rows.
    private static let rowsPerWeighing = 256
    /// Events beyond this are weighed after every row, since single rows may be huge.
    private static let largeEventBytes = 16 << 20

    /// Decodes rows from `cursor` on until the event or the batch is full.
    ///
    /// - Returns: Where the next row begins; the event's end when there is none.
    /// - Throws: ``RowFault``; rows that were begun are taken back.
    func read(
        _ kind: RowsKind,
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer
    ) throws(RowFault) -> UnsafeRawPointer {
        let rowsPerWeighing = end - start > Self.largeEventBytes ? 1 : Self.rowsPerWeighing
        var cursor = start
        var keys = Keys()
        var rowsUntilWeighing = rowsPerWeighing
        while cursor < end {
            let rowsBefore = batch.rowCount
            do throws(RowFault) {
                cursor = try readRow(kind, cursor, end, &keys)
            } catch {
                batch.truncate(toRows: rowsBefore)
                throw error
            }
            rowsUntilWeighing -= 1
            if rowsUntilWeighing == 0 {
                if batch.memoryBytes >= batchBytesMax { return cursor }
                rowsUntilWeighing = rowsPerWeighing
            }
        }
        return cursor
    }

    private struct Keys {
        var before: [UnsafeRawBufferPointer] = []
        var after: [UnsafeRawBufferPointer] = []

        var areEqual: Bool {
            before.count == after.count
                && zip(before, after).allSatisfy { $0.elementsEqual($1) }
        }
    }

    @inline(__always)
    private func readRow(
        _ kind: RowsKind,
        _ start: UnsafeRawPointer,
        _ end: UnsafeRawPointer,
        _ keys: inout Keys
    ) throws(RowFault) -> UnsafeRawPointer {
        let builders = batch.builder.builders
        var next: UnsafeRawPointer
        switch kind {
        case .write:
            next = try decoder.decode(start, end, into: builders)
            batch.note(.insert)
        case .delete:
            next = try decoder.decode(start, end, into: builders)
            batch.note(.delete)
        case .update:
            let after = try decoder.skip(start, end, upToKeys: false, keys: &keys.before)
            _ = try decoder.skip(after, end, upToKeys: true, keys: &keys.after)
            if keys.areEqual, !keys.before.isEmpty {
                next = try decoder.decode(after, end, into: builders)
                batch.note(.update)
            } else {
                _ = try decoder.decode(start, end, into: builders)
                batch.note(.delete)
                next = try decoder.decode(after, end, into: builders)
                batch.note(.insertMoved)
            }
        }
        if next == start { throw Self.emptyRow(end - start) }
        return next
    }

    /// A table always has a column, so a row has at least one byte.
    private static func emptyRow(_ available: Int) -> RowFault {
        let fault = WireFault(.malformedValue, offset: 0, wanted: 0, available: available)
        return RowFault(fault: fault, columnIndex: -1)
    }
}
