internal import Bytes
internal import Glibc

/// Values of a page one after another, NULL rows left out.
///
/// Source: apache/parquet-format, Encodings.md, "Plain".
enum PlainEncoder {
    /// Appends the values of `pieces`; booleans of all pieces are packed without a gap.
    static func append(
        _ pieces: [ColumnPiece],
        layout: ColumnLayout,
        to target: inout ByteBuffer
    ) {
        if layout == .boolean { return appendBooleans(pieces, to: &target) }
        for piece in pieces {
            switch layout {
            case .boolean: break
            case .fourBytes: appendFixed(piece, UInt32.self, to: &target)
            case .eightBytes: appendFixed(piece, UInt64.self, to: &target)
            case .sixteenBytes: appendFixed(piece, UInt128.self, to: &target)
            case .lowHalf: appendLowHalves(piece, to: &target)
            case .wideDecimal(let byteCount):
                appendWideDecimals(piece, byteCount: byteCount, to: &target)
            case .byteString: appendByteStrings(piece, to: &target)
            case .fixedBytes: appendFixedBytes(piece, to: &target)
            }
        }
    }

    /// The memory of a page whose values lie in their column as they lie in the page; `nil` where
    /// they have to be put together.
    static func wholeBytes(
        _ pieces: [ColumnPiece],
        layout: ColumnLayout
    ) -> UnsafeRawBufferPointer? {
        guard pieces.count == 1, let piece = pieces.first, piece.validity == nil else { return nil }
        let width =
            switch layout {
            case .fourBytes, .eightBytes, .sixteenBytes: layout.plainWidthBytes
            default: 0
            }
        guard width > 0 else { return nil }
        let start = piece.values + piece.start * width
        return UnsafeRawBufferPointer(start: start, count: piece.count * width)
    }

    private static func appendFixed<T: BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type,
        to target: inout ByteBuffer
    ) {
        let width = MemoryLayout<T>.size
        let source = piece.values + piece.start &* width
        guard piece.validity != nil else {
            target.append(source, count: piece.count &* width)
            return
        }
        target.reserve(piece.count &* width)
        let output = target.pointer + target.count
        var offset = 0
        // Every value is stored; the next one overwrites it if its row is NULL.
        for row in 0..<piece.count {
            let value = source.loadUnaligned(fromByteOffset: row &* width, as: T.self)
            output.storeBytes(of: value, toByteOffset: offset, as: T.self)
            offset &+= piece.isValid(row) ? width : 0
        }
        target.advance(by: offset)
    }

    private static func appendLowHalves(_ piece: ColumnPiece, to target: inout ByteBuffer) {
        let source = piece.values + piece.start &* 8
        target.reserve(piece.count &* 4)
        let output = target.pointer + target.count
        var offset = 0
        for row in 0..<piece.count {
            let value = source.loadUnaligned(fromByteOffset: row &* 8, as: Int64.self)
            output.storeBytes(
                of: Int32(truncatingIfNeeded: value),
                toByteOffset: offset,
                as: Int32.self
            )
            offset &+= piece.isValid(row) ? 4 : 0
        }
        target.advance(by: offset)
    }

    private static func appendWideDecimals(
        _ piece: ColumnPiece,
        byteCount: Int,
        to target: inout ByteBuffer
    ) {
        let source = piece.values + piece.start &* 16
        target.reserve(piece.count &* byteCount &+ 16)
        let output = target.pointer + target.count
        let shift = UInt128((16 - byteCount) * 8)
        var offset = 0
        for row in 0..<piece.count {
            let value = source.loadUnaligned(fromByteOffset: row &* 16, as: UInt128.self)
            // The wanted bytes lead; what follows is overwritten by the next value.
            output.storeBytes(
                of: (value &<< shift).bigEndian,
                toByteOffset: offset,
                as: UInt128.self
            )
            offset &+= piece.isValid(row) ? byteCount : 0
        }
        target.advance(by: offset)
    }

    private static func appendBooleans(_ pieces: [ColumnPiece], to target: inout ByteBuffer) {
        var pending: UInt64 = 0
        var pendingBits = 0
        for piece in pieces {
            let source = piece.values + piece.start
            for row in 0..<piece.count where piece.isValid(row) {
                let isTrue = source.load(fromByteOffset: row, as: UInt8.self) != 0
                pending |= (isTrue ? 1 : 0) &<< UInt64(truncatingIfNeeded: pendingBits)
                pendingBits &+= 1
                if pendingBits == 64 {
                    target.appendInteger(pending)
                    pending = 0
                    pendingBits = 0
                }
            }
        }
        while pendingBits > 0 {
            target.append(UInt8(truncatingIfNeeded: pending))
            pending &>>= 8
            pendingBits &-= 8
        }
    }

    private static func appendByteStrings(_ piece: ColumnPiece, to target: inout ByteBuffer) {
        let offsets = piece.offsets
        var start = Int(offsets[0])
        let total = Int(offsets[piece.count]) &- start
        target.reserve(total &+ piece.count &* 4 &+ 16)
        var output = target.pointer + target.count
        for row in 0..<piece.count {
            let end = Int(offsets[row &+ 1])
            if piece.isValid(row) {
                output.storeBytes(of: UInt32(truncatingIfNeeded: end &- start), as: UInt32.self)
                copy(piece, start, end &- start, to: output + 4)
                output += 4 &+ end &- start
            }
            start = end
        }
        target.advance(by: output - target.pointer - target.count)
    }

    private static func appendFixedBytes(_ piece: ColumnPiece, to target: inout ByteBuffer) {
        let offsets = piece.offsets
        let start = Int(offsets[0])
        // NULL rows hold no bytes, so the run has the values alone.
        target.append(piece.bytes + start, count: Int(offsets[piece.count]) &- start)
    }

    /// Copies one byte string; short ones in two moves where 16 bytes may be read.
    @inline(__always)
    static func copy(
        _ piece: ColumnPiece,
        _ start: Int,
        _ count: Int,
        to output: UnsafeMutableRawPointer
    ) {
        let source = piece.bytes + start
        if count <= 16 && start &+ 16 <= piece.byteCount {
            let low = source.loadUnaligned(as: UInt64.self)
            let high = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            output.storeBytes(of: low, as: UInt64.self)
            output.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        } else {
            memcpy(output, source, count)
        }
    }
}
