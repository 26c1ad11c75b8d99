internal import Bytes

/// Reads the definition or repetition levels of a page, some at a time.
enum LevelStream {
    /// A column that can have but one level.
    case constant
    case runs(HybridStream)
    /// The encoding of old files: packed from the most significant bit on, without runs.
    case packed(bitOffset: Int, bitWidth: Int)

    /// Bits that a level takes.
    static func bitWidth(levelMax: Int) -> Int { Int.bitWidth - levelMax.leadingZeroBitCount }

    /// Reads levels in the old encoding, `count` of them, and takes their bytes.
    static func packed(
        _ cursor: inout PageCursor,
        count: Int,
        levelMax: Int
    ) throws(WireFault) -> LevelStream {
        let bitWidth = bitWidth(levelMax: levelMax)
        let start = try cursor.take((count * bitWidth + 7) / 8)
        return .packed(bitOffset: start * 8, bitWidth: bitWidth)
    }

    /// Reads `count` levels, each at most `levelMax`.
    mutating func read(
        _ base: UnsafeRawPointer,
        count: Int,
        levelMax: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) throws(WireFault) {
        switch self {
        case .constant: target.update(repeating: 0, count: count)
        case .runs(var stream):
            try stream.read(base, count: count, limit: levelMax + 1, into: target)
            self = .runs(stream)
        case .packed(let bitOffset, let bitWidth):
            for index in 0..<count {
                target[index] = Self.bits(base, bitOffset + index * bitWidth, bitWidth)
                guard target[index] <= levelMax else {
                    throw WireFault(
                        .malformedValue,
                        offset: (bitOffset + index * bitWidth) / 8,
                        wanted: levelMax,
                        available: Int(target[index])
                    )
                }
            }
            self = .packed(bitOffset: bitOffset + count * bitWidth, bitWidth: bitWidth)
        }
    }

    /// A level of the old encoding, most significant bit first.
    private static func bits(_ base: UnsafeRawPointer, _ bitOffset: Int, _ bitWidth: Int) -> UInt8 {
        var value: UInt8 = 0
        for bit in bitOffset..<bitOffset + bitWidth {
            let byte = base.load(fromByteOffset: bit >> 3, as: UInt8.self)
            value = value << 1 | byte >> UInt8(7 - bit & 7) & 1
        }
        return value
    }

    /// Takes the next levels, `countMax` at most: as one value or, where they differ, in `target`.
    @inline(__always)
    mutating func next(
        _ base: UnsafeRawPointer,
        countMax: Int,
        levelMax: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) throws(WireFault) -> (count: Int, level: Int?) {
        switch self {
        case .constant: return (countMax, 0)
        case .runs(var stream):
            let run = try stream.next(
                base,
                countMax: countMax,
                limit: levelMax + 1,
                into: target
            )
            self = .runs(stream)
            return (run.count, run.value)
        case .packed:
            try read(base, count: countMax, levelMax: levelMax, into: target)
            return (countMax, nil)
        }
    }
}
