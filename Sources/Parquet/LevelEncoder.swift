internal import Bytes
internal import Glibc

/// Definition and repetition levels of a page.
///
/// Source: apache/parquet-format, Encodings.md, "RLE".
enum LevelEncoder {
    /// Appends what `body` appends, and four bytes of its length before: data pages of version 1.
    static func appendWithLength(
        to target: inout ByteBuffer,
        _ body: (inout ByteBuffer) -> Void
    ) {
        let lengthOffset = target.count
        target.appendInteger(UInt32(0))
        body(&target)
        let byteCount = target.count - lengthOffset - 4
        target.overwrite(UInt32(truncatingIfNeeded: byteCount), at: lengthOffset)
    }

    /// Appends levels that lie in memory, a byte each.
    static func append(
        _ levels: borrowing ByteBuffer,
        levelMax: Int,
        to target: inout ByteBuffer
    ) {
        HybridEncoder.append(
            levels.pointer.assumingMemoryBound(to: UInt8.self),
            count: levels.count,
            bitWidth: HybridEncoder.bitWidth(ofCodes: levelMax + 1),
            to: &target
        )
    }

    /// Appends the levels of a flat optional leaf: one bit a row, the same bits as its validity.
    static func appendValidity(
        of pieces: [ColumnPiece],
        rowCount: Int,
        nullCount: Int,
        to target: inout ByteBuffer
    ) {
        if nullCount == 0 || nullCount == rowCount {
            HybridEncoder.appendRun(
                of: nullCount == 0 ? 1 : 0,
                length: rowCount,
                bitWidth: 1,
                to: &target
            )
            return
        }
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
}
