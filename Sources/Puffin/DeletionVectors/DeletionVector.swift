public import Bytes
public import Diagnostics

/// The blob `deletion-vector-v1`: which rows of a data file are deleted.
///
/// Layout: the length of magic and vector (big-endian), the magic, the 64-bit roaring bitmap, and a
/// CRC-32 of magic and bitmap (big-endian).
///
/// Source: Iceberg Puffin specification, "deletion-vector-v1 blob type".
public enum DeletionVector {
    /// The blob's type in the footer.
    public static let blobType = "deletion-vector-v1"
    /// The reserved id of a row's position, which stands for the field that the blob is about.
    public static let positionFieldID: Int32 = 2_147_483_645
    /// The blob's property that names the data file.
    public static let referencedDataFileProperty = "referenced-data-file"
    /// The blob's property that tells how many rows are deleted.
    public static let cardinalityProperty = "cardinality"

    static let magic: [UInt8] = [0xD1, 0xD3, 0x39, 0x64]
    /// Length before the magic and checksum behind the bitmap.
    static let frameByteCount = 8
    /// Bytes of a blob; readers hold lengths in a signed integer of 32 bits.
    static let byteCountMax = Int(Int32.max)

    /// Reads the bytes of a blob.
    ///
    /// - Parameters:
    ///   - bytes: What lies at the blob's offset in the file, as long as the blob.
    ///   - file: The Puffin file, for messages.
    ///   - offset: The blob's offset in it, for messages.
    /// - Returns: The positions of the deleted rows.
    /// - Throws: ``FormatError``.
    public static func read(
        _ bytes: [UInt8],
        file: String,
        offset: Int
    ) throws(FormatError) -> RoaringBitmap {
        func failure(_ message: String, at place: Int = 0) -> FormatError {
            FormatError(file: file, "a deletion vector: \(message)", offset: offset + place)
        }
        let least = frameByteCount + magic.count
        guard bytes.count >= least else {
            throw failure("it has \(bytes.count) bytes, the least is \(least)")
        }
        let length = Int(bytes.bigEndian(at: 0))
        guard length == bytes.count - frameByteCount else {
            throw failure(
                "its length is said to be \(length), it is \(bytes.count - frameByteCount)"
            )
        }
        guard bytes[4..<8] == magic[...] else {
            throw failure("its magic is not D1 D3 39 64", at: 4)
        }
        let expected = bytes.bigEndian(at: bytes.count - 4)
        let found = checksum(bytes[4..<(bytes.count - 4)])
        guard found == expected else {
            throw failure(
                "its checksum is 0x\(String(found, radix: 16)), 0x\(String(expected, radix: 16)) "
                    + "was written",
                at: bytes.count - 4
            )
        }
        do throws(RoaringFault) {
            return try RoaringBitmap(parsing: bytes.span.extracting(8..<(bytes.count - 4)).bytes)
        } catch {
            throw failure("\(error)", at: 8 + error.offset)
        }
    }

    /// Appends a blob with the bitmap in its smallest form.
    ///
    /// - Throws: ``FormatError`` when it is longer than readers accept.
    public static func append(
        _ bitmap: RoaringBitmap,
        to target: inout ByteBuffer,
        file: String
    ) throws(FormatError) {
        var bitmap = bitmap
        bitmap.optimize()
        let length = magic.count + bitmap.serializedByteCount
        guard length <= byteCountMax - frameByteCount else {
            throw FormatError(
                file: file,
                "a deletion vector would have \(length + frameByteCount) bytes, at most "
                    + "\(byteCountMax) are possible"
            )
        }
        target.appendBigEndian(UInt32(length))
        let start = target.count
        target.append(contentsOf: magic)
        bitmap.append(to: &target)
        let checksum = target.withBytes { crc32Checksum(.init(rebasing: $0[start...])) }
        target.appendBigEndian(checksum)
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { crc32Checksum($0) }
    }
}

extension [UInt8] {
    /// Four bytes at `offset`, which must be there.
    fileprivate func bigEndian(at offset: Int) -> UInt32 {
        self[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
