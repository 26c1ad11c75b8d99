internal import Bytes
internal import Diagnostics

extension LeafReader {
    /// Makes a page the current one.
    func open(_ page: FoundPage) throws(FormatError) {
        try checkSum(page)
        try load(page)
        position.page = page.start
        position.entriesLeft = page.header.valueCount
        position.window = LevelWindow()
        guard let encoding = ParquetEncoding(rawValue: page.header.encodingNumber) else {
            throw error(
                "a page has the unknown encoding \(page.header.encodingNumber)",
                at: page.start
            )
        }
        position.encoding = encoding
        do throws(WireFault) {
            let cursor =
                page.type == .dataV2 ? try openLevelsV2(page.header) : try openLevels(page.header)
            guard leaf.conversion != nil else { return }
            let values = try ValueStream(
                cursor,
                encoding: encoding,
                type: leaf.type,
                dictionary: dictionary
            )
            guard let values else { throw cursor.fault(.unknownTag, wanted: encoding.rawValue) }
            position.values = values
        } catch {
            throw self.error(
                "a page of encoding \(encoding) is damaged: \(error)",
                at: page.start
            )
        }
    }

    /// Loads the open page's bytes again where another page's have taken their place.
    func ensureLoaded() throws(FormatError) {
        guard let start = position.page, start != loadedPage else { return }
        guard
            let run = fetched.first(where: {
                $0.offset <= start && start - $0.offset < $0.bytes.count
            })
        else { preconditionFailure("the open page was fetched") }
        try load(try findPage(in: start..<run.offset + run.bytes.count))
    }

    private func load(_ page: FoundPage) throws(FormatError) {
        loadedPage = nil
        scratch.body.removeAll()
        if page.type == .dataV2 {
            try loadV2(page)
        } else {
            try decompress(
                page,
                page.payload,
                expectedByteCount: page.header.uncompressedBytes,
                isCompressed: true,
                into: &scratch.body
            )
        }
        loadedPage = page.start
    }

    /// Levels lie before the values and are never compressed.
    private func loadV2(_ page: FoundPage) throws(FormatError) {
        let header = page.header
        let definitionBytes = header.definitionLevelBytes
        let repetitionBytes = header.repetitionLevelBytes
        guard definitionBytes >= 0, repetitionBytes >= 0,
            definitionBytes <= page.payload.count,
            repetitionBytes <= page.payload.count - definitionBytes,
            definitionBytes + repetitionBytes <= header.uncompressedBytes
        else {
            throw error(
                "a page's levels are said to have \(repetitionBytes) and \(definitionBytes) "
                    + "bytes, the page has \(page.payload.count)",
                at: page.start
            )
        }
        let levelBytes = definitionBytes + repetitionBytes
        let split = page.payload.lowerBound + levelBytes
        try decompress(
            page,
            page.payload.lowerBound..<split,
            expectedByteCount: levelBytes,
            isCompressed: false,
            into: &scratch.body
        )
        // Some writers leave out the values' bytes altogether when every row is NULL.
        guard split < page.payload.upperBound else { return }
        try decompress(
            page,
            split..<page.payload.upperBound,
            expectedByteCount: header.uncompressedBytes - levelBytes,
            isCompressed: header.isCompressed,
            into: &scratch.body
        )
    }

    private func openLevelsV2(_ header: PageHeader) throws(WireFault) -> PageCursor {
        var cursor = pageCursor
        position.repetitions = try stream(
            try cursor.takeCursor(header.repetitionLevelBytes),
            levelMax: leaf.levels.repetition
        )
        position.definitions = try stream(
            try cursor.takeCursor(header.definitionLevelBytes),
            levelMax: leaf.levels.definition
        )
        return cursor
    }

    private func openLevels(_ header: PageHeader) throws(WireFault) -> PageCursor {
        var cursor = pageCursor
        position.repetitions = try stream(
            &cursor,
            header,
            levelMax: leaf.levels.repetition,
            encodingNumber: header.repetitionEncodingNumber
        )
        position.definitions = try stream(
            &cursor,
            header,
            levelMax: leaf.levels.definition,
            encodingNumber: header.definitionEncodingNumber
        )
        return cursor
    }

    private var pageCursor: PageCursor {
        PageCursor(base: scratch.body.pointer, offset: 0, end: scratch.body.count)
    }

    private func stream(_ cursor: PageCursor, levelMax: Int) throws(WireFault) -> LevelStream {
        guard levelMax > 0 else { return .constant }
        return .runs(
            try HybridStream(cursor, bitWidth: LevelStream.bitWidth(levelMax: levelMax))
        )
    }

    /// The levels of a data page of version 1: their length stands before them.
    private func stream(
        _ cursor: inout PageCursor,
        _ header: PageHeader,
        levelMax: Int,
        encodingNumber: Int
    ) throws(WireFault) -> LevelStream {
        guard levelMax > 0 else { return .constant }
        switch ParquetEncoding(rawValue: encodingNumber) {
        case .rle:
            return try stream(
                try cursor.takeCursor(try cursor.readLength()),
                levelMax: levelMax
            )
        case .bitPacked:
            return try LevelStream.packed(&cursor, count: header.valueCount, levelMax: levelMax)
        default: throw cursor.fault(.unknownTag, wanted: encodingNumber)
        }
    }
}
