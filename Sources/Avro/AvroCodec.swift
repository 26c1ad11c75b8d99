internal import Bytes
internal import Codecs
internal import Diagnostics

/// How the blocks of a container file are compressed.
enum AvroCodec: String {
    case null
    case deflate
    case snappy
    case zstandard

    init(named name: [UInt8]?, file: String) throws(FormatError) {
        guard let name else {
            self = .null
            return
        }
        let text = String(decoding: name, as: UTF8.self)
        guard let codec = Self(rawValue: text) else {
            throw FormatError(
                file: file,
                "its codec is \(text); null, deflate, snappy and zstandard are supported"
            )
        }
        self = codec
    }

    /// Decompresses a block.
    ///
    /// - `offset`: Where the block stands in the file, for messages.
    func decompress(
        _ slice: ArraySlice<UInt8>,
        file: String,
        offset: Int
    ) throws(FormatError) -> [UInt8] {
        do throws(CodecError) {
            switch self {
            case .null: return Array(slice)
            case .deflate:
                return try Inflate.decompress(
                    Array(slice),
                    format: .raw,
                    byteCountMax: AvroLimits.blockBytesMax
                )
            case .zstandard: return try Self.zstandard(slice)
            case .snappy: return try Self.snappy(slice)
            }
        } catch {
            throw FormatError(file: file, "a \(rawValue) block: \(error)", offset: offset)
        }
    }

    private static func zstandard(_ slice: ArraySlice<UInt8>) throws(CodecError) -> [UInt8] {
        try ZstdFrames.decompress(Array(slice), byteCountMax: AvroLimits.blockBytesMax)
    }

    /// Snappy's own format, then a big-endian CRC-32 of what it decompresses to.
    private static func snappy(_ slice: ArraySlice<UInt8>) throws(CodecError) -> [UInt8] {
        let damaged = CodecError(
            .damaged,
            codec: .snappy,
            inputBytes: slice.count,
            expectedBytes: 0
        )
        let compressed = Array(slice.dropLast(4))
        let expectedChecksum = slice.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var header = ByteReader(compressed.span.bytes)
        guard slice.count > 4, let length = try? header.readVarint(),
            length <= AvroLimits.blockBytesMax
        else { throw damaged }
        var target = ByteBuffer()
        try compressed.withUnsafeBufferPointer { source throws(CodecError) in
            try Decompressor.decompress(
                UnsafeRawBufferPointer(source),
                codec: .snappy,
                expectedByteCount: Int(length),
                into: &target
            )
        }
        guard target.withBytes({ crc32Checksum($0) }) == expectedChecksum else { throw damaged }
        return target.toArray()
    }
}
