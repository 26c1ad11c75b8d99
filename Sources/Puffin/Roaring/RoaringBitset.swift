/// 65,536 bits and how many of them are set.
@usableFromInline
struct RoaringBitset: Equatable, Sendable {
    static let wordCount = 1024
    static let byteCount = 8192

    /// Value `v` is bit `v % 64` of word `v / 64`.
    @usableFromInline var words: [UInt64]
    /// Bits that are set.
    private(set) var count: Int

    init() {
        words = [UInt64](repeating: 0, count: Self.wordCount)
        count = 0
    }

    /// Takes over 1024 words.
    init(words: [UInt64]) {
        self.words = words
        count = words.reduce(0) { $0 &+ $1.nonzeroBitCount }
    }

    init(_ container: RoaringContainer) {
        switch container {
        case .bitset(let bitset): self = bitset
        default:
            self.init()
            formUnion(container)
        }
    }

    func contains(_ value: UInt16) -> Bool {
        words[Int(value >> 6)] & (1 << UInt64(value & 63)) != 0
    }

    /// - Returns: Whether the value is new.
    mutating func insert(_ value: UInt16) -> Bool {
        let bit: UInt64 = 1 << UInt64(value & 63)
        let isNew = words[Int(value >> 6)] & bit == 0
        words[Int(value >> 6)] |= bit
        if isNew { count += 1 }
        return isNew
    }

    /// Adds the low 16 bits of all positions.
    mutating func formUnion(_ positions: UnsafeBufferPointer<Int>) {
        var added = 0
        words.withUnsafeMutableBufferPointer { words in
            for position in positions {
                let bit: UInt64 = 1 << UInt64(position & 63)
                let index = (position & 0xFFFF) >> 6
                added &+= words[index] & bit == 0 ? 1 : 0
                words[index] |= bit
            }
        }
        count += added
    }

    mutating func formUnion(_ container: RoaringContainer) {
        switch container {
        case .array(let values): for value in values { _ = insert(value) }
        case .bitset(let other): formUnion(other)
        case .runs(let runs): for run in runs { insert(run) }
        }
    }

    private mutating func formUnion(_ other: RoaringBitset) {
        var total = 0
        words.withUnsafeMutableBufferPointer { words in
            other.words.withUnsafeBufferPointer { others in
                for index in 0..<Self.wordCount {
                    words[index] |= others[index]
                    total &+= words[index].nonzeroBitCount
                }
            }
        }
        count = total
    }

    private mutating func insert(_ run: RoaringRun) {
        let firstWord = Int(run.first >> 6)
        let lastWord = Int(run.last >> 6)
        for index in firstWord...lastWord {
            var mask = UInt64.max
            if index == firstWord { mask &= UInt64.max << UInt64(run.first & 63) }
            if index == lastWord { mask &= UInt64.max >> UInt64(63 - (run.last & 63)) }
            count += (mask & ~words[index]).nonzeroBitCount
            words[index] |= mask
        }
    }

    var first: UInt16 {
        let index = words.firstIndex { $0 != 0 } ?? 0
        return UInt16(truncatingIfNeeded: index << 6 | words[index].trailingZeroBitCount)
    }

    var last: UInt16 {
        let index = words.lastIndex { $0 != 0 } ?? 0
        return UInt16(truncatingIfNeeded: index << 6 | (63 - words[index].leadingZeroBitCount))
    }

    /// Calls `body` with each value of `range`, ascending.
    @inlinable
    func forEach<Failure: Error>(
        in range: ClosedRange<UInt16>,
        _ body: (UInt16) throws(Failure) -> Void
    ) throws(Failure) {
        let lastWord = Int(range.upperBound >> 6)
        var index = Int(range.lowerBound >> 6)
        var mask = UInt64.max << UInt64(range.lowerBound & 63)
        while index <= lastWord {
            if index == lastWord { mask &= UInt64.max >> UInt64(63 - (range.upperBound & 63)) }
            var word = words[index] & mask
            while word != 0 {
                try body(UInt16(truncatingIfNeeded: index << 6 | word.trailingZeroBitCount))
                word &= word &- 1
            }
            mask = .max
            index += 1
        }
    }

    func values() -> [UInt16] {
        [UInt16](unsafeUninitializedCapacity: count) { target, filled in
            forEach(in: 0...0xFFFF) { value in
                target[filled] = value
                filled &+= 1
            }
        }
    }

    /// Spans of set bits.
    var runCount: Int {
        var runs = 0
        var carry: UInt64 = 0
        for word in words {
            // A run begins where a bit is set and the one below it is not.
            runs &+= (word & ~(word << 1 | carry)).nonzeroBitCount
            carry = word >> 63
        }
        return runs
    }

    func runs() -> [RoaringRun] {
        var runs: [RoaringRun] = []
        runs.reserveCapacity(runCount)
        var next = nextValue(from: 0, isSet: true)
        while let start = next {
            let end = nextValue(from: start + 1, isSet: false) ?? 65_536
            runs.append(
                RoaringRun(UInt16(truncatingIfNeeded: start), UInt16(truncatingIfNeeded: end - 1))
            )
            next = nextValue(from: end, isSet: true)
        }
        return runs
    }

    /// The first value at `start` or behind it whose bit is as wanted.
    private func nextValue(from start: Int, isSet: Bool) -> Int? {
        guard start < 65_536 else { return nil }
        var mask = UInt64.max << UInt64(start & 63)
        for index in (start >> 6)..<Self.wordCount {
            let word = (isSet ? words[index] : ~words[index]) & mask
            if word != 0 { return index << 6 | word.trailingZeroBitCount }
            mask = .max
        }
        return nil
    }
}
