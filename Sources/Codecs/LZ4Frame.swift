internal import Bytes
internal import CLZ4

/// Decompresses LZ4 frames that say how long their content is.
///
/// Source: LZ4 Frame Format Description 1.6.
public enum LZ4Frame {
    private static let magic: UInt32 = 0x184D_2204
    /// Bit of the descriptor's first byte: the length of the content follows.
    private static let contentSizeFlag: UInt8 = 0x08

    /// Decompresses the one frame that `bytes` are.
    ///
    /// The result is allocated by the length that the frame names, which is held to `byteCountMax`
    /// and to what so many bytes can become; the library takes up to 9 MiB for its blocks.
    /// - Throws: ``CodecError`` `.damaged`, also without a length of the content or with bytes left
    ///   behind the frame, or `.overLimit`.
    public static func decompress(
        _ bytes: [UInt8],
        byteCountMax: Int
    ) throws(CodecError) -> [UInt8] {
        var target = ByteBuffer()
        try bytes.withUnsafeBufferPointer { source throws(CodecError) in
            try append(UnsafeRawBufferPointer(source), byteCountMax: byteCountMax, to: &target)
        }
        return target.toArray()
    }

    private static func append(
        _ source: UnsafeRawBufferPointer,
        byteCountMax: Int,
        to target: inout ByteBuffer
    ) throws(CodecError) {
        func failure(_ kind: CodecError.Kind, _ expectedBytes: Int = byteCountMax) -> CodecError {
            CodecError(
                kind,
                codec: .lz4Raw,
                inputBytes: source.count,
                expectedBytes: expectedBytes
            )
        }
        let contentByteCount = try contentByteCount(of: source, orThrow: failure(.damaged))
        let most = min(byteCountMax, Decompressor.resultBytesMax(of: source.count, codec: .lz4Raw))
        guard contentByteCount <= UInt64(max(most, 0)) else { throw failure(.overLimit, most) }
        let expected = Int(contentByteCount)
        var context: OpaquePointer?
        guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0
        else { throw failure(.unavailable) }
        defer { LZ4F_freeDecompressionContext(context) }
        target.reserve(expected)
        var consumed = 0
        var produced = 0
        while true {
            var inputCount = source.count - consumed
            var outputCount = expected - produced
            let hint = LZ4F_decompress(
                context,
                target.pointer + target.count,
                &outputCount,
                source.baseAddress.map { $0 + consumed },
                &inputCount,
                nil
            )
            guard LZ4F_isError(hint) == 0 else { throw failure(.damaged, expected) }
            target.advance(by: outputCount)
            consumed += inputCount
            produced += outputCount
            if hint == 0 { break }
            // No byte in and none out: the frame ends before its end, or holds more than it said.
            guard inputCount > 0 || outputCount > 0 else { throw failure(.damaged, expected) }
        }
        guard produced == expected else { throw failure(.wrongSize, expected) }
        guard consumed == source.count else { throw failure(.damaged, expected) }
    }

    /// The length of the content that a frame's header names.
    private static func contentByteCount(
        of source: UnsafeRawBufferPointer,
        orThrow failure: CodecError
    ) throws(CodecError) -> UInt64 {
        // Magic, two bytes of descriptor, the length, and a checksum of the header.
        guard source.count >= 15,
            UInt32(littleEndian: source.loadUnaligned(as: UInt32.self)) == magic,
            source[4] & contentSizeFlag != 0
        else { throw failure }
        return UInt64(littleEndian: source.loadUnaligned(fromByteOffset: 6, as: UInt64.self))
    }
}
