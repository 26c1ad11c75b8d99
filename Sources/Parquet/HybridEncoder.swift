internal import Bytes
internal import Glibc

/// Parquet's mix of runs and bit-packed groups of eight, for dictionary codes and levels.
///
/// Source: apache/parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
enum HybridEncoder {
    /// A run this long is written as a run; shorter ones are packed.
    private static let runLengthMin = 16

    /// Bits that tell `count` different codes apart; at least one.
    static func bitWidth(ofCodes count: Int) -> Int {
        max(1, Int.bitWidth - max(count - 1, 1).leadingZeroBitCount)
    }

    /// Appends `count` codes of `bitWidth` bits each.
    static func append<Code: FixedWidthInteger & UnsignedInteger>(
        _ codes: UnsafePointer<Code>,
        count: Int,
        bitWidth: Int,
        to target: inout ByteBuffer
    ) {
        // Groups of eight are looked at as a whole, from the end of the last run on.
        var index = 0
        var packedStart = 0
        while index &+ 8 <= count {
            guard isUniform(codes + index) else {
                index &+= 8
                continue
            }
            let code = codes[index]
            var end = index &+ 8
            while end < count && codes[end] == code { end &+= 1 }
            guard end &- index >= runLengthMin else {
                index &+= 8
                continue
            }
            appendPacked(codes, packedStart, index, bitWidth, to: &target)
            appendRun(of: UInt32(code), length: end &- index, bitWidth: bitWidth, to: &target)
            index = end
            packedStart = end
        }
        guard packedStart < count else { return }
        // A rest of one code is a run, however short.
        let code = codes[packedStart]
        if (packedStart..<count).allSatisfy({ codes[$0] == code }) {
            let length = count - packedStart
            appendRun(of: UInt32(code), length: length, bitWidth: bitWidth, to: &target)
        } else {
            appendPacked(codes, packedStart, count, bitWidth, to: &target)
        }
    }

    /// Whether eight codes are the same: all words are, and the first is with its codes rotated.
    @inline(__always)
    private static func isUniform<Code: FixedWidthInteger & UnsignedInteger>(
        _ codes: UnsafePointer<Code>
    ) -> Bool {
        let words = UnsafeRawPointer(codes)
        let first = words.loadUnaligned(as: UInt64.self)
        let bits = UInt64(truncatingIfNeeded: Code.bitWidth)
        var differing = first ^ (first &<< bits | first &>> (64 &- bits))
        for word in 1..<max(MemoryLayout<Code>.size, 1) {
            differing |= first ^ words.loadUnaligned(fromByteOffset: word &* 8, as: UInt64.self)
        }
        return differing == 0
    }

    /// Appends one run.
    static func appendRun(
        of code: UInt32,
        length: Int,
        bitWidth: Int,
        to target: inout ByteBuffer
    ) {
        target.appendVarint(UInt64(length) << 1)
        for byte in 0..<(bitWidth + 7) / 8 {
            target.append(UInt8(truncatingIfNeeded: code >> UInt32(byte * 8)))
        }
    }

    private static func appendPacked<Code: FixedWidthInteger & UnsignedInteger>(
        _ codes: UnsafePointer<Code>,
        _ start: Int,
        _ end: Int,
        _ bitWidth: Int,
        to target: inout ByteBuffer
    ) {
        guard end > start else { return }
        let groups = (end - start + 7) / 8
        let byteCount = groups * bitWidth
        target.appendVarint(UInt64(groups) << 1 | 1)
        target.reserve(byteCount + 16)
        let output = target.pointer + target.count
        var pending: UInt64 = 0
        var pendingBits = 0
        var offset = 0
        for index in start..<end {
            pending |= UInt64(codes[index]) &<< UInt64(truncatingIfNeeded: pendingBits)
            pendingBits &+= bitWidth
            if pendingBits >= 32 {
                output.storeBytes(
                    of: UInt32(truncatingIfNeeded: pending).littleEndian,
                    toByteOffset: offset,
                    as: UInt32.self
                )
                offset &+= 4
                pending &>>= 32
                pendingBits &-= 32
            }
        }
        output.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
        let writtenBytes = offset + (pendingBits + 7) / 8
        if writtenBytes < byteCount { memset(output + writtenBytes, 0, byteCount - writtenBytes) }
        target.advance(by: byteCount)
    }
}
