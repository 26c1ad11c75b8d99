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
    /// The file's last bytes, which often hold its page indexes.
    private let tail: FileBytes

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
        let reader = ParquetReader(
            file: path,
            fileByteCount: fileByteCount,
            footer: try ParquetFooter(parsing: footer, file: path, fileByteCount: fileByteCount)
        )
        guard reader.footer.rowCount <= ScanLimits.rowsPerFileMax else {
            throw FormatError(
                file: path,
                "it is said to have \(reader.footer.rowCount) rows, at most "
                    + "\(ScanLimits.rowsPerFileMax) are read"
            )
        }
        return ParquetFile(
            path: path,
            store: store,
            reader: reader,
            tail: FileBytes(offset: endStart, bytes: end)
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

    /// Calls `body` with rows of one row group in batches, all of them or only `rows`.
    ///
    /// Only the bytes of the projection's columns are read, of single rows only the pages that they
    /// are in. Memory: the pages of one part of a large row group, and one batch; see
    /// ``ScanLimits``.
    ///
    /// - `rows`: Counted from the row group's first; ascending and apart.
    func forEachBatch(
        rowGroup: Int,
        _ projection: ParquetProjection,
        rows: [Range<Int>]? = nil,
        _ body: (RowBatch) async throws -> Void
    ) async throws {
        try await reader.forEachBatch(
            rowGroup: rowGroup,
            projection,
            rows: rows,
            limits: ScanLimits.fetches,
            fetch: fetch,
            body
        )
    }

    /// Reads ranges that ascend; those that the file's tail holds are there already.
    private func fetch(_ ranges: [Range<Int>]) async throws -> [FileBytes] {
        var fetched: [FileBytes] = []
        for range in ranges {
            if range.lowerBound >= tail.offset {
                if fetched.last?.offset != tail.offset { fetched.append(tail) }
                continue
            }
            let bytes = try await store.read(path, range: range)
            try Self.check(bytes.count, of: range, path)
            fetched.append(FileBytes(offset: range.lowerBound, bytes: bytes))
        }
        return fetched
    }
}
