import Bytes
import ChangeModel
import Columns
import SourceInterface
import TableModel

@testable import MySQLConnector

/// Bytes from hexadecimal digits; spaces and bars are for the eye.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { hexDigit($0) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The collations that the captured events name.
let collations = CollationTable([
    ["8", "latin1"], ["45", "utf8mb4"], ["46", "utf8mb4"], ["255", "utf8mb4"], ["7", "koi8r"],
    ["13", "sjis"], ["35", "ucs2"],
])

/// Lends bytes to a reader of them.
func parsing<Result>(
    _ source: some Sequence<UInt8>,
    _ body: (UnsafeRawBufferPointer) throws(WireFault) -> Result
) throws(WireFault) -> Result {
    let outcome = Array(source).withUnsafeBytes { bytes -> Swift.Result<Result, WireFault> in
        do throws(WireFault) {
            return .success(try body(bytes))
        } catch {
            return .failure(error)
        }
    }
    return try outcome.get()
}

func mariadbFormat() -> FormatDescription {
    var format = FormatDescription()
    format.serverVersion = "10.11.19-MariaDB-log"
    return format
}

func mysqlFormat() -> FormatDescription {
    var format = FormatDescription()
    format.serverVersion = "9.7.4"
    return format
}

/// Plans every column of a map as the given types.
func makeDecoder(_ map: TableMap, as types: [IcebergType], key: Set<Int> = [0]) -> RowDecoder? {
    let planner = ColumnPlanner(collations: collations)
    var planned: [ColumnPlanner.Planned] = []
    guard map.columns.count <= types.count else { return nil }
    for (index, column) in map.columns.enumerated() {
        let isKey = key.contains(index)
        guard let plan = planner.plan(column, as: types[index], target: index, isKey: isKey) else {
            return nil
        }
        planned.append(plan)
    }
    return RowDecoder(planned, keyColumns: key.sorted())
}

func tableBatch(_ types: [IcebergType]) -> TableBatch {
    let columns = types.enumerated().map { index, type in
        SourceColumn(name: "c\(index)", declaredType: "", type: type, isNullable: true)
    }
    return TableBatch(columns: columns, lastRowCount: 0)
}

/// Reads rows of one kind and returns each column's values as text.
func readRows(
    _ kind: RowsKind,
    _ rows: [UInt8],
    _ decoder: RowDecoder,
    _ batch: TableBatch
) throws(RowFault) -> (values: [[String]], operations: [UInt8]) {
    let reader = RowsReader(decoder: decoder, batch: batch, batchBytesMax: .max)
    let outcome = rows.withUnsafeBytes { source -> Result<Void, RowFault> in
        guard let start = source.baseAddress else { return .success(()) }
        do throws(RowFault) {
            _ = try reader.read(kind, start, start + source.count)
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    try outcome.get()
    let operations = batch.operations
    let changes = batch.finish(of: SourceTableName(schema: "s", table: "t"))
    let values = (0..<operations.count).map { row in
        changes.columns.map { text(of: $0, row) }
    }
    return (values, operations)
}

/// One value as text; byte strings as they are, NULL as the word.
func text(of column: Column, _ row: Int) -> String {
    if column.isNull(row) { return "NULL" }
    switch column.type {
    case .boolean: return "\(column.value(at: row, as: UInt8.self))"
    case .int32: return "\(column.value(at: row, as: Int32.self))"
    case .int64: return "\(column.value(at: row, as: Int64.self))"
    case .float: return "\(column.value(at: row, as: Float.self))"
    case .double: return "\(column.value(at: row, as: Double.self))"
    case .int128: return "\(column.value(at: row, as: Int128.self))"
    case .uuid: return uuidText(UInt128(bigEndian: column.value(at: row, as: UInt128.self)))
    case .structure, .list, .map: preconditionFailure("nested columns are shown apart")
    case .bytes:
        let value = Array(column.bytes(at: row))
        let isText =
            value.allSatisfy { $0 >= 0x20 } && String(validating: value, as: UTF8.self) != nil
        return isText ? String(decoding: value, as: UTF8.self) : "x" + hexText(value)
    }
}
