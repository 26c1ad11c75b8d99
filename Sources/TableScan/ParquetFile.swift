internal import Columns
internal import Diagnostics
internal import ObjectStore
internal import Parquet
internal import TableModel

/// One Parquet file in a store, with its footer read.
struct ParquetFile {
    let path: String
    let store: any ObjectStore
    let reader: ParquetReader

    /// - Throws: `StoreError` when the file cannot be read, `FormatError` when it is not Parquet.
    static func open(
        _ path: String,
        byteCount: Int? = nil,
        store: any ObjectStore
    ) async throws -> ParquetFile {
        let fileByteCount =
            if let byteCount { byteCount } else { try await store.byteCount(of: path) }
        guard fileByteCount >= ParquetFooter.tailByteCount else {
            throw FormatError(
                file: path,
                "it has \(fileByteCount) bytes, the shortest Parquet ending has "
                    + "\(ParquetFooter.tailByteCount)"
            )
        }
        let endStart = max(0, fileByteCount - ScanLimits.footerReadBytes)
        let end = try await store.read(path, range: endStart..<fileByteCount)
        try check(end.count, of: endStart..<fileByteCount, path)
        let range = try ParquetFooter.byteRange(
            tail: [UInt8](end.suffix(ParquetFooter.tailByteCount)),
            fileByteCount: fileByteCount,
            file: path
        )
        let footer =
            range.lowerBound >= endStart
            ? [UInt8](end[range.lowerBound - endStart..<range.upperBound - endStart])
            : try await store.read(path, range: range)
        return ParquetFile(
            path: path,
            store: store,
            reader: ParquetReader(
                file: path,
                fileByteCount: fileByteCount,
                footer: try ParquetFooter(
                    parsing: footer,
                    file: path,
                    fileByteCount: fileByteCount
                )
            )
        )
    }

    private static func check(_ count: Int, of range: Range<Int>, _ path: String) throws {
        guard count == range.count else {
            throw FormatError(
                file: path,
                "\(range.count) bytes were asked for, the store gave \(count)",
                offset: range.lowerBound
            )
        }
    }

    var rowCount: Int { reader.footer.rowCount }
    var rowGroupCount: Int { reader.footer.rowGroupCount }
    func rowCount(ofRowGroup index: Int) -> Int { reader.footer.rowCount(ofRowGroup: index) }

    /// Reads columns of one row group, and no other bytes.
    func columns(rowGroup: Int, fields: [SchemaField]) async throws -> [Column] {
        let plan = try reader.plan(rowGroup: rowGroup, try reader.projection(of: fields))
        var fetched: [FileBytes] = []
        for range in plan.byteRanges {
            let bytes = try await store.read(path, range: range)
            try Self.check(bytes.count, of: range, path)
            fetched.append(FileBytes(offset: range.lowerBound, bytes: bytes))
        }
        let rows = try reader.open(
            plan,
            bytes: fetched,
            limits: BatchLimits(rowsMax: .max, bytesMax: ScanLimits.rowGroupBytesMax)
        )
        let wanted = rowCount(ofRowGroup: rowGroup)
        guard let batch = try rows.next() else {
            return fields.map { ColumnBuilder($0.type.columnShape, expectedRows: 0).finish() }
        }
        guard batch.rowCount == wanted else {
            throw FormatError(
                file: path,
                "the \(wanted) rows of row group \(rowGroup) take more than "
                    + "\(ScanLimits.rowGroupBytesMax) bytes"
            )
        }
        return batch.columns
    }
}
