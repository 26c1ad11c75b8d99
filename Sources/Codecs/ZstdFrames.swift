public import Bytes
internal import CZstd

/// Decompresses Zstandard streams whose result size nobody announced.
public enum ZstdFrames {
    /// Decompresses all frames of `bytes`, one after another.
    ///
    /// The result grows as bytes come out, so a forged frame header cannot make it allocate more
    /// than the window, which zstd holds to 128 MiB.
    /// - Throws: ``CodecError`` `.damaged`, or `.overLimit` past `byteCountMax`.
    public static func decompress(
        _ bytes: [UInt8],
        byteCountMax: Int
    ) throws(CodecError) -> [UInt8] {
        var target = ByteBuffer(capacityBytes: min(byteCountMax, bytes.count * 4) + 64)
        try bytes.withUnsafeBufferPointer { source throws(CodecError) in
            try append(UnsafeRawBufferPointer(source), byteCountMax: byteCountMax, to: &target)
        }
        return target.toArray()
    }

    /// Appends what all frames of `source` decompress to.
    ///
    /// - Throws: ``CodecError`` `.damaged`, or `.overLimit` past `byteCountMax`.
    public static func append(
        _ source: UnsafeRawBufferPointer,
        byteCountMax: Int,
        to target: inout ByteBuffer
    ) throws(CodecError) {
        func failure(_ kind: CodecError.Kind) -> CodecError {
            CodecError(
                kind,
                codec: .zstd(level: 1),
                inputBytes: source.count,
                expectedBytes: byteCountMax
            )
        }
        guard byteCountMax >= 0, let context = ZstdContexts.takeForDecompression() else {
            throw failure(.unavailable)
        }
        defer { ZstdContexts.giveBack(decompression: context) }
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        let start = target.count
        var isFrameOpen = false
        while input.pos < input.size || isFrameOpen {
            // One byte more than allowed tells "too long" from "exactly full".
            let room = min(
                byteCountMax - (target.count - start) + 1,
                max(target.count - start, minimumStepBytes)
            )
            target.reserve(room)
            var output = ZSTD_outBuffer(dst: target.pointer + target.count, size: room, pos: 0)
            let before = input.pos
            let status = ZSTD_decompressStream(context, &output, &input)
            guard ZSTD_isError(status) == 0 else { throw failure(.damaged) }
            target.advance(by: output.pos)
            guard target.count - start <= byteCountMax else { throw failure(.overLimit) }
            isFrameOpen = status != 0
            // No byte in and none out: the frame ends before its end.
            guard input.pos > before || output.pos > 0 || !isFrameOpen else {
                throw failure(.damaged)
            }
        }
    }

    /// The smallest step by which the result grows.
    private static let minimumStepBytes = 64 * 1024
}
