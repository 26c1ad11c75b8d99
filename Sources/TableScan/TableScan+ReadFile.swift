public import Columns
public import Iceberg
public import ObjectStore
internal import Parquet
public import TableModel

extension TableScan {
    /// Calls `body` with the rows of one data file, dead ones included, and the position of the first.
    ///
    /// Fields that the file does not have are NULL. Memory: a batch of rows.
    ///
    /// - Throws: `StoreError`, `FormatError`, and what `body` throws.
    public static func forEachBatch(
        ofFile dataFile: DataFile,
        fields: [SchemaField],
        store: any ObjectStore,
        _ body: ([Column], Int) async throws -> Void
    ) async throws {
        try checkIsParquet(dataFile)
        let file = try await ParquetFile.open(
            dataFile.path,
            byteCount: Int(dataFile.fileSizeBytes),
            store: store
        )
        let projection = try file.reader.projection(of: fields)
        var rowGroupPosition = 0
        for rowGroup in 0..<file.rowGroupCount {
            let start = rowGroupPosition
            try await file.forEachBatch(rowGroup: rowGroup, projection) { batch in
                guard let rows = batch.rows.first else { return }
                try await body(batch.columns, start + rows.lowerBound)
            }
            rowGroupPosition += file.rowCount(ofRowGroup: rowGroup)
        }
    }
}
