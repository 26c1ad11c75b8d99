internal import Diagnostics
internal import Parquet

/// A Parquet file whose footer is read.
struct ParquetFile: Sendable {
    let file: StoredFile
    let footer: ParquetFooter
    let footerBytes: Int

    /// Bytes read at the end in the hope that the footer is among them.
    private static let endReadBytes = 64 << 10

    init(_ file: StoredFile) async throws {
        self.file = file
        let end = try await file.read(last: Self.endReadBytes)
        let range = try ParquetFooter.byteRange(
            tail: end.suffix(ParquetFooter.tailByteCount),
            fileByteCount: file.byteCount,
            file: file.path
        )
        let start = file.byteCount - end.count
        let bytes =
            range.lowerBound >= start
            ? Array(end[range.lowerBound - start..<range.upperBound - start])
            : try await file.read(range)
        footerBytes = bytes.count
        footer = try ParquetFooter(
            parsing: bytes,
            file: file.path,
            fileByteCount: file.byteCount
        )
    }

    /// Calls `body` with each page of a chunk; only their headers are read.
    func forEachPage(
        of chunk: ParquetChunkLayout,
        _ body: (ParquetPageLayout) -> Void
    ) async throws {
        guard let range = chunk.byteRange else { return }
        guard range.lowerBound <= file.byteCount,
            chunk.compressedBytes <= file.byteCount - range.lowerBound
        else {
            throw FormatError(
                file: file.path,
                "column \(chunk.name) is said to have \(chunk.compressedBytes) bytes at "
                    + "\(range.lowerBound), the file has \(file.byteCount)"
            )
        }
        let end = min(range.upperBound, file.byteCount)
        var window = PageWindow(file: file, end: end)
        var offset = range.lowerBound
        var valuesLeft = chunk.valueCount
        // What lies behind the last value is no page, where the chunk's bytes were counted roughly.
        while offset < end, valuesLeft > 0 || offset < range.lowerBound + chunk.compressedBytes {
            let page = try await window.page(at: offset)
            body(page)
            offset = page.end
            if page.kind == .data || page.kind == .dataV2 { valuesLeft -= page.valueCount ?? 0 }
        }
    }
}

extension ParquetChunkLayout {
    /// The names from the root to the leaf, with dots between.
    var name: String { path.joined(separator: ".") }
}

/// Bytes of a chunk around the page header that is read, so that small pages cost no read each.
private struct PageWindow {
    let file: StoredFile
    /// Where the chunk ends.
    let end: Int
    private var start = 0
    private var bytes: [UInt8] = []

    private static let firstReadBytes = 4 << 10
    /// Bytes that a header may have; those with statistics have some hundred.
    private static let headerBytesMax = 16 << 20

    init(file: StoredFile, end: Int) {
        self.file = file
        self.end = end
    }

    mutating func page(at offset: Int) async throws -> ParquetPageLayout {
        var count = Self.firstReadBytes
        while true {
            if offset < start || offset >= start + bytes.count || count > Self.firstReadBytes {
                start = offset
                bytes = try await file.read(offset..<min(offset + count, end))
            }
            let page = try ParquetPageLayout.read(
                bytes,
                from: offset - start,
                at: offset,
                chunkEnd: end,
                file: file.path
            )
            if let page { return page }
            guard count < Self.headerBytesMax else {
                throw FormatError(
                    file: file.path,
                    "a page header has more than \(Self.headerBytesMax) bytes",
                    offset: offset
                )
            }
            count *= 4
        }
    }
}
