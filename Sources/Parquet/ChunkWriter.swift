internal import Bytes
internal import Codecs
internal import TableModel

/// Writes column chunks, one after another, into `output`.
final class ChunkWriter {
    /// The longest value that a page may hold; page sizes are 32-bit in the format.
    private static let valueBytesMax = 1 << 30

    private let options: ParquetWriterOptions
    private let compressor: Compressor
    private let dictionaryBuilder = DictionaryBuilder()
    private var body = ByteBuffer(capacityBytes: 64 << 10)
    private var compressed = ByteBuffer(capacityBytes: 64 << 10)
    private var header = ThriftWriter(capacityBytes: 64)
    /// Where the pages go.
    var output = EncodedBlocks()

    init(options: ParquetWriterOptions) {
        self.options = options
        compressor = Compressor(options.codec)
    }

    /// Writes one chunk, whose first row in the file is `firstRow`.
    ///
    /// Fails with `.value` or `.codec`.
    func write(
        _ pieces: [ColumnPiece],
        field: ParquetField,
        rowCount: Int,
        firstRow: Int
    ) throws(ParquetWriteError) -> ColumnChunk {
        let layout = ColumnLayout(field.type)
        var chunk = ColumnChunk()
        let isCoded =
            options.dictionary
            && dictionaryBuilder.build(pieces, layout: layout, rowCount: rowCount)
        try check(pieces, field: field, firstRow: firstRow)
        if isCoded { try writeDictionary(field, layout, &chunk) }
        var cutter = PageCutter(pieces, layout: layout, isCoded: isCoded, options: options)
        var row = 0
        var code = 0
        while let page = cutter.next() {
            let statistics =
                isCoded
                ? dictionaryBuilder.statistics(page, fromCode: code, field.type, layout)
                : StatisticsScan.statistics(page, type: field.type)
            try ValueCheck.checkRange(statistics, field: field, firstRow: firstRow + row)
            body.removeAll()
            if !field.isRequired {
                LevelEncoder.append(
                    page,
                    rowCount: statistics.valueCount,
                    nullCount: statistics.nullCount,
                    to: &body
                )
            }
            if isCoded {
                let codeCount = statistics.valueCount - statistics.nullCount
                appendCodes(from: code, count: codeCount)
                code += codeCount
            } else {
                PlainEncoder.append(page, layout: layout, to: &body)
            }
            try writeDataPage(statistics, firstRow: row, isCoded: isCoded, field, &chunk)
            row += statistics.valueCount
        }
        return chunk
    }

    private func check(
        _ pieces: [ColumnPiece],
        field: ParquetField,
        firstRow: Int
    ) throws(ParquetWriteError) {
        var row = firstRow
        for piece in pieces {
            try ValueCheck.check(
                piece,
                field: field,
                firstRow: row,
                valueBytesMax: Self.valueBytesMax
            )
            row += piece.count
        }
    }

    private func appendCodes(from start: Int, count: Int) {
        let bitWidth = HybridEncoder.bitWidth(ofCodes: dictionaryBuilder.distinctCount)
        body.append(UInt8(truncatingIfNeeded: bitWidth))
        HybridEncoder.append(
            dictionaryBuilder.codes + start,
            count: count,
            bitWidth: bitWidth,
            to: &body
        )
    }

    private func writeDictionary(
        _ field: ParquetField,
        _ layout: ColumnLayout,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        chunk.dictionaryPageOffset = output.fileOffset
        body.removeAll()
        PlainEncoder.append(
            [dictionaryBuilder.dictionary(layout: layout)],
            layout: layout,
            to: &body
        )
        let valueCount = dictionaryBuilder.distinctCount
        try writePage(.dictionary, field, &chunk) { header in
            header.structure(7) { page in
                page.int32(1, valueCount)
                page.int32(2, ParquetEncoding.plain.rawValue)
            }
        }
    }

    private func writeDataPage(
        _ statistics: ValueStatistics,
        firstRow: Int,
        isCoded: Bool,
        _ field: ParquetField,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        let offset = output.fileOffset
        try writePage(.data, field, &chunk) { header in
            header.structure(5) { page in
                page.int32(1, statistics.valueCount)
                let encoding: ParquetEncoding = isCoded ? .rleDictionary : .plain
                page.int32(2, encoding.rawValue)
                page.int32(3, ParquetEncoding.rle.rawValue)
                page.int32(4, ParquetEncoding.rle.rawValue)
            }
        }
        chunk.pages.append(
            ColumnChunk.Page(
                offset: offset,
                byteCount: output.fileOffset - offset,
                firstRow: firstRow,
                statistics: statistics
            )
        )
        chunk.statistics.add(statistics)
    }

    /// Compresses `body` and writes it behind its header.
    private func writePage(
        _ type: ParquetPageType,
        _ field: ParquetField,
        _ chunk: inout ColumnChunk,
        _ details: (inout ThriftWriter) -> Void
    ) throws(ParquetWriteError) {
        compressed.removeAll()
        if options.codec != .none {
            do throws(CodecError) {
                try compressor.compress(
                    UnsafeRawBufferPointer(start: body.pointer, count: body.count),
                    into: &compressed
                )
            } catch {
                throw ParquetWriteError(.codec, column: field.name, error.description)
            }
        }
        let page =
            options.codec == .none
            ? UnsafeRawBufferPointer(start: body.pointer, count: body.count)
            : UnsafeRawBufferPointer(start: compressed.pointer, count: compressed.count)
        guard body.count <= Int(Int32.max), page.count <= Int(Int32.max) else {
            throw ParquetWriteError(
                .value,
                column: field.name,
                "a page of \(body.count) bytes is longer than the \(Int32.max) of the format"
            )
        }
        header.removeAll()
        header.int32(1, type.rawValue)
        header.int32(2, body.count)
        header.int32(3, page.count)
        header.int32(4, Int(Int32(bitPattern: crc32Checksum(page))))
        details(&header)
        header.end()
        header.buffer.withBytes { output.append($0) }
        output.append(page)
        chunk.compressedBytes += header.buffer.count + page.count
        chunk.uncompressedBytes += header.buffer.count + body.count
    }
}
