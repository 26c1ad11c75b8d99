/// The low 16 bits of the positions of one group, in one of three forms.
///
/// Source: Roaring bitmap format specification, "Container storage".
@usableFromInline
enum RoaringContainer: Sendable {
    /// The values, ascending; at most ``arrayCountMax``.
    case array([UInt16])
    /// One bit for each of 65,536 values; more than ``arrayCountMax`` are set.
    case bitset(RoaringBitset)
    /// Spans of values, ascending; no two of them touch. At most ``runCountMax`` unless they were
    /// read so.
    case runs([RoaringRun])

    /// Where an array is as long as a bitset.
    static let arrayCountMax = 4096

    /// The most runs that are shorter than a bitset.
    static let runCountMax = 2047

    /// Groups positions that differ in their low 16 bits only; fastest when they ascend.
    init(positions: UnsafeBufferPointer<Int>) {
        if positions.count <= Self.arrayCountMax, Self.isAscending(positions) {
            let values = [UInt16](unsafeUninitializedCapacity: positions.count) { target, count in
                for index in positions.indices {
                    target[index] = UInt16(truncatingIfNeeded: positions[index])
                }
                count = positions.count
            }
            self = .array(values)
        } else {
            var bitset = RoaringBitset()
            bitset.formUnion(positions)
            self = Self.flat(bitset)
        }
    }

    /// A bitset, or an array where the bitset holds few values.
    static func flat(_ bitset: RoaringBitset) -> RoaringContainer {
        bitset.count > arrayCountMax ? .bitset(bitset) : .array(bitset.values())
    }

    private static func isAscending(_ positions: UnsafeBufferPointer<Int>) -> Bool {
        var isAscending = true
        for index in positions.indices.dropFirst() {
            isAscending = isAscending && positions[index - 1] < positions[index]
        }
        return isAscending
    }

    var count: Int {
        switch self {
        case .array(let values): values.count
        case .bitset(let bitset): bitset.count
        case .runs(let runs): runs.reduce(0) { $0 + $1.count }
        }
    }

    /// The smallest value; a container is never empty.
    var first: UInt16 {
        switch self {
        case .array(let values): values[0]
        case .bitset(let bitset): bitset.first
        case .runs(let runs): runs[0].first
        }
    }

    /// The largest value; a container is never empty.
    var last: UInt16 {
        switch self {
        case .array(let values): values[values.count - 1]
        case .bitset(let bitset): bitset.last
        case .runs(let runs): runs[runs.count - 1].last
        }
    }

    func contains(_ value: UInt16) -> Bool {
        switch self {
        case .array(let values):
            let index = values.firstIndex(notBelow: value)
            return index < values.count && values[index] == value
        case .bitset(let bitset): return bitset.contains(value)
        case .runs(let runs):
            let index = runs.firstIndex(endingNotBelow: value)
            return index < runs.count && runs[index].first <= value
        }
    }

    /// Calls `body` with each value of `range`, ascending.
    @inlinable
    func forEach<Failure: Error>(
        in range: ClosedRange<UInt16>,
        _ body: (UInt16) throws(Failure) -> Void
    ) throws(Failure) {
        switch self {
        case .array(let values):
            var index = values.firstIndex(notBelow: range.lowerBound)
            while index < values.count, values[index] <= range.upperBound {
                try body(values[index])
                index += 1
            }
        case .bitset(let bitset): try bitset.forEach(in: range, body)
        case .runs(let runs):
            var index = runs.firstIndex(endingNotBelow: range.lowerBound)
            while index < runs.count, runs[index].first <= range.upperBound {
                let first = max(runs[index].first, range.lowerBound)
                for value in first...min(runs[index].last, range.upperBound) { try body(value) }
                index += 1
            }
        }
    }

    /// Whether both hold the same values.
    func holdsSame(as other: RoaringContainer) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)): return left == right
        case (.bitset(let left), .bitset(let right)): return left == right
        case (.runs(let left), .runs(let right)): return left == right
        default:
            guard count == other.count else { return false }
            return asRuns() == other.asRuns()
        }
    }
}

/// A span of values, both ends included.
@usableFromInline
struct RoaringRun: Equatable, Sendable {
    @usableFromInline var first: UInt16
    @usableFromInline var last: UInt16

    init(_ first: UInt16, _ last: UInt16) {
        self.first = first
        self.last = last
    }

    var count: Int { Int(last) - Int(first) + 1 }
}

extension [UInt16] {
    /// Of ascending values, the index of the first that is not below `value`.
    @usableFromInline
    func firstIndex(notBelow value: UInt16) -> Int {
        if let last, last < value { return count }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension [RoaringRun] {
    /// Of ascending runs, the index of the first that ends at `value` or behind it.
    @usableFromInline
    func firstIndex(endingNotBelow value: UInt16) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].last < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Appends a run that begins behind the last one's first value; the two are joined if they touch.
    mutating func appendJoining(_ run: RoaringRun) {
        if let previous = last, Int(run.first) <= Int(previous.last) + 1 {
            self[count - 1].last = Swift.max(previous.last, run.last)
        } else {
            append(run)
        }
    }
}
