internal import Bytes

extension ValueStream {
    /// Decodes the next `count` values; `nil` when they take more than `bytesMax`.
    ///
    /// The block borrows `scratch` and, of byte strings, the page at `base`. `dictionary` is the
    /// one that the stream was made with.
    mutating func read(
        _ base: UnsafeRawPointer,
        count: Int,
        type: FileLeafType,
        dictionary: ValueBlock?,
        scratch: PageScratch,
        bytesMax: Int
    ) throws(WireFault) -> ValueBlock? {
        let width = type.widthBytes
        switch self {
        case .plainFixed(let offset, let end):
            let byteCount = try Self.byteCount(count, width, offset: offset, end: end)
            self = .plainFixed(offset: offset + byteCount, end: end)
            return Self.fixed(base + offset, count, width)
        case .plainBooleans(let bitOffset, let bitEnd):
            guard count <= bitEnd - bitOffset else {
                throw WireFault(
                    .truncated,
                    offset: bitOffset / 8,
                    wanted: (count + 7) / 8,
                    available: (bitEnd - bitOffset) / 8
                )
            }
            let target = scratch.values.claim(count, as: UInt8.self)
            BitUnpacking.unpack(base, bitOffset: bitOffset, bitWidth: 1, count: count, into: target)
            self = .plainBooleans(bitOffset: bitOffset + count, bitEnd: bitEnd)
            return Self.fixed(target, count, 1)
        case .runBooleans(var stream):
            let target = scratch.values.claim(count, as: UInt8.self)
            try stream.read(base, count: count, limit: 2, into: target)
            self = .runBooleans(stream)
            return Self.fixed(target, count, 1)
        case .codes(var stream, let dictionaryCount):
            let codes = scratch.codes.claim(count, as: UInt32.self)
            try stream.read(base, count: count, limit: dictionaryCount, into: codes)
            self = .codes(stream, dictionaryCount: dictionaryCount)
            var block = dictionary
            block?.codes = UnsafePointer(codes)
            return block
        case .deltaNumbers(var stream):
            let numbers = scratch.numbers.claim(count, as: Int64.self)
            try stream.read(base, count: count, into: numbers)
            self = .deltaNumbers(stream)
            if width == 8 { return Self.fixed(numbers, count, 8) }
            let target = scratch.values.claim(count, as: Int32.self)
            for index in 0..<count { target[index] = Int32(truncatingIfNeeded: numbers[index]) }
            return Self.fixed(target, count, 4)
        case .streamSplit(let offset, let stride, let next):
            guard count <= stride - next else {
                throw WireFault(.truncated, offset: offset, wanted: count, available: stride - next)
            }
            self = .streamSplit(offset: offset, stride: stride, next: next + count)
            return Self.joined(base + offset + next, stride, count, width, scratch)
        case .plainByteStrings, .deltaLengths, .deltaStrings:
            return try readByteStrings(
                base,
                count: count,
                type: type,
                scratch: scratch,
                bytesMax: bytesMax
            )
        }
    }

    private static func fixed(
        _ values: UnsafeRawPointer,
        _ count: Int,
        _ widthBytes: Int
    ) -> ValueBlock {
        ValueBlock(widthBytes: widthBytes, count: count, values: values, bytes: values)
    }

    private static func byteCount(
        _ count: Int,
        _ width: Int,
        offset: Int,
        end: Int
    ) throws(WireFault) -> Int {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, byteCount <= end - offset else {
            throw WireFault(
                .truncated,
                offset: offset,
                wanted: overflow ? .max : byteCount,
                available: end - offset
            )
        }
        return byteCount
    }

    /// Puts values together whose bytes lie in one stream each.
    private static func joined(
        _ start: UnsafeRawPointer,
        _ stride: Int,
        _ count: Int,
        _ width: Int,
        _ scratch: PageScratch
    ) -> ValueBlock {
        let target = scratch.values.claim(count * width, as: UInt8.self)
        for stream in 0..<width {
            let source = start + stream &* stride
            for index in 0..<count {
                target[index &* width &+ stream] = source.load(
                    fromByteOffset: index,
                    as: UInt8.self
                )
            }
        }
        return fixed(target, count, width)
    }

    private mutating func readByteStrings(
        _ base: UnsafeRawPointer,
        count: Int,
        type: FileLeafType,
        scratch: PageScratch,
        bytesMax: Int
    ) throws(WireFault) -> ValueBlock? {
        switch self {
        case .plainByteStrings(let offset, let end):
            var cursor = PageCursor(base: base, offset: offset, end: end)
            // Every value has four bytes of length, so the bytes bound the count.
            guard count <= cursor.remaining / 4 else {
                throw cursor.fault(.truncated, wanted: count)
            }
            let ranges = scratch.values.claim(count, as: ByteRange.self)
            for index in 0..<count {
                let length = try cursor.readLength()
                ranges[index] = Self.range(try cursor.take(length), length)
            }
            self = .plainByteStrings(offset: cursor.offset, end: end)
            return Self.byteStrings(ranges, count, base)
        case .deltaLengths(var stream, let offset, let end):
            var cursor = PageCursor(base: base, offset: offset, end: end)
            let lengths = scratch.numbers.claim(count, as: Int64.self)
            try stream.read(base, count: count, into: lengths)
            let ranges = scratch.values.claim(count, as: ByteRange.self)
            for index in 0..<count {
                let length = Int(lengths[index])
                ranges[index] = Self.range(try cursor.take(length), length)
            }
            self = .deltaLengths(stream, offset: cursor.offset, end: end)
            return Self.byteStrings(ranges, count, base)
        case .deltaStrings(var stream):
            let block = try stream.read(base, count: count, scratch: scratch, bytesMax: bytesMax)
            self = .deltaStrings(stream)
            guard let block, type.physicalType == .fixedLengthByteArray else { return block }
            return try Self.endToEnd(block, type.widthBytes, scratch)
        default: return nil
        }
    }

    @inline(__always)
    private static func range(_ start: Int, _ count: Int) -> ByteRange {
        ByteRange(
            start: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: count)
        )
    }

    private static func byteStrings(
        _ ranges: UnsafePointer<ByteRange>,
        _ count: Int,
        _ bytes: UnsafeRawPointer
    ) -> ValueBlock {
        ValueBlock(widthBytes: 0, count: count, values: ranges, bytes: bytes)
    }

    /// Joined strings as values of one length: they follow each other already.
    private static func endToEnd(
        _ block: ValueBlock,
        _ width: Int,
        _ scratch: PageScratch
    ) throws(WireFault) -> ValueBlock {
        let ranges = block.values.assumingMemoryBound(to: ByteRange.self)
        for index in 0..<block.count where Int(ranges[index].count) != width {
            throw WireFault(
                .malformedValue,
                offset: Int(ranges[index].start),
                wanted: Int(ranges[index].count),
                available: width
            )
        }
        let start = block.count > 0 ? Int(ranges[0].start) : 0
        return fixed(block.bytes + start, block.count, width)
    }

    /// Steps over `count` values.
    mutating func skip(
        _ base: UnsafeRawPointer,
        count: Int,
        type: FileLeafType,
        scratch: PageScratch
    ) throws(WireFault) {
        switch self {
        case .plainFixed(let offset, let end):
            let byteCount = try Self.byteCount(count, type.widthBytes, offset: offset, end: end)
            self = .plainFixed(offset: offset + byteCount, end: end)
        case .codes(var stream, let dictionaryCount):
            try stream.skip(base, count: count)
            self = .codes(stream, dictionaryCount: dictionaryCount)
        default:
            var left = count
            var step = ParquetLimits.entriesPerStep
            while left > 0 {
                var stream = self
                let taken = min(left, step)
                let block = try stream.read(
                    base,
                    count: taken,
                    type: type,
                    dictionary: nil,
                    scratch: scratch,
                    bytesMax: taken > 1
                        ? ParquetLimits.passedBytesMax : ParquetLimits.columnBytesMax
                )
                if block != nil {
                    self = stream
                    left -= taken
                } else if taken > 1 {
                    step = taken / 2
                } else {
                    throw WireFault(
                        .impossibleLength,
                        offset: 0,
                        wanted: count,
                        available: ParquetLimits.columnBytesMax
                    )
                }
            }
        }
    }
}
