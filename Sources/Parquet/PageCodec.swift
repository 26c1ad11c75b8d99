internal import Bytes
internal import Codecs

/// How the pages of a chunk that is read are compressed.
enum PageCodec: Sendable {
    case known(CompressionCodec)
    /// LZ4 in Hadoop's frames, which nobody should write any more.
    case hadoopLZ4

    /// The codec of a column chunk's metadata; `nil` for LZO and Brotli.
    init?(parquetNumber: Int) {
        if let codec = CompressionCodec(parquetNumber: parquetNumber) {
            self = .known(codec)
        } else if parquetNumber == 5 {
            self = .hadoopLZ4
        } else {
            return nil
        }
    }

    /// Appends what `source` decompresses to, with bytes to spare behind it.
    func decompress(
        _ source: UnsafeRawBufferPointer,
        expectedByteCount: Int,
        into target: inout ByteBuffer
    ) throws(CodecError) {
        switch self {
        case .known(let codec):
            try Decompressor.decompress(
                source,
                codec: codec,
                expectedByteCount: expectedByteCount,
                into: &target
            )
        case .hadoopLZ4:
            try HadoopLZ4.decompress(source, expectedByteCount: expectedByteCount, into: &target)
        }
        target.reserve(BitUnpacking.slackBytes)
    }
}
