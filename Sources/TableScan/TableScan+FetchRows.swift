public import Columns
internal import Diagnostics
public import ObjectStore
public import TableModel

extension TableScan {
    /// The cells of `fields` at chosen rows of one Parquet file, whether a snapshot holds it or not.
    ///
    /// Whole column chunks are decoded, one row group at a time.
    ///
    /// - Precondition: `positions` ascend; a row may be asked for twice.
    /// - Returns: One column a field, with a row for each position.
    /// - Throws: `StoreError`, and `FormatError` when the file is damaged or has fewer rows.
    public static func fetchRows(
        filePath: String,
        positions: [Int],
        fields: [SchemaField],
        store: any ObjectStore
    ) async throws -> [Column] {
        let file = try await ParquetFile.open(filePath, store: store)
        if let last = positions.last, last >= file.rowCount {
            throw FormatError(
                file: filePath,
                "row \(last) was asked for, the file has \(file.rowCount) rows"
            )
        }
        let builder = BatchBuilder(
            types: fields.map(\.type.physicalType),
            expectedRows: positions.count
        )
        var next = 0
        var firstPosition = 0
        for rowGroup in 0..<file.rowGroupCount {
            let end = firstPosition + file.rowCount(ofRowGroup: rowGroup)
            defer { firstPosition = end }
            var rows: [Int32] = []
            while next < positions.count, positions[next] < end {
                precondition(positions[next] >= firstPosition, "positions must ascend")
                rows.append(Int32(positions[next] - firstPosition))
                next += 1
            }
            if rows.isEmpty { continue }
            let columns = try await file.columns(rowGroup: rowGroup, fields: fields)
            for (index, column) in columns.enumerated() {
                builder.builders[index].append(rows: rows, of: column)
            }
        }
        return builder.finishColumns()
    }
}
