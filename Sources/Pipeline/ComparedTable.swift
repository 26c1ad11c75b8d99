import Bytes
import Catalog
import ChangeModel
import Columns
import Iceberg
import KeyIndex
import SourceInterface
import TableModel
import TableScan

/// A lake table reduced to what can be compared: the columns that both sides have.
struct ComparedLake {
    var table: LakeTable
    /// Fields of the columns that both sides have, in the source's order.
    var fields: [SchemaField]
    /// Positions of those columns in the source table.
    var sourceColumns: [Int]
    /// Positions in `fields` of the columns that tell rows apart: the key's, or all.
    var keyColumns: [Int]
    /// Whether these are the key's; otherwise equal rows are counted.
    var hasKey: Bool
    /// Source columns that the lake does not have.
    var missingColumns: [String] = []

    init(_ table: LakeTable, current: SourceTable) {
        self.table = table
        fields = []
        sourceColumns = []
        for (position, column) in current.columns.enumerated() {
            if let field = table.fields.first(where: { $0.name == column.name }) {
                fields.append(field)
                sourceColumns.append(position)
            } else {
                missingColumns.append(column.name)
            }
        }
        let compared = sourceColumns
        hasKey = !current.keyColumns.isEmpty
        keyColumns =
            hasKey
            ? current.keyColumns.compactMap { compared.firstIndex(of: $0) }
            : Array(compared.indices)
    }
}

/// Reads both sides of a comparison as keys and row hashes.
final class ComparedTable {
    let lake: ComparedLake
    private let fingerprinter: KeyFingerprinter
    private let rowHasher: RowHasher
    private let runner: PipelineRunner
    var lakeRows = 0

    init(
        lake: ComparedLake,
        fingerprinter: KeyFingerprinter,
        rowHasher: RowHasher,
        runner: PipelineRunner
    ) {
        self.lake = lake
        self.fingerprinter = fingerprinter
        self.rowHasher = rowHasher
        self.runner = runner
    }

    var lakeRecordCount: Int {
        let summary = lake.table.loaded.metadata.currentSnapshot?.summary
        return Int(clamping: summary?.count("total-records") ?? 0)
    }

    /// The source's rows under a view, as a map from key to row hash.
    func sourceRows(
        _ view: any SourceSnapshot,
        table: SourceTable,
        filter: PassFilter,
        names: UncheckedReference<KeyNames>? = nil
    ) async throws -> UncheckedReference<FingerprintMap> {
        let map = UncheckedReference(
            FingerprintMap(isExact64: fingerprinter.isExact64, expectedCount: 0)
        )
        let (fingerprinter, rowHasher, lake) = (fingerprinter, rowHasher, lake)
        try await onBlockingThread("verify-source") {
            var copies = RowCopies()
            let reader = try view.makeReader()
            defer { reader.close() }
            let whole = SnapshotRange(table: table, condition: nil)
            try reader.read(whole, batchBytesMax: Limits.snapshotBatchBytes) { batch in
                let columns = lake.sourceColumns.map { batch.columns[$0] }
                let keyColumns = lake.keyColumns.map { columns[$0] }
                let keys = fingerprinter.fingerprints(of: keyColumns)
                let hashes = rowHasher.hashes(of: columns)
                for (row, key) in keys.enumerated() where filter.contains(ofPass: key) {
                    let key = lake.hasKey ? key : copies.next(key)
                    guard filter.wants(key) else { continue }
                    map.value.set(hashes[row].payload, for: key)
                    names?.value.names[key] = describeKey(keyColumns, row, lake)
                }
            }
        }
        return map
    }

    /// Calls `body` with each live row of the lake: key, row hash, and the key's text on demand.
    func forEachLakeRow(
        _ filter: PassFilter,
        _ body: (KeyFingerprint, UInt64, () -> String) throws -> Void
    ) async throws {
        var copies = RowCopies()
        let scan = TableScan(table: lake.table.loaded.metadata, store: runner.parts.store)
        try await scan.forEachBatch(fields: lake.fields) { batch in
            let keyColumns = lake.keyColumns.map { batch.columns[$0] }
            let keys = fingerprinter.fingerprints(of: keyColumns)
            let hashes = rowHasher.hashes(of: batch.columns)
            let rows = batch.liveRows ?? (0..<Int32(batch.rowCount)).map { $0 }
            for row in rows where filter.contains(ofPass: keys[Int(row)]) {
                let key = lake.hasKey ? keys[Int(row)] : copies.next(keys[Int(row)])
                guard filter.wants(key) else { continue }
                lakeRows += 1
                try body(key, hashes[Int(row)].payload) {
                    describeKey(keyColumns, Int(row), lake)
                }
            }
        }
    }
}

extension KeyFingerprint {
    /// A row hash as a map's payload, which may be anything but all ones.
    fileprivate var payload: UInt64 { low == .max ? 0 : low }
}

/// A key's values for people: `42`, or `(7, abc)`.
func describeKey(_ columns: [Column], _ row: Int, _ lake: ComparedLake) -> String {
    // Of a table without a key that would be the whole row.
    guard lake.hasKey else { return "a row of \(columns.count) columns" }
    let values = columns.enumerated().map { index, column in
        describeValue(column, row, lake.fields[lake.keyColumns[index]].type)
    }
    return values.count == 1 ? values[0] : "(\(values.joined(separator: ", ")))"
}

private func describeValue(_ column: Column, _ row: Int, _ type: IcebergType) -> String {
    if column.isNull(row) { return "NULL" }
    switch column.type {
    case .boolean: return column.value(at: row, as: UInt8.self) == 0 ? "false" : "true"
    case .int32: return String(column.value(at: row, as: Int32.self))
    case .int64: return String(column.value(at: row, as: Int64.self))
    case .float: return String(column.value(at: row, as: Float.self))
    case .double: return String(column.value(at: row, as: Double.self))
    case .int128: return String(column.value(at: row, as: Int128.self))
    case .uuid: return hex(column, row)
    case .bytes:
        return type == .string ? (column.string(at: row) ?? "") : hex(column, row)
    case .structure, .list, .map: return "\(type)"
    }
}

private func hex(_ column: Column, _ row: Int) -> String {
    var bytes: [UInt8]
    if column.type == .uuid {
        let value = column.value(at: row, as: UInt128.self)
        bytes = withUnsafeBytes(of: value) { [UInt8]($0) }
    } else {
        bytes = [UInt8](column.bytes(at: row))
    }
    bytes = [UInt8](bytes.prefix(64))
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
