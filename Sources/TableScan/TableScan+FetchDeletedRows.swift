internal import Columns
public import Iceberg
public import ObjectStore
public import Puffin

extension TableScan {
    /// The rows of one data file that a delete file of this data file alone lists.
    ///
    /// Rows that the data file does not have are left out.
    ///
    /// - Throws: `StoreError`, and `FormatError` when the delete file is damaged.
    public static func fetchDeletedRows(
        listedBy delete: DataFile,
        of dataFile: DataFile,
        store: any ObjectStore
    ) async throws -> RoaringBitmap {
        try PositionDeletes.checkFormat(delete)
        var rows = RoaringBitmap()
        try await PositionDeletes.forEachPositions(in: delete, store: store) { column in
            var positions: [Int] = []
            positions.reserveCapacity(column.rowCount)
            for row in 0..<column.rowCount {
                let position = column.value(at: row, as: Int64.self)
                if position >= 0, position < dataFile.recordCount {
                    positions.append(Int(position))
                }
            }
            rows.insert(contentsOf: positions)
        }
        return rows
    }
}
