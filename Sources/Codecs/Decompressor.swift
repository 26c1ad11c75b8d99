public import Bytes
internal import CLZ4
internal import CSnappy
internal import CZstd

/// Decompresses blocks whose result size is known beforehand.
public enum Decompressor {
    /// Appends what `source` decompresses to, which must be `expectedByteCount` bytes long.
    ///
    /// - Throws: ``CodecError``; the buffer may then hold part of the result.
    public static func decompress(
        _ source: UnsafeRawBufferPointer,
        codec: CompressionCodec,
        expectedByteCount: Int,
        into target: inout ByteBuffer
    ) throws(CodecError) {
        func failure(_ kind: CodecError.Kind) -> CodecError {
            CodecError(
                kind,
                codec: codec,
                inputBytes: source.count,
                expectedBytes: expectedByteCount
            )
        }
        guard expectedByteCount >= 0 else { throw failure(.damaged) }
        guard expectedByteCount <= resultBytesMax(of: source.count, codec: codec) else {
            throw failure(.overLimit)
        }
        let start = target.count
        target.reserve(expectedByteCount)
        let output = target.pointer + start
        switch codec {
        case .none:
            if let base = source.baseAddress { target.append(base, count: source.count) }
        case .gzip:
            try Inflate.append(
                source,
                format: .gzip,
                byteCountMax: expectedByteCount,
                to: &target
            )
        case .snappy:
            guard let base = source.baseAddress?.assumingMemoryBound(to: CChar.self) else {
                throw failure(.damaged)
            }
            var byteCount = 0
            guard snappy_uncompressed_length(base, source.count, &byteCount) == SNAPPY_OK else {
                throw failure(.damaged)
            }
            guard byteCount == expectedByteCount else { throw failure(.wrongSize) }
            let status = snappy_uncompress(
                base,
                source.count,
                output.assumingMemoryBound(to: CChar.self),
                &byteCount
            )
            guard status == SNAPPY_OK else { throw failure(.damaged) }
            target.advance(by: byteCount)
        case .zstd:
            guard let context = ZstdContexts.takeForDecompression() else {
                throw failure(.unavailable)
            }
            defer { ZstdContexts.giveBack(decompression: context) }
            let byteCount = ZSTD_decompressDCtx(
                context,
                output,
                expectedByteCount,
                source.baseAddress,
                source.count
            )
            guard ZSTD_isError(byteCount) == 0 else { throw failure(.damaged) }
            target.advance(by: byteCount)
        case .lz4Raw:
            guard let sourceCount = Int32(exactly: source.count),
                let targetCount = Int32(exactly: expectedByteCount)
            else { throw failure(.unavailable) }
            let byteCount = LZ4_decompress_safe(
                source.baseAddress?.assumingMemoryBound(to: CChar.self),
                output.assumingMemoryBound(to: CChar.self),
                sourceCount,
                targetCount
            )
            guard byteCount >= 0 else { throw failure(.damaged) }
            target.advance(by: Int(byteCount))
        }
        guard target.count - start == expectedByteCount else { throw failure(.wrongSize) }
    }

    /// The longest result that so many compressed bytes can have; what forged sizes are held to.
    ///
    /// The factors follow from the formats: a Snappy copy of 64 bytes takes 3, a DEFLATE match of
    /// 258 bytes takes 2 bits, an LZ4 length byte stands for 255 bytes, a Zstandard block of
    /// 128 KiB takes 4 bytes.
    public static func resultBytesMax(of compressedBytes: Int, codec: CompressionCodec) -> Int {
        let factor =
            switch codec {
            case .none: 1
            case .snappy: 24
            case .gzip: 1040
            case .lz4Raw: 256
            case .zstd: 32_768
            }
        let (product, overflow) = compressedBytes.multipliedReportingOverflow(by: factor)
        return overflow ? Int.max : product + (codec == .none ? 0 : 64)
    }
}
