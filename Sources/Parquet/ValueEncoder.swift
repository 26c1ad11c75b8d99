internal import Bytes
internal import Glibc

/// Values of a page in the encodings without a dictionary, NULL rows left out.
///
/// All but the plain one are made from the plain one. The memory is kept from page to page.
///
/// Source: apache/parquet-format, Encodings.md.
struct ValueEncoder: ~Copyable {
    private var plain = ByteBuffer()
    private var other = ByteBuffer()

    mutating func append(
        _ pieces: [ColumnPiece],
        layout: ColumnLayout,
        encoding: ParquetEncoding,
        to target: inout ByteBuffer
    ) {
        if encoding == .plain { return PlainEncoder.append(pieces, layout: layout, to: &target) }
        if encoding == .deltaLengthByteArray { return appendLengths(pieces, to: &target) }
        plain.removeAll()
        PlainEncoder.append(pieces, layout: layout, to: &plain)
        switch encoding {
        case .rle: appendRuns(valueCount: Self.valueCount(pieces), to: &target)
        case .deltaBinaryPacked where layout.plainWidthBytes == 4:
            DeltaEncoder.append(
                plain.pointer,
                count: plain.count / 4,
                as: Int32.self,
                to: &target
            )
        case .deltaBinaryPacked:
            DeltaEncoder.append(
                plain.pointer,
                count: plain.count / 8,
                as: Int64.self,
                to: &target
            )
        case .byteStreamSplit: appendStreams(widthBytes: layout.plainWidthBytes, to: &target)
        default: preconditionFailure("values are not written as \(encoding)")
        }
    }

    private static func valueCount(_ pieces: [ColumnPiece]) -> Int {
        pieces.reduce(0) { $0 + $1.count - $1.nullCount }
    }

    /// Booleans as runs, with four bytes of length before.
    private mutating func appendRuns(valueCount: Int, to target: inout ByteBuffer) {
        let bits = plain.pointer.assumingMemoryBound(to: UInt8.self)
        other.removeAll()
        other.reserve(valueCount)
        let codes = other.pointer.assumingMemoryBound(to: UInt8.self)
        for index in 0..<valueCount {
            codes[index] = bits[index >> 3] >> UInt8(truncatingIfNeeded: index & 7) & 1
        }
        LevelEncoder.appendWithLength(to: &target) { target in
            HybridEncoder.append(UnsafePointer(codes), count: valueCount, bitWidth: 1, to: &target)
        }
    }

    /// The lengths of byte strings as differences, then all their bytes.
    private mutating func appendLengths(_ pieces: [ColumnPiece], to target: inout ByteBuffer) {
        other.removeAll()
        for piece in pieces {
            let offsets = piece.offsets
            for row in 0..<piece.count where piece.isValid(row) {
                other.appendInteger(offsets[row &+ 1] &- offsets[row])
            }
        }
        DeltaEncoder.append(other.pointer, count: other.count / 4, as: Int32.self, to: &target)
        // NULL rows hold no bytes, so the run has the values alone.
        for piece in pieces {
            target.append(piece.bytes + Int(piece.offsets[0]), count: piece.totalBytes)
        }
    }

    /// The first bytes of all values, then the second ones, and so on.
    private mutating func appendStreams(widthBytes: Int, to target: inout ByteBuffer) {
        let byteCount = plain.count
        let valueCount = byteCount / widthBytes
        target.reserve(byteCount)
        let output = (target.pointer + target.count).assumingMemoryBound(to: UInt8.self)
        let source = plain.pointer.assumingMemoryBound(to: UInt8.self)
        for stream in 0..<widthBytes {
            let streamOutput = output + stream &* valueCount
            for value in 0..<valueCount {
                streamOutput[value] = source[value &* widthBytes &+ stream]
            }
        }
        target.advance(by: byteCount)
    }
}
