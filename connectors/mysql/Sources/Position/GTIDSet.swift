/// A set of MySQL transactions: per source (server UUID and optional tag) intervals of numbers.
///
/// Source: MySQL Reference Manual, "GTID Format and Storage".
struct GTIDSet: Equatable, Sendable {
    /// Who numbered the transactions.
    struct Source: Hashable, Comparable, Sendable {
        /// Sixteen bytes in the order of the text form.
        var uuid: UInt128
        /// Lower case; empty for transactions without a tag.
        var tag: String

        static func < (left: Self, right: Self) -> Bool {
            (left.uuid, left.tag) < (right.uuid, right.tag)
        }
    }

    /// Numbers from `first` to `last`, both included.
    struct Interval: Equatable, Sendable {
        var first: Int64
        var last: Int64
    }

    /// Sorted, without overlaps, never touching, never empty.
    private(set) var intervals: [Source: [Interval]] = [:]

    init() {}

    var isEmpty: Bool { intervals.isEmpty }
    var hasTags: Bool { intervals.keys.contains { !$0.tag.isEmpty } }

    /// Adds one transaction; mostly the number after the last one.
    mutating func insert(_ number: Int64, of source: Source) {
        guard let last = intervals[source]?.last else {
            intervals[source] = [Interval(first: number, last: number)]
            return
        }
        if number == last.last &+ 1 {
            let end = (intervals[source]?.count ?? 1) - 1
            intervals[source]?[end].last = number
        } else {
            insert(Interval(first: number, last: number), of: source)
        }
    }

    /// Adds an interval and joins it with what it touches.
    mutating func insert(_ added: Interval, of source: Source) {
        var joined = added
        var result: [Interval] = []
        for interval in intervals[source] ?? [] {
            if interval.last < joined.first - 1 || interval.first > joined.last + 1 {
                result.append(interval)
            } else {
                joined.first = min(joined.first, interval.first)
                joined.last = max(joined.last, interval.last)
            }
        }
        let place = result.firstIndex { $0.first > joined.first } ?? result.count
        result.insert(joined, at: place)
        intervals[source] = result
    }

    func contains(_ number: Int64, of source: Source) -> Bool {
        guard let list = intervals[source] else { return false }
        return Self.interval(holding: number, in: list) != nil
    }

    func isSubset(of other: GTIDSet) -> Bool {
        for (source, list) in intervals {
            guard let others = other.intervals[source] else { return false }
            for interval in list {
                guard let holder = Self.interval(holding: interval.first, in: others),
                    holder.last >= interval.last
                else { return false }
            }
        }
        return true
    }

    mutating func formUnion(_ other: GTIDSet) {
        for (source, list) in other.intervals {
            for interval in list { insert(interval, of: source) }
        }
    }

    private static func interval(holding number: Int64, in list: [Interval]) -> Interval? {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].last < number { low = middle + 1 } else { high = middle }
        }
        guard low < list.count, list[low].first <= number else { return nil }
        return list[low]
    }
}
