internal import Bytes
internal import Codecs

/// Compresses pages and puts them behind their headers.
final class PageWriter {
    /// Memory that is kept from page to page; single values may be far longer.
    private static let keptBytesMax = 8 << 20

    private let options: ParquetWriterOptions
    private let compressor: Compressor
    private var compressed = ByteBuffer(capacityBytes: 64 << 10)
    private var header = ThriftWriter(capacityBytes: 64)
    /// The page at hand before compression, levels first; to be filled before it is written.
    var body = ByteBuffer(capacityBytes: 64 << 10)
    /// Memory elsewhere that is the whole page instead.
    var wholeBody: UnsafeRawBufferPointer?
    /// Where the pages go.
    var output = EncodedBlocks()

    init(options: ParquetWriterOptions) {
        self.options = options
        compressor = Compressor(options.codec)
    }

    /// Begins a page: forgets the body of the last one.
    func begin() {
        body.removeAll(keepingBytesMax: Self.keptBytesMax)
        wholeBody = nil
    }

    /// What the header of a data page says.
    struct DataPage {
        var encoding: ParquetEncoding
        var rowCount: Int
        var statistics: ValueStatistics
        /// Bytes of levels at the begin of the body, where they are not compressed with the values.
        var repetitionLevelBytes = 0
        var definitionLevelBytes = 0
    }

    func writeDictionary(
        valueCount: Int,
        leaf: FieldLeaf,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        chunk.dictionaryPageOffset = output.fileOffset
        let body = bodyBytes(from: 0)
        let page = try compress(body, leaf)
        write(.dictionary, uncompressedBytes: body.count, [page], &chunk) { header in
            header.structure(7) { details in
                details.int32(1, valueCount)
                details.int32(2, ParquetEncoding.plain.rawValue)
            }
        }
    }

    /// Writes a data page; returns its bytes, header included.
    func write(
        _ page: DataPage,
        leaf: FieldLeaf,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) -> Int {
        switch options.pageVersion {
        case .v1: try writeV1(page, leaf, &chunk)
        case .v2: try writeV2(page, leaf, &chunk)
        }
    }

    private func writeV1(
        _ page: DataPage,
        _ leaf: FieldLeaf,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) -> Int {
        let body = bodyBytes(from: 0)
        let parts = [try compress(body, leaf)]
        return write(.data, uncompressedBytes: body.count, parts, &chunk) { header in
            header.structure(5) { details in
                details.int32(1, page.statistics.valueCount)
                details.int32(2, page.encoding.rawValue)
                details.int32(3, ParquetEncoding.rle.rawValue)
                details.int32(4, ParquetEncoding.rle.rawValue)
            }
        }
    }

    private func writeV2(
        _ page: DataPage,
        _ leaf: FieldLeaf,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) -> Int {
        let levelBytes = page.repetitionLevelBytes + page.definitionLevelBytes
        let levels = UnsafeRawBufferPointer(start: body.pointer, count: levelBytes)
        let raw = bodyBytes(from: levelBytes)
        var values = try compress(raw, leaf)
        let isCompressed = options.codec != .none && values.count < raw.count
        if !isCompressed { values = raw }
        let uncompressedBytes = levelBytes + raw.count
        return write(.dataV2, uncompressedBytes: uncompressedBytes, [levels, values], &chunk) {
            header in
            header.structure(8) { details in
                details.int32(1, page.statistics.valueCount)
                details.int32(2, page.statistics.nullCount)
                details.int32(3, page.rowCount)
                details.int32(4, page.encoding.rawValue)
                details.int32(5, page.definitionLevelBytes)
                details.int32(6, page.repetitionLevelBytes)
                details.boolean(7, isCompressed)
            }
        }
    }

    private func bodyBytes(from offset: Int) -> UnsafeRawBufferPointer {
        if let wholeBody { return wholeBody }
        return UnsafeRawBufferPointer(start: body.pointer + offset, count: body.count - offset)
    }

    /// The compressed form of some bytes; valid until the next call.
    private func compress(
        _ bytes: UnsafeRawBufferPointer,
        _ leaf: FieldLeaf
    ) throws(ParquetWriteError) -> UnsafeRawBufferPointer {
        guard options.codec != .none else { return bytes }
        compressed.removeAll(keepingBytesMax: Self.keptBytesMax)
        do throws(CodecError) {
            try compressor.compress(bytes, into: &compressed)
        } catch {
            throw ParquetWriteError(.codec, column: leaf.name, error.description)
        }
        return UnsafeRawBufferPointer(start: compressed.pointer, count: compressed.count)
    }

    /// Writes a header and the parts of a page; returns the bytes of both.
    @discardableResult
    private func write(
        _ type: ParquetPageType,
        uncompressedBytes: Int,
        _ parts: [UnsafeRawBufferPointer],
        _ chunk: inout ColumnChunk,
        _ details: (inout ThriftWriter) -> Void
    ) -> Int {
        let pageBytes = parts.reduce(0) { $0 + $1.count }
        header.removeAll()
        header.int32(1, type.rawValue)
        header.int32(2, uncompressedBytes)
        header.int32(3, pageBytes)
        if options.pageChecksums {
            let checksum = parts.reduce(UInt32(0)) { crc32Checksum($1, startingWith: $0) }
            header.int32(4, Int(Int32(bitPattern: checksum)))
        }
        details(&header)
        header.end()
        header.buffer.withBytes { output.append($0) }
        for part in parts { output.append(part) }
        let headerBytes = header.buffer.count
        chunk.compressedBytes += headerBytes + pageBytes
        chunk.uncompressedBytes += headerBytes + uncompressedBytes
        return headerBytes + pageBytes
    }
}
