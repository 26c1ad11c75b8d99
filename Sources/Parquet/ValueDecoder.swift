internal import Bytes
internal import Glibc

/// Turns the encoded values of one page into a block of them.
struct ValueDecoder {
    let type: FileLeafType
    let scratch: PageScratch

    /// Bytes of one value in a block; zero for byte strings.
    private var widthBytes: Int {
        switch type.physicalType {
        case .boolean: 1
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .byteArray: 0
        case .fixedLengthByteArray: type.lengthBytes
        }
    }

    /// Decodes `count` values; `nil` when the encoding does not go with the type.
    func decode(
        _ cursor: inout PageCursor,
        encoding: ParquetEncoding,
        count: Int
    ) throws(WireFault) -> ValueBlock? {
        switch (encoding, type.physicalType) {
        case (.plain, .boolean): try plainBooleans(&cursor, count)
        case (.plain, .byteArray): try plainByteStrings(&cursor, count)
        case (.plain, _): try plainFixed(&cursor, count)
        case (.rle, .boolean): try runBooleans(&cursor, count)
        case (.deltaBinaryPacked, .int32): try deltaIntegers(&cursor, count, Int32.self)
        case (.deltaBinaryPacked, .int64): try deltaIntegers(&cursor, count, Int64.self)
        case (.deltaLengthByteArray, .byteArray): try deltaLengths(&cursor, count)
        case (.deltaByteArray, .byteArray): try deltaStrings(&cursor, count)
        case (.deltaByteArray, .fixedLengthByteArray): try deltaFixed(&cursor, count)
        case (.byteStreamSplit, .int32), (.byteStreamSplit, .int64), (.byteStreamSplit, .float),
            (.byteStreamSplit, .double), (.byteStreamSplit, .fixedLengthByteArray):
            try streamSplit(&cursor, count)
        default: nil
        }
    }

    private func fixedBlock(_ values: UnsafeRawPointer, _ count: Int) -> ValueBlock {
        ValueBlock(widthBytes: widthBytes, count: count, values: values, bytes: values)
    }

    private func plainFixed(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: widthBytes)
        guard !overflow else { throw cursor.fault(.impossibleLength, wanted: count) }
        let start = try cursor.take(byteCount)
        return fixedBlock(cursor.base + start, count)
    }

    private func plainBooleans(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        let start = try cursor.take((count + 7) / 8)
        let target = scratch.values.claim(count, as: UInt8.self)
        for index in 0..<count {
            let byte = cursor.base.load(fromByteOffset: start &+ index >> 3, as: UInt8.self)
            target[index] = byte >> UInt8(truncatingIfNeeded: index & 7) & 1
        }
        return fixedBlock(target, count)
    }

    private func runBooleans(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        var runs = try cursor.takeCursor(try cursor.readLength())
        let target = scratch.values.claim(count, as: UInt8.self)
        try HybridDecoder.decode(&runs, bitWidth: 1, count: count, limit: 2, into: target)
        return fixedBlock(target, count)
    }

    private func plainByteStrings(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        // Every value has four bytes of length, so the count is bounded by the page.
        guard count <= cursor.remaining / 4 else {
            throw cursor.fault(.impossibleLength, wanted: count)
        }
        let ranges = scratch.values.claim(count, as: ByteRange.self)
        for index in 0..<count {
            let length = try cursor.readLength()
            let start = try cursor.take(length)
            ranges[index] = ByteRange(
                start: UInt32(truncatingIfNeeded: start),
                count: UInt32(truncatingIfNeeded: length)
            )
        }
        return ValueBlock(widthBytes: 0, count: count, values: ranges, bytes: cursor.base)
    }

    private func deltaIntegers<T: FixedWidthInteger & BitwiseCopyable>(
        _ cursor: inout PageCursor,
        _ count: Int,
        _ type: T.Type
    ) throws(WireFault) -> ValueBlock {
        let numbers = scratch.numbers.claim(count, as: Int64.self)
        try DeltaDecoder.decode(&cursor, count: count, into: numbers)
        let target = scratch.values.claim(count, as: T.self)
        for index in 0..<count { target[index] = T(truncatingIfNeeded: numbers[index]) }
        return fixedBlock(target, count)
    }

    private func streamSplit(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        let width = widthBytes
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow else { throw cursor.fault(.impossibleLength, wanted: count) }
        let start = try cursor.take(byteCount)
        let target = scratch.values.claim(byteCount, as: UInt8.self)
        for stream in 0..<width {
            let source = cursor.base + start + stream &* count
            for index in 0..<count {
                target[index &* width &+ stream] = source.load(
                    fromByteOffset: index,
                    as: UInt8.self
                )
            }
        }
        return fixedBlock(target, count)
    }

    /// Lengths as deltas, then all bytes.
    private func deltaLengths(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        let lengths = scratch.numbers.claim(count, as: Int64.self)
        try DeltaDecoder.decode(&cursor, count: count, into: lengths)
        let ranges = scratch.values.claim(count, as: ByteRange.self)
        for index in 0..<count {
            let length = Int(lengths[index])
            let start = try cursor.take(length)
            ranges[index] = ByteRange(
                start: UInt32(truncatingIfNeeded: start),
                count: UInt32(truncatingIfNeeded: length)
            )
        }
        return ValueBlock(widthBytes: 0, count: count, values: ranges, bytes: cursor.base)
    }

    /// How much each value shares with the one before, then what follows that.
    private func deltaStrings(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        let prefixes = scratch.codes.claim(count, as: UInt64.self)
        let numbers = scratch.numbers.claim(count, as: Int64.self)
        try DeltaDecoder.decode(&cursor, count: count, into: numbers)
        for index in 0..<count { prefixes[index] = UInt64(bitPattern: numbers[index]) }
        let suffixes = try deltaLengths(&cursor, count)
        let ranges = scratch.values.pointer.bindMemory(to: ByteRange.self, capacity: count)
        scratch.joined.removeAll()
        var previous = ByteRange(start: 0, count: 0)
        for index in 0..<count {
            let suffix = ranges[index]
            guard prefixes[index] <= UInt64(previous.count) else {
                throw cursor.fault(.impossibleLength, wanted: Int(clamping: prefixes[index]))
            }
            let shared = Int(prefixes[index])
            let total = shared + Int(suffix.count)
            guard total <= ParquetLimits.pageBytesMax - scratch.joined.count else {
                throw cursor.fault(.impossibleLength, wanted: total)
            }
            scratch.joined.reserve(total)
            let start = scratch.joined.count
            scratch.joined.append(scratch.joined.pointer + Int(previous.start), count: shared)
            scratch.joined.append(suffixes.bytes + Int(suffix.start), count: Int(suffix.count))
            previous = ByteRange(
                start: UInt32(truncatingIfNeeded: start),
                count: UInt32(truncatingIfNeeded: total)
            )
            ranges[index] = previous
        }
        return ValueBlock(
            widthBytes: 0,
            count: count,
            values: ranges,
            bytes: scratch.joined.pointer
        )
    }

    /// The same for values of one length, which lie end to end afterwards.
    private func deltaFixed(
        _ cursor: inout PageCursor,
        _ count: Int
    ) throws(WireFault) -> ValueBlock {
        let block = try deltaStrings(&cursor, count)
        let ranges = block.values.assumingMemoryBound(to: ByteRange.self)
        for index in 0..<count where Int(ranges[index].count) != widthBytes {
            throw cursor.fault(.malformedValue, wanted: Int(ranges[index].count))
        }
        return fixedBlock(block.bytes, count)
    }
}
