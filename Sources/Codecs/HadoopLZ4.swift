public import Bytes
internal import CLZ4

/// LZ4 as Hadoop frames it: blocks of two big-endian lengths each, and the compressed bytes.
///
/// Files that name this codec may also hold one bare block, as some writers put it.
///
/// Source: apache/parquet-format, Compression.md, "LZ4".
public enum HadoopLZ4 {
    /// Appends what `source` decompresses to, which must be `expectedByteCount` bytes long.
    ///
    /// - Throws: ``CodecError``; the buffer may then hold part of the result.
    public static func decompress(
        _ source: UnsafeRawBufferPointer,
        expectedByteCount: Int,
        into target: inout ByteBuffer
    ) throws(CodecError) {
        let limit = Decompressor.resultBytesMax(of: source.count, codec: .lz4Raw)
        guard (0...limit).contains(expectedByteCount) else {
            throw CodecError(
                .overLimit,
                codec: .lz4Raw,
                inputBytes: source.count,
                expectedBytes: expectedByteCount
            )
        }
        target.reserve(expectedByteCount)
        let output = UnsafeMutableRawBufferPointer(
            start: target.pointer + target.count,
            count: expectedByteCount
        )
        if decompressBlocks(source, into: output) {
            target.advance(by: expectedByteCount)
        } else {
            try Decompressor.decompress(
                source,
                codec: .lz4Raw,
                expectedByteCount: expectedByteCount,
                into: &target
            )
        }
    }

    /// Fills all of `output`; false when the bytes are not framed so.
    private static func decompressBlocks(
        _ source: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var read = 0
        var written = 0
        while read < source.count {
            guard let blockBytes = length(source, at: read), blockBytes <= output.count - written
            else { return false }
            read += 4
            // A block may be compressed in several pieces.
            let end = written + blockBytes
            while written < end {
                guard let pieceBytes = length(source, at: read),
                    pieceBytes <= source.count - read - 4
                else { return false }
                read += 4
                let count = LZ4_decompress_safe(
                    source.baseAddress.map { ($0 + read).assumingMemoryBound(to: CChar.self) },
                    output.baseAddress.map { ($0 + written).assumingMemoryBound(to: CChar.self) },
                    Int32(truncatingIfNeeded: pieceBytes),
                    Int32(truncatingIfNeeded: end - written)
                )
                guard count > 0 else { return false }
                read += pieceBytes
                written += Int(count)
            }
        }
        return written == output.count
    }

    /// A big-endian length of 31 bits; `nil` for longer ones and past the end.
    private static func length(_ source: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        guard offset <= source.count - 4 else { return nil }
        let value = UInt32(
            bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        )
        return Int32(exactly: value).map { Int($0) }
    }
}
