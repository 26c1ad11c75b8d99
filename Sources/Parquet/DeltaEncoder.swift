internal import Bytes

/// Integers as differences, packed in blocks with as many bits as the largest needs.
///
/// Source: apache/parquet-format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED)".
enum DeltaEncoder {
    private static let blockValues = 128
    private static let miniblockCount = 4
    private static let miniblockValues = blockValues / miniblockCount

    /// Appends `count` integers, which lie one after another.
    static func append<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ values: UnsafeRawPointer,
        count: Int,
        as type: T.Type,
        to target: inout ByteBuffer
    ) {
        func value(_ index: Int) -> T {
            values.loadUnaligned(fromByteOffset: index &* MemoryLayout<T>.size, as: T.self)
        }
        target.appendVarint(UInt64(blockValues))
        target.appendVarint(UInt64(miniblockCount))
        target.appendVarint(UInt64(count))
        target.appendZigZag(count > 0 ? Int64(value(0)) : 0)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockValues) { differences in
            var done = 1
            while done < count {
                let taken = min(blockValues, count &- done)
                // Differences wrap in the width of the type, as readers' sums do.
                var least = T.max
                for index in 0..<taken {
                    least = min(least, value(done &+ index) &- value(done &+ index &- 1))
                }
                for index in 0..<taken {
                    let difference = value(done &+ index) &- value(done &+ index &- 1)
                    differences[index] = UInt64(
                        T.Magnitude(truncatingIfNeeded: difference &- least)
                    )
                }
                for index in taken..<blockValues { differences[index] = 0 }
                target.appendZigZag(Int64(least))
                appendBlock(differences, taken, to: &target)
                done += taken
            }
        }
    }

    /// Appends the bit widths of a block's miniblocks, and the miniblocks that have values.
    private static func appendBlock(
        _ differences: UnsafeMutableBufferPointer<UInt64>,
        _ count: Int,
        to target: inout ByteBuffer
    ) {
        guard let start = differences.baseAddress else { return }
        func bitWidth(_ miniblock: Int) -> Int {
            var bits: UInt64 = 0
            for index in 0..<miniblockValues {
                bits |= start[miniblock &* miniblockValues &+ index]
            }
            return 64 - bits.leadingZeroBitCount
        }
        for miniblock in 0..<miniblockCount {
            target.append(UInt8(truncatingIfNeeded: bitWidth(miniblock)))
        }
        for miniblock in 0..<miniblockCount where miniblock * miniblockValues < count {
            BitPacker.append(
                start + miniblock * miniblockValues,
                count: miniblockValues,
                bitWidth: bitWidth(miniblock),
                to: &target
            )
        }
    }
}
