internal import Bytes
internal import Codecs
internal import Columns
internal import Diagnostics
internal import TableModel

/// Decodes the pages of one column chunk.
struct ChunkDecoder {
    let file: String
    let column: String
    let leaf: FileLeafType
    let isOptional: Bool
    let conversion: ValueConversion
    let codec: CompressionCodec
    /// Where the chunk's bytes lie in the file, for errors.
    let fileOffset: Int
    let bytes: [UInt8]

    let page = PageScratch()
    private let dictionaryPage = PageScratch()

    init(
        file: String,
        column: String,
        leaf: FileLeafType,
        isOptional: Bool,
        conversion: ValueConversion,
        codec: CompressionCodec,
        fileOffset: Int,
        bytes: [UInt8]
    ) {
        self.file = file
        self.column = column
        self.leaf = leaf
        self.isOptional = isOptional
        self.conversion = conversion
        self.codec = codec
        self.fileOffset = fileOffset
        self.bytes = bytes
    }

    /// Decodes all pages; together they must have `rowCount` rows.
    func decode(rowCount: Int, type: IcebergType) throws(FormatError) -> Column {
        var builder = ColumnBuilder(
            type.physicalType,
            expectedRows: min(rowCount, ParquetLimits.expectedRowsMax)
        )
        var dictionary: ValueBlock?
        var cursor = 0
        while builder.rowCount < rowCount {
            let start = cursor
            let (header, payload) = try readPage(at: &cursor)
            switch ParquetPageType(rawValue: header.typeNumber) {
            case .dictionary:
                guard dictionary == nil else {
                    throw error("a second dictionary page follows", at: start)
                }
                dictionary = try readDictionary(header, payload, at: start)
            case .data, .dataV2:
                guard (0...rowCount - builder.rowCount).contains(header.valueCount) else {
                    throw error(
                        "a page is said to have \(header.valueCount) rows, "
                            + "\(rowCount - builder.rowCount) are left in the row group",
                        at: start
                    )
                }
                try append(header, payload, dictionary, to: &builder, at: start)
            case .index, nil: break
            }
        }
        return builder.finish()
    }

    func error(_ message: String, at offset: Int) -> FormatError {
        FormatError(file: file, "column \(column): \(message)", offset: fileOffset + offset)
    }

    /// Runs `body` and tells faults as errors of the page that starts at `offset`.
    func wrapped<Result>(
        _ offset: Int,
        _ body: () throws(WireFault) -> Result
    ) throws(FormatError) -> Result {
        do throws(WireFault) {
            return try body()
        } catch {
            throw self.error("a page is damaged: \(error)", at: offset)
        }
    }

    /// Reads a page's header and finds its bytes.
    private func readPage(
        at cursor: inout Int
    ) throws(FormatError) -> (PageHeader, Range<Int>) {
        let start = cursor
        var reader = ThriftReader(bytes, start: start)
        let header: PageHeader
        do throws(WireFault) {
            header = try PageHeader(&reader)
        } catch {
            throw self.error("a page header is damaged: \(error)", at: error.offset)
        }
        let available = bytes.count - reader.cursor
        guard (0...available).contains(header.compressedBytes) else {
            throw error(
                "a page is said to have \(header.compressedBytes) bytes, \(available) are left",
                at: start
            )
        }
        guard (0...ParquetLimits.pageBytesMax).contains(header.uncompressedBytes) else {
            throw error(
                "a page is said to decompress to \(header.uncompressedBytes) bytes, at most "
                    + "\(ParquetLimits.pageBytesMax) are read",
                at: start
            )
        }
        let payload = reader.cursor..<reader.cursor + header.compressedBytes
        cursor = payload.upperBound
        if let expected = header.checksum {
            let found = bytes.withUnsafeBytes { crc32Checksum(.init(rebasing: $0[payload])) }
            guard found == expected else {
                throw error(
                    "a page's checksum is \(found), its header says \(expected)",
                    at: start
                )
            }
        }
        return (header, payload)
    }

    /// Decompresses a page's bytes behind what is in the target.
    func decompress(
        _ payload: Range<Int>,
        expectedByteCount: Int,
        isCompressed: Bool,
        into target: inout ByteBuffer,
        at offset: Int
    ) throws(FormatError) {
        let codec = isCompressed ? codec : .none
        do throws(CodecError) {
            try bytes.withUnsafeBufferPointer { all throws(CodecError) in
                try Decompressor.decompress(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[payload]),
                    codec: codec,
                    expectedByteCount: expectedByteCount,
                    into: &target
                )
            }
        } catch {
            throw self.error("a page does not decompress: \(error)", at: offset)
        }
    }

    private func readDictionary(
        _ header: PageHeader,
        _ payload: Range<Int>,
        at offset: Int
    ) throws(FormatError) -> ValueBlock {
        guard (0...ParquetLimits.rowsPerRowGroupMax).contains(header.valueCount) else {
            throw error("a dictionary is said to have \(header.valueCount) values", at: offset)
        }
        let encoding = ParquetEncoding(rawValue: header.encodingNumber)
        guard encoding == .plain || encoding == .plainDictionary else {
            throw error("a dictionary has encoding \(header.encodingNumber)", at: offset)
        }
        dictionaryPage.body.removeAll()
        try decompress(
            payload,
            expectedByteCount: header.uncompressedBytes,
            isCompressed: true,
            into: &dictionaryPage.body,
            at: offset
        )
        return try wrapped(offset) { () throws(WireFault) in
            var cursor = PageCursor(
                base: dictionaryPage.body.pointer,
                offset: 0,
                end: dictionaryPage.body.count
            )
            let decoder = ValueDecoder(type: leaf, scratch: dictionaryPage)
            let block = try decoder.decode(&cursor, encoding: .plain, count: header.valueCount)
            guard let block else { throw cursor.fault(.unknownTag, wanted: header.encodingNumber) }
            return try conversion.apply(block, dictionaryPage)
        }
    }

    private func append(
        _ header: PageHeader,
        _ payload: Range<Int>,
        _ dictionary: ValueBlock?,
        to builder: inout ColumnBuilder,
        at offset: Int
    ) throws(FormatError) {
        let levels = try readBody(header, payload, at: offset)
        guard let encoding = ParquetEncoding(rawValue: header.encodingNumber) else {
            throw error("a page has the unknown encoding \(header.encodingNumber)", at: offset)
        }
        do throws(WireFault) {
            var cursor = levels.values
            let fill: ColumnFill
            switch encoding {
            case .plainDictionary, .rleDictionary:
                guard let dictionary else {
                    throw cursor.fault(.unknownTag, wanted: encoding.rawValue)
                }
                fill = try coded(&cursor, levels, dictionary, header.valueCount)
            default:
                let decoder = ValueDecoder(type: leaf, scratch: page)
                let block = try decoder.decode(
                    &cursor,
                    encoding: encoding,
                    count: levels.valueCount
                )
                guard let block else {
                    throw cursor.fault(.unknownTag, wanted: encoding.rawValue)
                }
                fill = ColumnFill(
                    block: try conversion.apply(block, page),
                    codes: nil,
                    levels: levels.pointer,
                    rowCount: header.valueCount
                )
            }
            try fill.append(to: &builder)
        } catch {
            throw self.error("a page of encoding \(encoding) is damaged: \(error)", at: offset)
        }
    }

    private func coded(
        _ cursor: inout PageCursor,
        _ levels: Levels,
        _ dictionary: ValueBlock,
        _ rowCount: Int
    ) throws(WireFault) -> ColumnFill {
        let codes = page.codes.claim(levels.valueCount, as: UInt32.self)
        // A page of NULLs alone may have no bytes at all.
        if levels.valueCount > 0 {
            try HybridDecoder.decode(
                &cursor,
                bitWidth: Int(try cursor.readByte()),
                count: levels.valueCount,
                limit: dictionary.count,
                into: codes
            )
        }
        return ColumnFill(
            block: dictionary,
            codes: codes,
            levels: levels.pointer,
            rowCount: rowCount
        )
    }
}
