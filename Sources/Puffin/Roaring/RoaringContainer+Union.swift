extension RoaringContainer {
    /// Adds one value.
    ///
    /// - Returns: Whether it is new.
    mutating func insert(_ value: UInt16) -> Bool {
        switch self {
        case .array(var values):
            // Frees `values` of its second owner, so that it changes in place.
            self = .empty
            let isNew = values.insertAscending(value)
            self = .array(values)
            if values.count > Self.arrayCountMax { self = .bitset(RoaringBitset(self)) }
            return isNew
        case .bitset(var bitset):
            self = .empty
            let isNew = bitset.insert(value)
            self = .bitset(bitset)
            return isNew
        case .runs:
            guard !contains(value) else { return false }
            formUnion(.array([value]))
            return true
        }
    }

    /// Adds all values of another container.
    mutating func formUnion(_ other: RoaringContainer) {
        switch self {
        case .array(let values): self = Self.union(values, other)
        case .runs(let runs): self = Self.union(runs, other)
        case .bitset(var bitset):
            self = .empty
            bitset.formUnion(other)
            self = .bitset(bitset)
        }
    }

    /// Stands in for a moment where the values are being changed; it takes no memory.
    private static var empty: RoaringContainer { .array([]) }

    private static func union(_ left: [UInt16], _ other: RoaringContainer) -> RoaringContainer {
        switch other {
        case .array(let right):
            guard left.count + right.count > arrayCountMax else {
                return .array(merged(left, right))
            }
            return bitsetUnion(.array(left), other)
        case .bitset: return bitsetUnion(other, .array(left))
        case .runs(let right): return runUnion(left.runs(), right)
        }
    }

    private static func union(_ left: [RoaringRun], _ other: RoaringContainer) -> RoaringContainer {
        switch other {
        case .array(let right): runUnion(left, right.runs())
        case .bitset: bitsetUnion(other, .runs(left))
        case .runs(let right): runUnion(left, right)
        }
    }

    private static func bitsetUnion(
        _ left: RoaringContainer,
        _ right: RoaringContainer
    ) -> RoaringContainer {
        var bitset = RoaringBitset(left)
        bitset.formUnion(right)
        return flat(bitset)
    }

    private static func runUnion(_ left: [RoaringRun], _ right: [RoaringRun]) -> RoaringContainer {
        guard left.count + right.count <= runCountMax else {
            return bitsetUnion(.runs(left), .runs(right))
        }
        var union = RoaringContainer.runs(merged(left, right))
        union.optimize()
        return union
    }
}

extension [UInt16] {
    /// Adds a value to ascending ones.
    ///
    /// - Returns: Whether it is new.
    fileprivate mutating func insertAscending(_ value: UInt16) -> Bool {
        let index = firstIndex(notBelow: value)
        guard index == count || self[index] != value else { return false }
        insert(value, at: index)
        return true
    }
}

/// The values of both, each once.
private func merged(_ left: [UInt16], _ right: [UInt16]) -> [UInt16] {
    if let last = left.last, let first = right.first, last < first { return left + right }
    return [UInt16](unsafeUninitializedCapacity: left.count + right.count) { target, filled in
        var leftIndex = 0
        var rightIndex = 0
        while leftIndex < left.count, rightIndex < right.count {
            let leftValue = left[leftIndex]
            let rightValue = right[rightIndex]
            target[filled] = min(leftValue, rightValue)
            filled &+= 1
            leftIndex &+= leftValue <= rightValue ? 1 : 0
            rightIndex &+= rightValue <= leftValue ? 1 : 0
        }
        for value in left[leftIndex...] {
            target[filled] = value
            filled &+= 1
        }
        for value in right[rightIndex...] {
            target[filled] = value
            filled &+= 1
        }
    }
}

/// The values of both as runs.
private func merged(_ left: [RoaringRun], _ right: [RoaringRun]) -> [RoaringRun] {
    var result: [RoaringRun] = []
    result.reserveCapacity(left.count + right.count)
    var leftIndex = 0
    var rightIndex = 0
    while leftIndex < left.count || rightIndex < right.count {
        let takesLeft =
            rightIndex == right.count
            || (leftIndex < left.count && left[leftIndex].first <= right[rightIndex].first)
        if takesLeft {
            result.appendJoining(left[leftIndex])
            leftIndex += 1
        } else {
            result.appendJoining(right[rightIndex])
            rightIndex += 1
        }
    }
    return result
}
