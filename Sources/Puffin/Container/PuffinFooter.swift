internal import Bytes
internal import Codecs
public import Diagnostics

/// What a Puffin file says about itself: which blobs it has and where they lie.
///
/// Usage with a store that hands out ranges: read the last ``tailByteCount`` bytes, ask
/// ``byteRange(tail:fileByteCount:file:)`` for the rest of the footer, and ``init(parsing:file:fileByteCount:)``
/// that; then read the ``PuffinBlob/byteRange`` of the blobs that are wanted.
///
/// Source: Iceberg Puffin specification, "Footer structure".
public struct PuffinFooter: Sendable {
    /// Bytes at a file's end that tell how long the footer is.
    public static let tailByteCount = PuffinFormat.tailByteCount

    /// The file's blobs, in the order of the footer.
    public let blobs: [PuffinBlob]
    public let properties: [PuffinBlob.Property]

    /// The bytes of the whole footer in a file, its two magics included.
    public static func byteRange(
        tail: [UInt8],
        fileByteCount: Int,
        file: String
    ) throws(FormatError) -> Range<Int> {
        let magicCount = PuffinFormat.magic.count
        // The file's magic, then the footer's, then the tail.
        let leastByteCount = 2 * magicCount + tailByteCount
        guard tail.count == tailByteCount, fileByteCount >= leastByteCount else {
            throw FormatError(
                file: file,
                "\(fileByteCount) bytes are too few for a Puffin file, the least is "
                    + "\(leastByteCount)"
            )
        }
        guard tail.suffix(magicCount) == PuffinFormat.magic[...] else {
            throw FormatError(
                file: file,
                "it does not end with PFA1",
                offset: fileByteCount - magicCount
            )
        }
        let byteCount = Int(tail.littleEndian(at: 0))
        let most = min(fileByteCount - leastByteCount, PuffinLimits.footerBytesMax)
        guard byteCount <= most else {
            throw FormatError(
                file: file,
                "the footer is said to have \(byteCount) bytes, at most \(most) are possible",
                offset: fileByteCount - tailByteCount
            )
        }
        return fileByteCount - tailByteCount - byteCount - magicCount..<fileByteCount
    }

    /// Reads the bytes of the whole footer.
    public init(parsing bytes: [UInt8], file: String, fileByteCount: Int) throws(FormatError) {
        let range = try Self.byteRange(
            tail: bytes.suffix(Self.tailByteCount),
            fileByteCount: fileByteCount,
            file: file
        )
        guard range.count == bytes.count else {
            throw FormatError(
                file: file,
                "\(bytes.count) bytes of a footer of \(range.count) bytes were read",
                offset: range.lowerBound
            )
        }
        guard bytes.starts(with: PuffinFormat.magic) else {
            throw FormatError(
                file: file,
                "the footer does not begin with PFA1",
                offset: range.lowerBound
            )
        }
        let payload = try Self.payload(of: bytes, file: file, offset: range.lowerBound)
        let offset = range.lowerBound + PuffinFormat.magic.count
        let json: JSONValue
        do throws(JSONFault) {
            json = try JSONValue(parsing: payload)
        } catch {
            throw FormatError(file: file, "the footer is no JSON: \(error)", offset: offset)
        }
        (blobs, properties) = try Self.read(json, file: file, offset: offset)
        for blob in blobs { try Self.check(blob, end: range.lowerBound, file: file) }
    }

    /// Finds and reads the footer of a file that is in memory.
    public init(file: String, bytes: [UInt8]) throws(FormatError) {
        let range = try Self.byteRange(
            tail: bytes.suffix(Self.tailByteCount),
            fileByteCount: bytes.count,
            file: file
        )
        guard bytes.starts(with: PuffinFormat.magic) else {
            throw FormatError(file: file, "it does not begin with PFA1", offset: 0)
        }
        try self.init(parsing: Array(bytes[range]), file: file, fileByteCount: bytes.count)
    }

    /// The footer's JSON, decompressed.
    private static func payload(
        of footer: [UInt8],
        file: String,
        offset: Int
    ) throws(FormatError) -> [UInt8] {
        let flags = footer.littleEndian(at: footer.count - PuffinFormat.tailByteCount + 4)
        guard flags & ~PuffinFormat.compressedFooterFlag == 0 else {
            throw FormatError(
                file: file,
                "the footer has unknown flags: 0x\(String(flags, radix: 16))",
                offset: offset + footer.count - PuffinFormat.tailByteCount + 4
            )
        }
        let range = PuffinFormat.magic.count..<footer.count - PuffinFormat.tailByteCount
        let payload = Array(footer[range])
        guard flags & PuffinFormat.compressedFooterFlag != 0 else { return payload }
        do throws(CodecError) {
            return try LZ4Frame.decompress(payload, byteCountMax: PuffinLimits.footerBytesMax)
        } catch {
            throw FormatError(
                file: file,
                "the compressed footer: \(error)",
                offset: offset + PuffinFormat.magic.count
            )
        }
    }

    private static func read(
        _ json: JSONValue,
        file: String,
        offset: Int
    ) throws(FormatError) -> ([PuffinBlob], [PuffinBlob.Property]) {
        do throws(PuffinMemberFault) {
            guard let object = json.objectValue, let entries = object["blobs"]?.arrayValue else {
                throw PuffinMemberFault(member: "blobs")
            }
            var blobs: [PuffinBlob] = []
            for entry in entries { blobs.append(try PuffinBlob(json: entry)) }
            guard object.has("properties") else { return (blobs, []) }
            guard let properties = object["properties"].flatMap(PuffinBlob.Property.list) else {
                throw PuffinMemberFault(member: "properties")
            }
            return (blobs, properties)
        } catch {
            throw FormatError(
                file: file,
                "the footer's member \"\(error.member)\" is missing or not valid",
                offset: offset
            )
        }
    }

    /// Refuses a blob that does not lie between the file's magic and its footer.
    private static func check(_ blob: PuffinBlob, end: Int, file: String) throws(FormatError) {
        let start = PuffinFormat.magic.count
        guard blob.offset >= start, blob.lengthBytes <= end - start,
            blob.offset <= end - blob.lengthBytes
        else {
            throw FormatError(
                file: file,
                "a blob of \(blob.lengthBytes) bytes is said to be at byte \(blob.offset), blobs lie "
                    + "between \(start) and \(end)",
                offset: end
            )
        }
    }
}

extension [UInt8] {
    /// Four bytes at `offset`, which must be there.
    fileprivate func littleEndian(at offset: Int) -> UInt32 {
        self[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
