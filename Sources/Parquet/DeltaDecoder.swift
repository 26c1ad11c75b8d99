internal import Bytes

/// Reads integers that are stored as differences in packed blocks.
///
/// Source: apache/parquet-format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED)".
enum DeltaDecoder {
    private static let blockValuesMax = 1 << 20

    /// Decodes exactly `count` integers and leaves the cursor behind them.
    static func decode(
        _ cursor: inout PageCursor,
        count: Int,
        into target: UnsafeMutablePointer<Int64>
    ) throws(WireFault) {
        let blockValues = Int(clamping: try cursor.readVarint())
        let miniblocks = Int(clamping: try cursor.readVarint())
        let total = Int(clamping: try cursor.readVarint())
        guard (1...blockValuesMax).contains(blockValues), miniblocks > 0,
            blockValues % miniblocks == 0, (blockValues / miniblocks) % 8 == 0
        else { throw cursor.fault(.malformedValue, wanted: blockValues) }
        guard total == count else { throw cursor.fault(.malformedValue, wanted: total) }
        var value = try cursor.readZigZag()
        guard count > 0 else { return }
        target[0] = value
        var done = 1
        let miniblockValues = blockValues / miniblocks
        while done < count {
            let smallest = try cursor.readZigZag()
            let widths = try cursor.take(miniblocks)
            for miniblock in 0..<miniblocks where done < count {
                let width = Int(
                    cursor.base.load(fromByteOffset: widths + miniblock, as: UInt8.self)
                )
                guard width <= 64 else { throw cursor.fault(.malformedValue, wanted: width) }
                let taken = min(miniblockValues, count - done)
                guard (taken * width + 7) / 8 <= cursor.remaining else {
                    throw cursor.fault(.truncated, wanted: (taken * width + 7) / 8)
                }
                let start = cursor.offset &* 8
                for index in 0..<taken {
                    let delta = PageCursor.bits(
                        cursor.base,
                        bitOffset: start &+ index &* width,
                        bitWidth: width,
                        end: cursor.end
                    )
                    value = value &+ smallest &+ Int64(bitPattern: delta)
                    target[done &+ index] = value
                }
                done += taken
                // Padding of the very last miniblock may be missing.
                _ = try cursor.take(min(miniblockValues * width / 8, cursor.remaining))
            }
        }
    }
}
