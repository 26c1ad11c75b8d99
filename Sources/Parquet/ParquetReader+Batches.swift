/// How much of a file is fetched and decoded at one time.
public struct FetchLimits: Sendable {
    /// Bytes of pages that are fetched at once, where page indexes tell where pages begin.
    public var bytesMax: Int
    /// Bytes that nobody needs and that are fetched nevertheless, in place of a second read.
    public var gapBytesMax: Int
    public var batch: BatchLimits

    public init(bytesMax: Int, gapBytesMax: Int, batch: BatchLimits) {
        self.bytesMax = bytesMax
        self.gapBytesMax = gapBytesMax
        self.batch = batch
    }
}

extension ParquetReader {
    /// Calls `body` with rows of one row group in batches, all of them or only `rows`.
    ///
    /// Only the bytes of the projection's columns are fetched, of single rows and of large row
    /// groups only the pages that are needed next. Memory: the pages of one part, and one batch; of
    /// files without page indexes, the bytes of one row group.
    ///
    /// - Parameters:
    ///   - rowGroup: The row group's number.
    ///   - projection: The columns.
    ///   - rows: Counted from the row group's first; ascending and apart.
    ///   - limits: Sizes of fetches and batches.
    ///   - fetch: Reads ranges of the file that ascend.
    ///   - body: What is done with each batch.
    /// - Throws: `FormatError`, and what `fetch` and `body` throw.
    public func forEachBatch(
        rowGroup: Int,
        _ projection: ParquetProjection,
        rows: [Range<Int>]?,
        limits: FetchLimits,
        fetch: ([Range<Int>]) async throws -> [FileBytes],
        _ body: (RowBatch) async throws -> Void
    ) async throws {
        let whole = try plan(rowGroup: rowGroup, projection)
        let byteCount = whole.byteRanges.reduce(0) { $0 + $1.count }
        guard rows != nil || byteCount > limits.bytesMax else {
            return try await forEachBatch(of: whole, limits, fetch, body)
        }
        let indexes = try await fetch(try pageIndexRanges(rowGroup: rowGroup, projection))
        let parts = try parts(
            of: rows ?? whole.rows,
            rowGroup: rowGroup,
            projection,
            pageIndexes: indexes,
            bytesMax: limits.bytesMax
        )
        for part in parts {
            let plan = try plan(
                rowGroup: rowGroup,
                projection,
                rows: part,
                pageIndexes: indexes
            )
            try await forEachBatch(of: plan, limits, fetch, body)
        }
    }

    private func forEachBatch(
        of plan: ReadPlan,
        _ limits: FetchLimits,
        _ fetch: ([Range<Int>]) async throws -> [FileBytes],
        _ body: (RowBatch) async throws -> Void
    ) async throws {
        let bytes = try await fetch(plan.byteRanges(mergingGapsUpTo: limits.gapBytesMax))
        let rows = try open(plan, bytes: bytes, limits: limits.batch)
        while let batch = try rows.next() { try await body(batch) }
    }
}
