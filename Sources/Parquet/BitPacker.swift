internal import Bytes

/// Packs numbers of up to 64 bits, the first in the lowest bits.
enum BitPacker {
    /// Appends `count` numbers of `bitWidth` bits each, filled up to a whole byte.
    static func append(
        _ values: UnsafePointer<UInt64>,
        count: Int,
        bitWidth: Int,
        to target: inout ByteBuffer
    ) {
        let byteCount = (count &* bitWidth &+ 7) / 8
        target.reserve(byteCount &+ 8)
        let output = target.pointer + target.count
        var pending: UInt64 = 0
        var pendingBits = 0
        var offset = 0
        for index in 0..<count {
            let value = values[index]
            pending |= value &<< UInt64(truncatingIfNeeded: pendingBits)
            pendingBits &+= bitWidth
            guard pendingBits >= 64 else { continue }
            output.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
            pendingBits &-= 64
            // Without a rest the shift would be by the whole width, which a masking shift is not.
            pending =
                pendingBits == 0
                ? 0 : value &>> UInt64(truncatingIfNeeded: bitWidth &- pendingBits)
        }
        output.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
        target.advance(by: byteCount)
    }
}
