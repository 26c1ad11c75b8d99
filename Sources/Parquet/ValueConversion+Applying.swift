internal import Bytes

extension ValueConversion {
    /// The Julian day number of 1970-01-01.
    private static let epochJulianDay: Int64 = 2_440_588

    /// Converts a block; the result borrows the scratch memory, too.
    ///
    /// Fails with `.malformedValue` at the index of a value that the wanted type cannot hold.
    func apply(_ block: ValueBlock, _ scratch: PageScratch) throws(WireFault) -> ValueBlock {
        switch self {
        case .none: block
        case .widenInt32(let isSigned):
            isSigned
                ? map(block, scratch, Int32.self) { Int64($0) }
                : map(block, scratch, UInt32.self) { Int64($0) }
        case .floatToDouble: map(block, scratch, Float.self) { Double($0) }
        case .float16ToFloat: map(block, scratch, Float16.self) { Float($0) }
        case .float16ToDouble: map(block, scratch, Float16.self) { Double($0) }
        case .int32ToInt64: map(block, scratch, Int32.self) { Int64($0) }
        case .int32ToInt128: map(block, scratch, Int32.self) { Int128($0) }
        case .int64ToInt128: map(block, scratch, Int64.self) { Int128($0) }
        case .unsigned64ToInt128: map(block, scratch, UInt64.self) { Int128($0) }
        case .multiply32(let factor):
            try checkedMap(block, scratch, Int32.self) { Self.product(Int64($0), factor) }
        case .multiply64(let factor):
            try checkedMap(block, scratch, Int64.self) { Self.product($0, factor) }
        case .divide64(let divisor):
            map(block, scratch, Int64.self) { Self.quotient($0, divisor) }
        case .int96(let units): try int96(block, scratch, unitsPerMicrosecond: units)
        case .bigEndianToInt64: try bigEndian(block, scratch) { Int64(exactly: $0) }
        case .bigEndianToInt128: try bigEndian(block, scratch) { $0 }
        case .fixedToByteStrings: byteStrings(block, scratch)
        }
    }

    private static func product(_ value: Int64, _ factor: Int64) -> Int64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// Rounds down, also below zero.
    private static func quotient(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    @inline(__always)
    private func map<Source: BitwiseCopyable, Target: BitwiseCopyable>(
        _ block: ValueBlock,
        _ scratch: PageScratch,
        _ type: Source.Type,
        _ convert: (Source) -> Target
    ) -> ValueBlock {
        let target = scratch.converted.claim(block.count, as: Target.self)
        for index in 0..<block.count {
            target[index] = convert(
                block.values.loadUnaligned(
                    fromByteOffset: index &* MemoryLayout<Source>.size,
                    as: Source.self
                )
            )
        }
        return Self.block(of: target, block.count)
    }

    @inline(__always)
    private func checkedMap<Source: BitwiseCopyable>(
        _ block: ValueBlock,
        _ scratch: PageScratch,
        _ type: Source.Type,
        _ convert: (Source) -> Int64?
    ) throws(WireFault) -> ValueBlock {
        let target = scratch.converted.claim(block.count, as: Int64.self)
        for index in 0..<block.count {
            let source = block.values.loadUnaligned(
                fromByteOffset: index &* MemoryLayout<Source>.size,
                as: Source.self
            )
            guard let value = convert(source) else { throw Self.fault(index, block) }
            target[index] = value
        }
        return Self.block(of: target, block.count)
    }

    private static func block<Target>(
        of target: UnsafeMutablePointer<Target>,
        _ count: Int
    ) -> ValueBlock {
        ValueBlock(
            widthBytes: MemoryLayout<Target>.size,
            count: count,
            values: target,
            bytes: target
        )
    }

    private static func fault(_ index: Int, _ block: ValueBlock) -> WireFault {
        WireFault(.malformedValue, offset: 0, wanted: index, available: block.count)
    }

    /// Microseconds wrap around: Spark wraps the day number of instants that lie too far away, so
    /// wrapping again gives what it meant.
    private func int96(
        _ block: ValueBlock,
        _ scratch: PageScratch,
        unitsPerMicrosecond: Int64
    ) throws(WireFault) -> ValueBlock {
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
            if unitsPerMicrosecond == 1 {
                target[index] =
                    days &* Self.dayMicroseconds &+ Self.quotient(nanoseconds, 1000)
            } else {
                let sum = Int128(days) * Int128(Self.dayMicroseconds * 1000) + Int128(nanoseconds)
                guard let value = Int64(exactly: sum) else { throw Self.fault(index, block) }
                target[index] = value
            }
        }
        return Self.block(of: target, block.count)
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
        return Self.block(of: target, block.count)
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
        // Sixteen bytes fit whatever they are; of longer numbers the first ones must be the sign.
        let extra = max(0, count - 16)
        for offset in 0..<extra {
            guard start.load(fromByteOffset: offset, as: UInt8.self) == (isNegative ? 0xFF : 0)
            else { return nil }
        }
        for offset in extra..<count {
            value = value &<< 8 | Int128(start.load(fromByteOffset: offset, as: UInt8.self))
        }
        guard (value < 0) == isNegative else { return nil }
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
