internal import Bytes
internal import TableModel

/// Writes column chunks, one after another.
final class ChunkWriter {
    private let options: ParquetWriterOptions
    private var dictionaryBuilder = DictionaryBuilder()
    private var valueEncoder = ValueEncoder()
    private var levels = NestedLevels()
    private let pages: PageWriter

    init(options: ParquetWriterOptions) {
        self.options = options
        pages = PageWriter(options: options)
    }

    /// Writes the chunk of a leaf, whose first row in the file is `firstRow`, behind `output`.
    ///
    /// Fails with `.value` or `.codec`; what `output` has more is then of no use.
    func write(
        _ rows: [LeafRows],
        leaf: FieldLeaf,
        firstRow: Int,
        into output: inout EncodedBlocks
    ) throws(ParquetWriteError) -> ColumnChunk {
        swap(&output, &pages.output)
        defer { swap(&output, &pages.output) }
        return try write(rows, leaf: leaf, firstRow: firstRow)
    }

    private func write(
        _ rows: [LeafRows],
        leaf: FieldLeaf,
        firstRow: Int
    ) throws(ParquetWriteError) -> ColumnChunk {
        let layout = ColumnLayout(leaf.type)
        let encoding = options.encoding(of: leaf)
        try check(rows, leaf: leaf, firstRow: firstRow)
        var chunk = ColumnChunk()
        let (coded, rest) = try code(rows, leaf, encoding)
        var progress = Progress(firstRow: firstRow)
        if !coded.isEmpty {
            try writeDictionary(leaf, layout, &chunk)
            try writePages(coded, leaf, layout, .rleDictionary, &progress, &chunk)
        }
        if let plain = encoding.dataEncoding(of: leaf.type, options.pageVersion) {
            try writePages(rest, leaf, layout, plain, &progress, &chunk)
        }
        if let filter = options.bloomFilters[leaf.fieldID] {
            let rows = coded.isEmpty ? rows : rest
            chunk.bloomFilter = bloomFilter(filter, leaf.type, isCoded: !coded.isEmpty, rows)
        }
        return chunk
    }

    /// A filter of the chunk's values: those of its dictionary, and those of the rows without codes.
    private func bloomFilter(
        _ options: ParquetBloomFilter,
        _ type: IcebergType,
        isCoded: Bool,
        _ rows: [LeafRows]
    ) -> SplitBlockFilter {
        let values = rows.map(\.values)
        let uncodedCount = values.reduce(0) { $0 + $1.count - $1.nullCount }
        let codedCount = isCoded ? dictionaryBuilder.distinctCount : 0
        var filter = SplitBlockFilter(valueCount: codedCount + uncodedCount, options: options)
        if isCoded {
            let dictionary = dictionaryBuilder.dictionary(layout: ColumnLayout(type))
            filter.insert([dictionary], type)
        }
        filter.insert(values, type)
        return filter
    }

    /// How far the pages of a chunk have come.
    private struct Progress {
        /// The chunk's first row in the file.
        let firstRow: Int
        /// Rows of the chunk that are in pages.
        var rows = 0
        /// Values of the chunk that are in pages as codes.
        var codes = 0
    }

    /// Makes a dictionary; returns the rows that are written through it and those that are not.
    private func code(
        _ rows: [LeafRows],
        _ leaf: FieldLeaf,
        _ encoding: ParquetColumnEncoding
    ) throws(ParquetWriteError) -> (coded: [LeafRows], rest: [LeafRows]) {
        guard encoding == .automatic || encoding == .dictionary else { return ([], rows) }
        let codedValues = dictionaryBuilder.build(
            rows.map(\.values),
            leaf.type,
            isForced: encoding == .dictionary
        )
        return codedValues == 0 ? ([], rows) : rows.split(afterValues: codedValues)
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
                valueBytesMax: options.valueBytesMax
            )
            row += part.count
        }
    }

    private func writeDictionary(
        _ leaf: FieldLeaf,
        _ layout: ColumnLayout,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        pages.begin()
        let dictionary = dictionaryBuilder.dictionary(layout: layout)
        PlainEncoder.append([dictionary], layout: layout, to: &pages.body)
        try pages.writeDictionary(
            valueCount: dictionaryBuilder.distinctCount,
            leaf: leaf,
            &chunk
        )
    }

    private func writePages(
        _ rows: [LeafRows],
        _ leaf: FieldLeaf,
        _ layout: ColumnLayout,
        _ encoding: ParquetEncoding,
        _ progress: inout Progress,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        let isCoded = encoding == .rleDictionary
        var cutter = PageCutter(rows, layout: layout, isCoded: isCoded, options: options)
        while let cut = cutter.next() {
            try checkSize(cut, leaf, progress)
            let values = cut.rows.map(\.values)
            let statistics =
                isCoded
                ? dictionaryBuilder.statistics(values, fromCode: progress.codes, leaf, layout)
                : StatisticsScan.statistics(values, leaf)
            try ValueCheck.checkRange(
                statistics,
                cut.rows,
                leaf: leaf,
                firstRow: progress.firstRow + progress.rows
            )
            let rowCount = cut.rows.reduce(0) { $0 + $1.count }
            var page = PageWriter.DataPage(
                encoding: encoding,
                rowCount: rowCount,
                statistics: statistics
            )
            pages.begin()
            appendLevels(cut.rows, values, leaf, &page)
            if isCoded {
                let codeCount = statistics.valueCount - statistics.nullCount
                appendCodes(from: progress.codes, count: codeCount)
                progress.codes += codeCount
            } else if encoding == .plain, pages.body.isEmpty,
                let whole = PlainEncoder.wholeBytes(values, layout: layout)
            {
                pages.wholeBody = whole
            } else {
                valueEncoder.append(values, layout: layout, encoding: encoding, to: &pages.body)
            }
            try finish(page, leaf, firstRow: progress.rows, &chunk)
            progress.rows += rowCount
        }
    }

    /// Refuses a page that no reader would take; only a row of a list can be so long.
    private func checkSize(
        _ cut: PageCutter.Cut,
        _ leaf: FieldLeaf,
        _ progress: Progress
    ) throws(ParquetWriteError) {
        guard cut.bytes > ParquetLimits.pageBytesMax else { return }
        throw ParquetWriteError(
            .value,
            column: leaf.name,
            "row \(progress.firstRow + progress.rows) has \(cut.bytes) bytes of values, a page "
                + "holds \(ParquetLimits.pageBytesMax)"
        )
    }

    private func finish(
        _ page: PageWriter.DataPage,
        _ leaf: FieldLeaf,
        firstRow: Int,
        _ chunk: inout ColumnChunk
    ) throws(ParquetWriteError) {
        let offset = pages.output.fileOffset
        let byteCount = try pages.write(page, leaf: leaf, &chunk)
        chunk.pages.append(
            ColumnChunk.Page(
                offset: offset,
                byteCount: byteCount,
                firstRow: firstRow,
                encoding: page.encoding,
                statistics: page.statistics
            )
        )
        chunk.statistics.add(page.statistics)
    }

    /// Appends the page's levels; of a nested leaf, lists without elements become NULLs that count.
    private func appendLevels(
        _ rows: [LeafRows],
        _ values: [ColumnPiece],
        _ leaf: FieldLeaf,
        _ page: inout PageWriter.DataPage
    ) {
        guard leaf.definitionLevelMax > 0 else { return }
        let (rowCount, nullCount) = (page.statistics.valueCount, page.statistics.nullCount)
        guard !leaf.isFlat else {
            page.definitionLevelBytes = appendLevels { body in
                LevelEncoder.appendValidity(
                    of: values,
                    rowCount: rowCount,
                    nullCount: nullCount,
                    to: &body
                )
            }
            return
        }
        levels.removeAll()
        let found = rows.reduce(0) { $0 + levels.append($1, of: leaf) }
        precondition(
            found == rowCount - nullCount,
            "levels of \(found) values, not of \(rowCount - nullCount)"
        )
        page.statistics.valueCount = levels.count
        page.statistics.nullCount = levels.count - found
        if leaf.isRepeated {
            page.repetitionLevelBytes = appendLevels { body in
                LevelEncoder.append(
                    levels.repetition,
                    levelMax: leaf.repetitionLevelMax,
                    to: &body
                )
            }
        }
        page.definitionLevelBytes = appendLevels { body in
            LevelEncoder.append(levels.definition, levelMax: leaf.definitionLevelMax, to: &body)
        }
    }

    /// Appends levels as the page's version has them; returns how many bytes.
    private func appendLevels(_ append: (inout ByteBuffer) -> Void) -> Int {
        let start = pages.body.count
        switch options.pageVersion {
        case .v1: LevelEncoder.appendWithLength(to: &pages.body, append)
        case .v2: append(&pages.body)
        }
        return pages.body.count - start
    }

    private func appendCodes(from start: Int, count: Int) {
        let bitWidth = HybridEncoder.bitWidth(ofCodes: dictionaryBuilder.distinctCount)
        pages.body.append(UInt8(truncatingIfNeeded: bitWidth))
        HybridEncoder.append(
            dictionaryBuilder.codes + start,
            count: count,
            bitWidth: bitWidth,
            to: &pages.body
        )
    }
}
