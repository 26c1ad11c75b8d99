public import Bytes
internal import CZstd

/// Decompresses one Zstandard stream piece by piece, for results that need not fit into memory.
public final class ZstdStream {
    /// Bytes that one piece adds at most.
    public static var pieceBytesMax: Int { ZSTD_DStreamOutSize() }

    private let context: OpaquePointer
    /// Bytes of the input read so far.
    public private(set) var consumedBytes = 0
    private var isFrameOpen = false

    /// - Returns: `nil` when there is no memory for it.
    public init?() {
        guard let context = ZSTD_createDCtx() else { return nil }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Appends the next piece of what `source` decompresses to.
    ///
    /// `source` must be the same bytes each time.
    /// - Returns: Whether there may be more.
    /// - Throws: ``CodecError`` `.damaged`, also when the stream ends too early.
    public func appendPiece(
        of source: UnsafeRawBufferPointer,
        to target: inout ByteBuffer
    ) throws(CodecError) -> Bool {
        let damaged = CodecError(
            .damaged,
            codec: .zstd(level: 1),
            inputBytes: source.count,
            expectedBytes: consumedBytes
        )
        let room = Self.pieceBytesMax
        target.reserve(room)
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumedBytes)
        var output = ZSTD_outBuffer(dst: target.pointer + target.count, size: room, pos: 0)
        let status = ZSTD_decompressStream(context, &output, &input)
        guard ZSTD_isError(status) == 0 else { throw damaged }
        target.advance(by: output.pos)
        let isStuck = input.pos == consumedBytes && output.pos == 0
        consumedBytes = input.pos
        isFrameOpen = status != 0
        // No byte in and none out: the frame ends before its end.
        guard !(isStuck && isFrameOpen) else { throw damaged }
        return isFrameOpen || input.pos < source.count
    }
}
