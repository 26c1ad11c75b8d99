public import Columns
internal import Diagnostics
public import ObjectStore
internal import Parquet
public import TableModel

extension TableScan {
    /// The cells of `fields` at chosen rows of one Parquet file, whether a snapshot holds it or not.
    ///
    /// Where the file has page indexes, only the pages that hold the rows are read.
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
            shapes: fields.map(\.type.columnShape),
            expectedRows: positions.count
        )
        let projection = try file.reader.projection(of: fields)
        var left = positions[...]
        var firstPosition = 0
        for rowGroup in 0..<file.rowGroupCount {
            let end = firstPosition + file.rowCount(ofRowGroup: rowGroup)
            let wanted = left.prefix { $0 < end }.map { $0 - firstPosition }
            left = left.dropFirst(wanted.count)
            firstPosition = end
            if wanted.isEmpty { continue }
            var rows = WantedRows(wanted)
            try await file.forEachBatch(rowGroup: rowGroup, projection, rows: rows.ranges) {
                batch in
                let selected = rows.take(from: batch)
                for (index, column) in batch.columns.enumerated() {
                    builder.builders[index].append(rows: selected, of: column)
                }
            }
        }
        return builder.finishColumns()
    }
}

/// Rows of one row group that are wanted, in order; some may be wanted twice.
private struct WantedRows {
    private var rows: ArraySlice<Int>
    /// The same rows, neighbours joined.
    let ranges: [Range<Int>]

    init(_ rows: [Int]) {
        self.rows = rows[...]
        var ranges: [Range<Int>] = []
        for row in rows {
            guard let last = ranges.last, row <= last.upperBound else {
                ranges.append(row..<row + 1)
                continue
            }
            precondition(row >= last.lowerBound, "positions must ascend")
            ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, row + 1)
        }
        self.ranges = ranges
    }

    /// The places in a batch of the wanted rows that it holds.
    mutating func take(from batch: RowBatch) -> [Int32] {
        var places: [Int32] = []
        var before = 0
        for range in batch.rows {
            while let row = rows.first, row < range.upperBound {
                places.append(Int32(before + row - range.lowerBound))
                rows.removeFirst()
            }
            before += range.count
        }
        return places
    }
}
