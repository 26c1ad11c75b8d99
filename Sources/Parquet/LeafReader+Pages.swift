internal import Bytes
internal import Codecs
internal import Diagnostics

extension LeafReader {
    /// A page's header and where its bytes lie.
    struct FoundPage {
        var header: PageHeader
        /// Where the header begins in the file.
        var start: Int
        /// The run of fetched bytes that holds the page, and the page's bytes in it.
        var run: Int
        var payload: Range<Int>

        var type: ParquetPageType? { ParquetPageType(rawValue: header.typeNumber) }
    }

    /// Goes to `row`, which must not lie behind; passes over pages that end before it.
    func skip(toRow row: Int) throws(FormatError) {
        precondition(row >= position.row && row <= rowCount, "rows are read from front to back")
        if case .pages(_, let pages) = source {
            let isInside =
                position.page != nil && position.nextPage > 0
                && pages[position.nextPage - 1].rows.contains(row)
            if !isInside,
                let index = pages[position.nextPage...].firstIndex(where: { $0.rows.contains(row) })
            {
                position.nextPage = index
                position.row = pages[index].rows.lowerBound
                position.entriesLeft = 0
                position.window = LevelWindow()
            }
        } else if leaf.levels.repetition == 0 {
            try passPages(upTo: row)
        }
        guard row > position.row else { return }
        try pass(rows: row - position.row)
    }

    /// Passes over the rest of the page and over whole pages of a leaf outside of lists.
    private func passPages(upTo row: Int) throws(FormatError) {
        while position.row < row, position.entriesLeft <= row - position.row {
            position.row += position.entriesLeft
            position.entriesLeft = 0
            guard position.row < row, try openNextPage(passingRows: row - position.row) else {
                return
            }
        }
    }

    /// Opens the next page that holds values; false when there is none.
    ///
    /// Pages of a leaf outside of lists with at most `passingRows` rows are passed over unread.
    func openNextPage(passingRows: Int = 0) throws(FormatError) -> Bool {
        var passingRows = passingRows
        while true {
            guard let page = try findNextPage() else { return false }
            switch page.type {
            case .dictionary:
                guard dictionaryPage == nil || dictionaryPage == page.start else {
                    throw error("a second dictionary page follows", at: page.start)
                }
                // Going back over the dictionary page finds it read already.
                if dictionaryPage == nil { try readDictionary(page) }
                dictionaryPage = page.start
            case .data, .dataV2:
                let count = page.header.valueCount
                let left = entryCount - position.entriesOpened
                guard (0...left).contains(count) else {
                    throw error(
                        "a page is said to have \(count) values, \(left) are left in the chunk",
                        at: page.start
                    )
                }
                position.entriesOpened += count
                if count <= passingRows {
                    passingRows -= count
                    position.row += count
                    if passingRows == 0 { return true }
                    continue
                }
                try open(page)
                if count > 0 { return true }
            case .index, nil: break
            }
        }
    }

    private func findNextPage() throws(FormatError) -> FoundPage? {
        switch source {
        case .whole(let range):
            guard position.nextPage < range.upperBound, position.entriesOpened < entryCount else {
                return nil
            }
            let page = try findPage(in: position.nextPage..<range.upperBound)
            position.nextPage =
                page.start + (page.payload.upperBound - (page.start - fetched[page.run].offset))
            return page
        case .pages(_, let pages):
            guard position.nextPage < pages.count else { return nil }
            let location = pages[position.nextPage]
            position.nextPage += 1
            position.row = location.rows.lowerBound
            let page = try findPage(in: location.bytes)
            guard leaf.levels.repetition > 0 || page.header.valueCount == location.rows.count,
                page.type != .dictionary
            else {
                throw error(
                    "a page has \(page.header.valueCount) values, the offset index tells of "
                        + "\(location.rows.count) rows",
                    at: page.start
                )
            }
            return page
        }
    }

    /// Reads the header of the page at the start of `range`, which holds all of it.
    func findPage(in range: Range<Int>) throws(FormatError) -> FoundPage {
        guard let run = fetched.firstIndex(where: { $0.holds(range) }) else {
            throw error("bytes \(range) were not fetched", at: range.lowerBound)
        }
        let offset = fetched[run].offset
        var reader = ThriftReader(
            fetched[run].bytes,
            start: range.lowerBound - offset,
            end: range.upperBound - offset
        )
        let header: PageHeader
        do throws(WireFault) {
            header = try PageHeader(&reader)
        } catch {
            throw self.error("a page header is damaged: \(error)", at: offset + error.offset)
        }
        let available = range.upperBound - offset - reader.cursor
        guard (0...available).contains(header.compressedBytes) else {
            throw error(
                "a page is said to have \(header.compressedBytes) bytes, \(available) are left",
                at: range.lowerBound
            )
        }
        guard (0...ParquetLimits.pageBytesMax).contains(header.uncompressedBytes) else {
            throw error(
                "a page is said to decompress to \(header.uncompressedBytes) bytes, at most "
                    + "\(ParquetLimits.pageBytesMax) are read",
                at: range.lowerBound
            )
        }
        let payload = reader.cursor..<reader.cursor + header.compressedBytes
        return FoundPage(header: header, start: range.lowerBound, run: run, payload: payload)
    }

    /// Fails when the page has a checksum that its bytes do not have.
    func checkSum(_ page: FoundPage) throws(FormatError) {
        guard let expected = page.header.checksum else { return }
        let found = fetched[page.run].bytes.withUnsafeBytes {
            crc32Checksum(.init(rebasing: $0[page.payload]))
        }
        guard found == expected else {
            throw error(
                "a page's checksum is \(found), its header says \(expected)",
                at: page.start
            )
        }
    }

    /// Appends what part of a page's bytes decompresses to.
    func decompress(
        _ page: FoundPage,
        _ part: Range<Int>,
        expectedByteCount: Int,
        isCompressed: Bool,
        into target: inout ByteBuffer
    ) throws(FormatError) {
        let codec = isCompressed ? codec : .known(.none)
        do throws(CodecError) {
            try fetched[page.run].bytes.withUnsafeBufferPointer { all throws(CodecError) in
                try codec.decompress(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[part]),
                    expectedByteCount: expectedByteCount,
                    into: &target
                )
            }
        } catch {
            throw self.error("a page does not decompress: \(error)", at: page.start)
        }
    }

    /// Reads a dictionary that an offset index does not tell of.
    func readDictionary(in range: Range<Int>) throws(FormatError) {
        let page = try findPage(in: range)
        guard page.type == .dictionary else { return }
        try readDictionary(page)
    }

    private func readDictionary(_ page: FoundPage) throws(FormatError) {
        let header = page.header
        guard header.valueCount >= 0 else {
            throw error("a dictionary is said to have \(header.valueCount) values", at: page.start)
        }
        let encoding = ParquetEncoding(rawValue: header.encodingNumber)
        guard encoding == .plain || encoding == .plainDictionary else {
            throw error("a dictionary has encoding \(header.encodingNumber)", at: page.start)
        }
        guard let conversion = leaf.conversion else { return }
        try checkSum(page)
        dictionaryScratch.body.removeAll()
        try decompress(
            page,
            page.payload,
            expectedByteCount: header.uncompressedBytes,
            isCompressed: true,
            into: &dictionaryScratch.body
        )
        do throws(WireFault) {
            let base = UnsafeRawPointer(dictionaryScratch.body.pointer)
            let cursor = PageCursor(base: base, offset: 0, end: dictionaryScratch.body.count)
            var stream = try ValueStream(
                cursor,
                encoding: .plain,
                type: leaf.type,
                dictionary: nil
            )
            let block = try stream?.read(
                base,
                count: header.valueCount,
                type: leaf.type,
                dictionary: nil,
                scratch: dictionaryScratch,
                bytesMax: ParquetLimits.columnBytesMax
            )
            guard let block else { throw cursor.fault(.unknownTag, wanted: 0) }
            dictionary = try conversion.apply(block, dictionaryScratch)
        } catch {
            throw self.error("the dictionary page is damaged: \(error)", at: page.start)
        }
    }
}
