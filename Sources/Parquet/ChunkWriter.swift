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
    private var levels = NestedLevels()
    private var body = ByteBuffer(capacityBytes: 64 << 10)
    private var compressed = ByteBuffer(capacityBytes: 64 << 10)
    private var header = ThriftWriter(capacityBytes: 64)
    /// Where the pages go.
    var output = EncodedBlocks()

    init(options: ParquetWriterOptions) {
        self.options = options
        compressor = Compressor(options.codec)
    }

    /// Writes the chunk of a leaf, whose first row in the file is `firstRow`.
    ///
    /// Fails with `.value` or `.codec`.
    func write(
        _ rows: [LeafRows],
        leaf: FieldLeaf,
        firstRow: Int
    ) throws(ParquetWriteError) -> ColumnChunk {
        let layout = ColumnLayout(leaf.type)
        let values = rows.map(\.values)
        var chunk = ColumnChunk()
        let isCoded = options.dictionary && dictionaryBuilder.build(values, layout: layout)
        try check(rows, leaf: leaf, firstRow: firstRow)
        if isCoded { try writeDictionary(leaf, layout, &chunk) }
        var cutter = PageCutter(rows, layout: layout, isCoded: isCoded, options: options)
        var row = 0
        var code = 0
        while let pageRows = cutter.next() {
            let page = pageRows.map(\.values)
            var statistics =
                isCoded
                ? dictionaryBuilder.statistics(page, fromCode: code, leaf, layout)
                : StatisticsScan.statistics(page, leaf)
            try ValueCheck.checkRange(statistics, pageRows, leaf: leaf, firstRow: firstRow + row)
            let valueCount = statistics.valueCount - statistics.nullCount
            body.removeAll()
            appendLevels(pageRows, page, leaf, &statistics)
            if isCoded {
                appendCodes(from: code, count: valueCount)
                code += valueCount
            } else {
                PlainEncoder.append(page, layout: layout, to: &body)
            }
            try writeDataPage(statistics, firstRow: row, isCoded: isCoded, leaf, &chunk)
            row += pageRows.reduce(0) { $0 + $1.count }
        }
        return chunk
    }

    private func check(
        _ rows: [LeafRows],
        leaf: FieldLeaf,
        firstRow: Int
    ) throws(ParquetWriteError) {
        var row = firstRow
        for part in rows {
            try ValueCheck.check(
                part,
                leaf: leaf,
                firstRow: row,
                valueBytesMax: Self.valueBytesMax
            )
            row += part.count
        }
    }

    /// Appends the page's levels; of a nested leaf, lists without elements become NULLs that count.
    private func appendLevels(
        _ rows: [LeafRows],
        _ page: [ColumnPiece],
        _ leaf: FieldLeaf,
        _ statistics: inout ValueStatistics
    ) {
        guard leaf.definitionLevelMax > 0 else { return }
        if leaf.isFlat {
            LevelEncoder.appendWithLength(to: &body) { body in
                LevelEncoder.appendValidity(
                    of: page,
                    rowCount: statistics.valueCount,
                    nullCount: statistics.nullCount,
                    to: &body
                )
            }
            return
        }
        let valueCount = statistics.valueCount - statistics.nullCount
        levels.removeAll()
        let found = rows.reduce(0) { $0 + levels.append($1, of: leaf) }
        precondition(found == valueCount, "levels of \(found) values, not of \(valueCount)")
        statistics.valueCount = levels.count
        statistics.nullCount = levels.count - valueCount
        if leaf.isRepeated {
            LevelEncoder.appendWithLength(to: &body) { body in
                LevelEncoder.append(
                    levels.repetition,
                    levelMax: leaf.repetitionLevelMax,
                    to: &body
                )
            }
        }
        LevelEncoder.appendWithLength(to: &body) { body in
            LevelEncoder.append(levels.definition, levelMax: leaf.definitionLevelMax, to: &body)
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
        _ leaf: FieldLeaf,
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
        try writePage(.dictionary, leaf, &chunk) { header in
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
        _ leaf: FieldLeaf,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        let offset = output.fileOffset
        try writePage(.data, leaf, &chunk) { header in
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
        _ leaf: FieldLeaf,
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
                throw ParquetWriteError(.codec, column: leaf.name, error.description)
            }
        }
        let page =
            options.codec == .none
            ? UnsafeRawBufferPointer(start: body.pointer, count: body.count)
            : UnsafeRawBufferPointer(start: compressed.pointer, count: compressed.count)
        guard body.count <= Int(Int32.max), page.count <= Int(Int32.max) else {
            throw ParquetWriteError(
                .value,
                column: leaf.name,
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
