internal import Bytes
internal import Glibc

extension ValueConversion {
    /// The Julian day number of 1970-01-01.
    private static let epochJulianDay: Int64 = 2_440_588
    private static let dayMicroseconds: Int64 = 86_400_000_000

    /// Converts a block; the result borrows the scratch memory, too.
    ///
    /// Fails with `.malformedValue` at the index of a value that the wanted type cannot hold.
    func apply(_ block: ValueBlock, _ scratch: PageScratch) throws(WireFault) -> ValueBlock {
        switch self {
        case .none: block
        case .widenInt32(let isSigned):
            isSigned
                ? try map(block, scratch, Int32.self) { Int64($0) }
                : try map(block, scratch, UInt32.self) { Int64($0) }
        case .floatToDouble: try map(block, scratch, Float.self) { Double($0) }
        case .int32ToInt64: try map(block, scratch, Int32.self) { Int64($0) }
        case .int32ToInt128: try map(block, scratch, Int32.self) { Int128($0) }
        case .int64ToInt128: try map(block, scratch, Int64.self) { Int128($0) }
        case .milliseconds32: try map(block, scratch, Int32.self) { Int64($0) * 1000 }
        case .milliseconds64: try map(block, scratch, Int64.self) { Self.times1000($0) }
        case .nanoseconds64: try map(block, scratch, Int64.self) { Self.dividedBy1000($0) }
        case .int96: try int96(block, scratch)
        case .bigEndianToInt64: try bigEndian(block, scratch) { Int64(exactly: $0) }
        case .bigEndianToInt128: try bigEndian(block, scratch) { $0 }
        case .fixedToByteStrings: byteStrings(block, scratch)
        }
    }

    private static func times1000(_ value: Int64) -> Int64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : product
    }

    private static func dividedBy1000(_ value: Int64) -> Int64 {
        let quotient = value / 1000
        return value % 1000 < 0 ? quotient - 1 : quotient
    }

    @inline(__always)
    private func map<Source: BitwiseCopyable, Target: BitwiseCopyable>(
        _ block: ValueBlock,
        _ scratch: PageScratch,
        _ type: Source.Type,
        _ convert: (Source) -> Target?
    ) throws(WireFault) -> ValueBlock {
        let target = scratch.converted.claim(block.count, as: Target.self)
        for index in 0..<block.count {
            let source = block.values.loadUnaligned(
                fromByteOffset: index &* MemoryLayout<Source>.size,
                as: Source.self
            )
            guard let value = convert(source) else { throw Self.fault(index, block) }
            target[index] = value
        }
        return ValueBlock(
            widthBytes: MemoryLayout<Target>.size,
            count: block.count,
            values: target,
            bytes: target
        )
    }

    private static func fault(_ index: Int, _ block: ValueBlock) -> WireFault {
        WireFault(.malformedValue, offset: 0, wanted: index, available: block.count)
    }

    private func int96(_ block: ValueBlock, _ scratch: PageScratch) throws(WireFault) -> ValueBlock
    {
        let target = scratch.converted.claim(block.count, as: Int64.self)
        for index in 0..<block.count {
            let nanoseconds = block.values.loadUnaligned(
                fromByteOffset: index &* 12,
                as: Int64.self
            )
            let julianDay = block.values.loadUnaligned(
                fromByteOffset: index &* 12 &+ 8,
                as: Int32.self
            )
            let days = Int64(julianDay) - Self.epochJulianDay
            let (dayPart, isTooLong) = days.multipliedReportingOverflow(by: Self.dayMicroseconds)
            let (sum, overflow) = dayPart.addingReportingOverflow(Self.dividedBy1000(nanoseconds))
            guard !isTooLong, !overflow else { throw Self.fault(index, block) }
            target[index] = sum
        }
        return ValueBlock(widthBytes: 8, count: block.count, values: target, bytes: target)
    }

    private func bigEndian<Target: BitwiseCopyable>(
        _ block: ValueBlock,
        _ scratch: PageScratch,
        _ narrow: (Int128) -> Target?
    ) throws(WireFault) -> ValueBlock {
        let target = scratch.converted.claim(block.count, as: Target.self)
        for index in 0..<block.count {
            let (start, count) = Self.range(block, index)
            guard let wide = Self.bigEndianInteger(start, count: count),
                let value = narrow(wide)
            else { throw Self.fault(index, block) }
            target[index] = value
        }
        return ValueBlock(
            widthBytes: MemoryLayout<Target>.size,
            count: block.count,
            values: target,
            bytes: target
        )
    }

    /// Where a value of fixed or of any length lies.
    private static func range(_ block: ValueBlock, _ index: Int) -> (UnsafeRawPointer, Int) {
        guard block.widthBytes == 0 else {
            return (block.values + index * block.widthBytes, block.widthBytes)
        }
        let range = block.values.assumingMemoryBound(to: ByteRange.self)[index]
        return (block.bytes + Int(range.start), Int(range.count))
    }

    /// A big-endian two's complement number; `nil` when it needs more than 128 bits.
    private static func bigEndianInteger(_ start: UnsafeRawPointer, count: Int) -> Int128? {
        guard count > 0 else { return 0 }
        let isNegative = start.load(as: UInt8.self) >= 0x80
        var value: Int128 = isNegative ? -1 : 0
        for offset in 0..<count {
            let byte = start.load(fromByteOffset: offset, as: UInt8.self)
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
            guard !overflow else { return nil }
            value = shifted | Int128(byte)
        }
        return value
    }

    private func byteStrings(_ block: ValueBlock, _ scratch: PageScratch) -> ValueBlock {
        let ranges = scratch.converted.claim(block.count, as: ByteRange.self)
        for index in 0..<block.count {
            ranges[index] = ByteRange(
                start: UInt32(truncatingIfNeeded: index * block.widthBytes),
                count: UInt32(truncatingIfNeeded: block.widthBytes)
            )
        }
        return ValueBlock(
            widthBytes: 0,
            count: block.count,
            values: ranges,
            bytes: block.values
        )
    }
}
