internal import Bytes
public import Diagnostics

/// What stands before the bytes of one page.
public struct ParquetPageLayout: Sendable {
    public enum Kind: Sendable, Hashable {
        case dictionary
        case data
        case dataV2
        case index
        case other(number: Int)
    }

    public var kind: Kind
    /// Where the header begins in the file.
    public var offset: Int
    public var headerBytes: Int
    /// Bytes behind the header.
    public var compressedBytes: Int
    public var uncompressedBytes: Int
    /// The format's name of the values' encoding; `nil` where the page has no values.
    public var encoding: String?
    /// Values, NULLs and empty lists among them.
    public var valueCount: Int?
    /// Of data pages of version 2.
    public var rowCount: Int?
    public var checksum: UInt32?

    /// Where the next page's header begins.
    public var end: Int { offset + headerBytes + compressedBytes }

    /// Reads the header of the page that begins at `offset` of a chunk's bytes.
    ///
    /// - `bytes`: Some of the file's bytes; `offset` in the file is at `index`.
    /// - `chunkEnd`: Where the chunk's bytes end in the file.
    /// - Returns: `nil` when the header is longer than `bytes`.
    /// - Throws: ``FormatError`` for a header that is damaged, and a page that leaves the chunk.
    public static func read(
        _ bytes: [UInt8],
        from index: Int,
        at offset: Int,
        chunkEnd: Int,
        file: String
    ) throws(FormatError) -> ParquetPageLayout? {
        var reader = ThriftReader(bytes, start: index, end: bytes.count)
        let header: PageHeader
        do throws(WireFault) {
            header = try PageHeader(&reader)
        } catch {
            if offset + bytes.count - index < chunkEnd, error.isForWantOfBytes { return nil }
            throw FormatError(
                file: file,
                "a page header is damaged: \(error)",
                offset: offset + error.offset - index
            )
        }
        let headerBytes = reader.cursor - index
        let left = chunkEnd - offset - headerBytes
        guard (0...max(0, left)).contains(header.compressedBytes) else {
            throw FormatError(
                file: file,
                "a page is said to have \(header.compressedBytes) bytes, \(left) are left",
                offset: offset
            )
        }
        return ParquetPageLayout(header, offset: offset, headerBytes: headerBytes)
    }

    private init(_ header: PageHeader, offset: Int, headerBytes: Int) {
        let hasValues: Bool
        switch ParquetPageType(rawValue: header.typeNumber) {
        case .dictionary: (kind, hasValues) = (.dictionary, true)
        case .data: (kind, hasValues) = (.data, true)
        case .dataV2: (kind, hasValues) = (.dataV2, true)
        case .index: (kind, hasValues) = (.index, false)
        case nil: (kind, hasValues) = (.other(number: header.typeNumber), false)
        }
        self.offset = offset
        self.headerBytes = headerBytes
        compressedBytes = header.compressedBytes
        uncompressedBytes = header.uncompressedBytes
        encoding = hasValues ? FormatNames.encoding(header.encodingNumber) : nil
        valueCount = hasValues ? header.valueCount : nil
        rowCount = header.rowCount
        checksum = header.checksum
    }
}

extension WireFault {
    /// Whether more bytes could have mended it.
    fileprivate var isForWantOfBytes: Bool { kind == .truncated || kind == .impossibleLength }
}
