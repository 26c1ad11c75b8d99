internal import Bytes
internal import Glibc

/// Definition levels of a flat optional column: one bit a row, the same bits as the validity bitmap.
///
/// Source: apache/parquet-format, Encodings.md, "RLE"; in data pages of version 1 four bytes of
/// length stand before.
enum LevelEncoder {
    static func append(
        _ pieces: [ColumnPiece],
        rowCount: Int,
        nullCount: Int,
        to target: inout ByteBuffer
    ) {
        let lengthOffset = target.count
        target.appendInteger(UInt32(0))
        if nullCount == 0 || nullCount == rowCount {
            HybridEncoder.appendRun(
                of: nullCount == 0 ? 1 : 0,
                length: rowCount,
                bitWidth: 1,
                to: &target
            )
        } else {
            let groups = (rowCount + 7) / 8
            target.appendVarint(UInt64(groups) << 1 | 1)
            target.reserve(groups)
            let output = target.pointer + target.count
            memset(output, 0, groups)
            var row = 0
            for piece in pieces {
                BitRuns.copy(
                    piece.validity,
                    start: piece.start,
                    count: piece.count,
                    to: output.assumingMemoryBound(to: UInt8.self),
                    targetStart: row
                )
                row += piece.count
            }
            target.advance(by: groups)
        }
        let byteCount = target.count - lengthOffset - 4
        target.overwrite(UInt32(truncatingIfNeeded: byteCount), at: lengthOffset)
    }
}
