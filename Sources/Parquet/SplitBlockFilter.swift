internal import Bytes
internal import Glibc
internal import TableModel

/// A Bloom filter of blocks of 256 bits, in which a value sets one bit of each of eight words.
///
/// Source: apache/parquet-format, BloomFilter.md.
struct SplitBlockFilter {
    static let blockBytes = 32
    /// The longest filter that readers take.
    private static let bytesLimit = 128 << 20
    private static let salts: [UInt32] = [
        0x47B6_137B, 0x4497_4D91, 0x8824_AD5B, 0xA2B7_289D, 0x7054_95C7, 0x2DF1_424B, 0x9EFC_4947,
        0x5C6B_FB31,
    ]

    private(set) var words: [UInt32]

    /// A filter without values, of a power of two of blocks.
    init(byteCount: Int) {
        precondition(byteCount >= Self.blockBytes && byteCount.nonzeroBitCount == 1)
        words = [UInt32](repeating: 0, count: byteCount / 4)
    }

    /// A filter of the size that so many different values need.
    init(valueCount: Int, options: ParquetBloomFilter) {
        let rate = min(max(options.falsePositiveRate, 1e-9), 0.5)
        let bits = -8 * Double(max(valueCount, 1)) / log(1 - pow(rate, 1.0 / 8))
        let bytesMax = min(max(options.bytesMax, Self.blockBytes), Self.bytesLimit)
        var byteCount = Self.blockBytes
        while Double(byteCount) * 8 < bits, byteCount * 2 <= bytesMax { byteCount *= 2 }
        self.init(byteCount: byteCount)
    }

    mutating func insert(_ hash: UInt64) {
        let blockCount = UInt64(words.count / 8)
        let block = Int(truncatingIfNeeded: ((hash >> 32) &* blockCount) >> 32)
        let key = UInt32(truncatingIfNeeded: hash)
        for word in 0..<8 {
            words[block &* 8 &+ word] |= 1 &<< ((key &* Self.salts[word]) &>> 27)
        }
    }

    /// The filter with its header, as it stands in a file.
    func encoded() -> [UInt8] {
        var thrift = ThriftWriter()
        thrift.int32(1, words.count * 4)
        for id in 2...4 as ClosedRange<Int16> {
            // Split blocks, xxHash and no compression are the first, and only, choices.
            thrift.structure(id) { $0.structure(1) { _ in } }
        }
        thrift.end()
        return thrift.buffer.toArray()
            + words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }
}

extension SplitBlockFilter {
    /// Inserts all values of pieces; their plain form without lengths is what is hashed.
    mutating func insert(_ pieces: [ColumnPiece], _ type: IcebergType) {
        let layout = ColumnLayout(type)
        for piece in pieces {
            if layout.hasOffsets {
                for row in 0..<piece.count where piece.isValid(row) {
                    insert(xxHash64(piece.byteString(at: row)))
                }
            } else {
                insertFixed(piece, type)
            }
        }
    }

    private mutating func insertFixed(_ piece: ColumnPiece, _ type: IcebergType) {
        let layout = ColumnLayout(type)
        let widthBytes = layout.plainWidthBytes
        var plain = ByteBuffer(capacityBytes: piece.count * widthBytes + 16)
        PlainEncoder.append([piece], layout: layout, to: &plain)
        for offset in stride(from: 0, to: plain.count, by: widthBytes) {
            insert(
                xxHash64(
                    UnsafeRawBufferPointer(start: plain.pointer + offset, count: widthBytes)
                )
            )
        }
        switch type {
        case .float: insertZeros(of: plain, Float.self)
        case .double: insertZeros(of: plain, Double.self)
        default: break
        }
    }
}
