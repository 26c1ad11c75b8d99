internal import Bytes

/// Reads Parquet's mix of runs and bit-packed groups of eight.
///
/// Source: apache/parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
enum HybridDecoder {
    static let bitWidthMax = 32

    /// Decodes `count` numbers of `bitWidth` bits, each below `limit`.
    static func decode<T: FixedWidthInteger & UnsignedInteger>(
        _ cursor: inout PageCursor,
        bitWidth: Int,
        count: Int,
        limit: Int,
        into target: UnsafeMutablePointer<T>
    ) throws(WireFault) {
        guard (0...bitWidthMax).contains(bitWidth) else {
            throw cursor.fault(.malformedValue, wanted: bitWidth)
        }
        guard count == 0 || limit > 0 else { throw cursor.fault(.malformedValue, wanted: 0) }
        if bitWidth == 0 { return target.update(repeating: 0, count: count) }
        var done = 0
        while done < count {
            let head = try cursor.readVarint()
            let length = Int(clamping: head >> 1)
            guard length > 0 else { throw cursor.fault(.impossibleLength, wanted: 0) }
            if head & 1 == 0 {
                let value = try readRunValue(&cursor, bitWidth)
                guard value < limit else { throw cursor.fault(.malformedValue, wanted: limit) }
                let taken = min(length, count - done)
                (target + done).update(repeating: T(truncatingIfNeeded: value), count: taken)
                done += taken
            } else {
                let (packed, overflow) = length.multipliedReportingOverflow(by: 8)
                let taken = overflow ? count - done : min(packed, count - done)
                try unpack(&cursor, bitWidth, length, taken, limit, target + done)
                done += taken
            }
        }
    }

    private static func readRunValue(
        _ cursor: inout PageCursor,
        _ bitWidth: Int
    ) throws(WireFault) -> Int {
        var value = 0
        for byte in 0..<(bitWidth + 7) / 8 { value |= Int(try cursor.readByte()) << (byte * 8) }
        return value
    }

    private static func unpack<T: FixedWidthInteger & UnsignedInteger>(
        _ cursor: inout PageCursor,
        _ bitWidth: Int,
        _ groups: Int,
        _ count: Int,
        _ limit: Int,
        _ target: UnsafeMutablePointer<T>
    ) throws(WireFault) {
        // The last run may be cut off after the bytes that values are in.
        let neededBytes = (count * bitWidth + 7) / 8
        guard neededBytes <= cursor.remaining else {
            throw cursor.fault(.truncated, wanted: neededBytes)
        }
        let start = cursor.offset &* 8
        let limit = UInt64(limit)
        var largest: UInt64 = 0
        for index in 0..<count {
            let value = PageCursor.bits(
                cursor.base,
                bitOffset: start &+ index &* bitWidth,
                bitWidth: bitWidth,
                end: cursor.end
            )
            largest = max(largest, value)
            target[index] = T(truncatingIfNeeded: value)
        }
        guard count == 0 || largest < limit else {
            throw cursor.fault(.malformedValue, wanted: Int(limit))
        }
        let (groupBytes, overflow) = groups.multipliedReportingOverflow(by: bitWidth)
        _ = try cursor.take(overflow ? cursor.remaining : min(groupBytes, cursor.remaining))
    }
}
