import Bytes

/// Encoders that are plain to see right, to hold decoders to.
enum NaiveEncoding {
    /// Packs numbers, least significant bit first.
    static func packed(_ numbers: [UInt64], bitWidth: Int) -> [UInt8] {
        var bits: [Bool] = []
        for number in numbers {
            for bit in 0..<bitWidth { bits.append(number >> UInt64(bit) & 1 == 1) }
        }
        var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
        for (index, isSet) in bits.enumerated() where isSet {
            bytes[index / 8] |= 1 << UInt8(index % 8)
        }
        return bytes
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendVarint(value)
        return buffer.toArray()
    }

    static func zigzag(_ value: Int64) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendZigZag(value)
        return buffer.toArray()
    }

    /// Encodes in blocks of 128, as the format says.
    static func delta(_ numbers: [Int64], miniblocks: Int) -> [UInt8] {
        var bytes = varint(128) + varint(UInt64(miniblocks)) + varint(UInt64(numbers.count))
        bytes += zigzag(numbers.first ?? 0)
        let deltas = zip(numbers.dropFirst(), numbers).map { $0 &- $1 }
        for start in stride(from: 0, to: deltas.count, by: 128) {
            let block = Array(deltas[start..<min(start + 128, deltas.count)])
            let smallest = block.min() ?? 0
            let raw = block.map { UInt64(bitPattern: $0 &- smallest) }
            let size = 128 / miniblocks
            let parts = (0..<miniblocks).map { part in
                raw.dropFirst(part * size).prefix(size).map { $0 }
            }
            let widths = parts.map { 64 - ($0.max() ?? 0).leadingZeroBitCount }
            bytes += zigzag(smallest) + widths.map { UInt8($0) }
            for (part, width) in zip(parts, widths) where !part.isEmpty {
                bytes += packed(
                    part + Array(repeating: 0, count: size - part.count),
                    bitWidth: width
                )
            }
        }
        return bytes
    }
}
