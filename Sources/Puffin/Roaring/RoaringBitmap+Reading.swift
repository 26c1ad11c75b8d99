internal import Bytes

extension RoaringBitmap {
    /// Reads the 64-bit portable form, which must fill the bytes.
    ///
    /// Everything that the bytes say twice must agree, offsets and cardinalities among it: what two
    /// readers could understand in two ways is refused.
    /// - Throws: ``RoaringFault``.
    public init(parsing bytes: RawSpan) throws(RoaringFault) {
        var reader = RoaringReader(bytes)
        self = try reader.readBitmap()
        guard reader.remaining == 0 else {
            throw RoaringFault(
                .trailingBytes,
                offset: reader.offset,
                found: reader.remaining,
                expected: 0
            )
        }
    }

    /// Reads the 64-bit portable form, which must fill the bytes.
    ///
    /// - Throws: ``RoaringFault``.
    public init(parsing bytes: [UInt8]) throws(RoaringFault) {
        try self.init(parsing: bytes.span.bytes)
    }
}

/// Reads the portable form front to back.
///
/// Source: Roaring bitmap format specification.
private struct RoaringReader: ~Escapable {
    private var bytes: ByteReader

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = ByteReader(bytes) }

    var offset: Int { bytes.offset }
    var remaining: Int { bytes.remaining }

    private mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type
    ) throws(RoaringFault) -> Int {
        do throws(WireFault) {
            return Int(truncatingIfNeeded: try bytes.readInteger(as: type))
        } catch {
            throw RoaringFault(error)
        }
    }

    @_lifetime(copy self)
    private mutating func span(_ count: Int) throws(RoaringFault) -> RawSpan {
        do throws(WireFault) {
            return try bytes.readBytes(count)
        } catch {
            throw RoaringFault(error)
        }
    }

    /// Refuses a count of items that take at least `byteCountMin` bytes each.
    private func check(_ count: Int, takingAtLeast byteCountMin: Int) throws(RoaringFault) {
        let most = remaining / byteCountMin
        guard count >= 0, count <= most else {
            throw RoaringFault(.impossibleCount, offset: offset, found: count, expected: most)
        }
    }

    mutating func readBitmap() throws(RoaringFault) -> RoaringBitmap {
        let count = try integer(UInt64.self)
        try check(count, takingAtLeast: RoaringFormat.bitmapByteCountMin)
        var keys: [Int] = []
        var containers: [RoaringContainer] = []
        var leastKey = 0
        for _ in 0..<count {
            let start = offset
            let key = try integer(UInt32.self)
            guard key <= RoaringFormat.keyMax else {
                throw RoaringFault(
                    .keyTooLarge,
                    offset: start,
                    found: key,
                    expected: RoaringFormat.keyMax
                )
            }
            guard key >= leastKey else {
                throw RoaringFault(.notAscending, offset: start, found: key, expected: leastKey)
            }
            leastKey = key + 1
            try readGroup(key: key, keys: &keys, containers: &containers)
        }
        return RoaringBitmap(keys: keys, containers: containers)
    }

    /// What the header of a 32-bit bitmap says about one container.
    private struct Head {
        var key: Int
        var count: Int
        var hasRuns: Bool
        var offset: Int?
    }

    /// Reads one 32-bit bitmap; it may be empty.
    private mutating func readGroup(
        key: Int,
        keys: inout [Int],
        containers: inout [RoaringContainer]
    ) throws(RoaringFault) {
        let start = offset
        for head in try readHeads() {
            if let expected = head.offset, expected != offset - start {
                throw RoaringFault(
                    .wrongOffset,
                    offset: offset,
                    found: expected,
                    expected: offset - start
                )
            }
            keys.append(key << 16 | head.key)
            containers.append(try readContainer(head))
        }
    }

    private mutating func readHeads() throws(RoaringFault) -> [Head] {
        let start = offset
        let cookie = try integer(UInt32.self)
        let hasRunFlags = cookie & 0xFFFF == RoaringFormat.runCookie
        guard hasRunFlags || cookie == RoaringFormat.plainCookie else {
            throw RoaringFault(.unknownCookie, offset: start, found: cookie, expected: 0)
        }
        let count = hasRunFlags ? (cookie >> 16) + 1 : try integer(UInt32.self)
        guard count <= RoaringFormat.containerCountMax else {
            throw RoaringFault(
                .impossibleCount,
                offset: start,
                found: count,
                expected: RoaringFormat.containerCountMax
            )
        }
        // A key, a cardinality and at least one value.
        try check(count, takingAtLeast: 6)
        let flags = hasRunFlags ? try span((count + 7) / 8) : nil
        var heads = try readPairs(count) { index in
            guard let flags else { return false }
            return flags.unsafeLoad(fromByteOffset: index / 8, as: UInt8.self) >> (index % 8) & 1
                == 1
        }
        if !hasRunFlags || count >= RoaringFormat.offsetHeaderCountMin {
            for index in heads.indices { heads[index].offset = try integer(UInt32.self) }
        }
        return heads
    }

    private mutating func readPairs(
        _ count: Int,
        hasRuns: (Int) -> Bool
    ) throws(RoaringFault) -> [Head] {
        var heads: [Head] = []
        heads.reserveCapacity(count)
        var leastKey = 0
        for index in 0..<count {
            let start = offset
            let key = try integer(UInt16.self)
            guard key >= leastKey else {
                throw RoaringFault(.notAscending, offset: start, found: key, expected: leastKey)
            }
            leastKey = key + 1
            let count = try integer(UInt16.self) + 1
            heads.append(Head(key: key, count: count, hasRuns: hasRuns(index)))
        }
        return heads
    }

    private mutating func readContainer(_ head: Head) throws(RoaringFault) -> RoaringContainer {
        if head.hasRuns { return .runs(try readRuns(count: head.count)) }
        if head.count > RoaringContainer.arrayCountMax {
            return .bitset(try readBitset(count: head.count))
        }
        return .array(try readArray(count: head.count))
    }

    private mutating func readArray(count: Int) throws(RoaringFault) -> [UInt16] {
        let start = offset
        let bytes = try span(2 * count)
        // The span holds `count` values, which is what the loop loads.
        let values = [UInt16](unsafeUninitializedCapacity: count) { target, filled in
            for index in 0..<count {
                target[index] = UInt16(
                    littleEndian: bytes.unsafeLoadUnaligned(
                        fromUncheckedByteOffset: 2 * index,
                        as: UInt16.self
                    )
                )
            }
            filled = count
        }
        for index in values.indices.dropFirst() where values[index] <= values[index - 1] {
            throw RoaringFault(
                .notAscending,
                offset: start + 2 * index,
                found: Int(values[index]),
                expected: Int(values[index - 1]) + 1
            )
        }
        return values
    }

    private mutating func readBitset(count: Int) throws(RoaringFault) -> RoaringBitset {
        let start = offset
        let bytes = try span(RoaringBitset.byteCount)
        let wordCount = RoaringBitset.wordCount
        let words = [UInt64](unsafeUninitializedCapacity: wordCount) { target, filled in
            for index in 0..<wordCount {
                target[index] = UInt64(
                    littleEndian: bytes.unsafeLoadUnaligned(
                        fromUncheckedByteOffset: 8 * index,
                        as: UInt64.self
                    )
                )
            }
            filled = wordCount
        }
        let bitset = RoaringBitset(words: words)
        try check(bitset.count, announced: count, at: start)
        return bitset
    }

    private mutating func readRuns(count: Int) throws(RoaringFault) -> [RoaringRun] {
        let start = offset
        let runCount = try integer(UInt16.self)
        try check(runCount, takingAtLeast: 4)
        var runs: [RoaringRun] = []
        runs.reserveCapacity(runCount)
        var leastFirst = 0
        var total = 0
        for _ in 0..<runCount {
            let runStart = offset
            let first = try integer(UInt16.self)
            let last = first + (try integer(UInt16.self))
            guard first >= leastFirst else {
                throw RoaringFault(
                    .notAscending,
                    offset: runStart,
                    found: first,
                    expected: leastFirst
                )
            }
            guard last <= 0xFFFF else {
                throw RoaringFault(.runTooLong, offset: runStart, found: last, expected: 0xFFFF)
            }
            leastFirst = last + 1
            total += last - first + 1
            runs.appendJoining(
                RoaringRun(UInt16(truncatingIfNeeded: first), UInt16(truncatingIfNeeded: last))
            )
        }
        try check(total, announced: count, at: start)
        return runs
    }

    private func check(_ held: Int, announced: Int, at start: Int) throws(RoaringFault) {
        guard held == announced else {
            throw RoaringFault(.wrongCardinality, offset: start, found: held, expected: announced)
        }
    }
}
