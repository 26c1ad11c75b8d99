/// A set of row positions, small where they lie close together or far apart.
///
/// Positions are grouped by all bits but the lowest 16; each group is held in whichever of three
/// forms it came in (``RoaringContainer``). The format's two levels, a map from the high 32 bits to
/// 32-bit bitmaps, exist in the bytes only: here all groups stand in one ascending list.
///
/// Source: Roaring bitmap format specification; Iceberg Puffin specification, `deletion-vector-v1`.
public struct RoaringBitmap: Sendable {
    /// The positions' high bits, one key per container, ascending.
    @usableFromInline var keys: [Int] = []
    /// The positions' low 16 bits; none of them is empty.
    @usableFromInline var containers: [RoaringContainer] = []

    public init() {}

    /// The set of `positions`; fastest when they ascend.
    ///
    /// - Precondition: None is negative.
    public init(_ positions: [Int]) {
        append(Self.hasAscendingGroups(positions) ? positions : positions.sorted())
    }

    /// Makes a set of containers that are known to ascend and to hold something.
    init(keys: [Int], containers: [RoaringContainer]) {
        self.keys = keys
        self.containers = containers
    }

    public var isEmpty: Bool { keys.isEmpty }

    /// Positions in the set.
    public var count: Int { containers.reduce(0) { $0 + $1.count } }

    /// The smallest position, nil when there is none.
    public var first: Int? {
        guard let key = keys.first, let container = containers.first else { return nil }
        return key << 16 | Int(container.first)
    }

    /// The largest position, nil when there is none.
    public var last: Int? {
        guard let key = keys.last, let container = containers.last else { return nil }
        return key << 16 | Int(container.last)
    }

    public func contains(_ position: Int) -> Bool {
        guard position >= 0 else { return false }
        let index = lowerBound(of: position >> 16)
        guard index < keys.count, keys[index] == position >> 16 else { return false }
        return containers[index].contains(UInt16(truncatingIfNeeded: position))
    }

    /// Adds one position.
    ///
    /// - Returns: Whether it is new.
    /// - Precondition: It is not negative.
    @discardableResult
    public mutating func insert(_ position: Int) -> Bool {
        precondition(position >= 0, "position \(position) is negative")
        let key = position >> 16
        let low = UInt16(truncatingIfNeeded: position)
        let index = lowerBound(of: key)
        if index < keys.count, keys[index] == key { return containers[index].insert(low) }
        keys.insert(key, at: index)
        containers.insert(.array([low]), at: index)
        return true
    }

    /// Adds many positions; fastest when they ascend.
    ///
    /// - Precondition: None is negative.
    public mutating func insert(contentsOf positions: [Int]) {
        formUnion(RoaringBitmap(positions))
    }

    /// Adds all positions of a range.
    ///
    /// - Precondition: It does not begin below 0.
    public mutating func insert(range: Range<Int>) {
        precondition(range.lowerBound >= 0, "position \(range.lowerBound) is negative")
        guard let last = range.last else { return }
        var added = RoaringBitmap()
        for key in (range.lowerBound >> 16)...(last >> 16) {
            let start = key == range.lowerBound >> 16 ? range.lowerBound & 0xFFFF : 0
            let end = key == last >> 16 ? last & 0xFFFF : 0xFFFF
            let run = RoaringRun(
                UInt16(truncatingIfNeeded: start),
                UInt16(truncatingIfNeeded: end)
            )
            added.keys.append(key)
            added.containers.append(.runs([run]))
        }
        formUnion(added)
    }

    /// Adds all positions of another set.
    public mutating func formUnion(_ other: RoaringBitmap) {
        guard !other.isEmpty else { return }
        guard !isEmpty else {
            self = other
            return
        }
        var missing: [Int] = []
        var index = 0
        for (otherIndex, key) in other.keys.enumerated() {
            index = lowerBound(of: key, from: index)
            if index < keys.count, keys[index] == key {
                containers[index].formUnion(other.containers[otherIndex])
            } else {
                missing.append(otherIndex)
            }
        }
        take(missing, of: other)
    }

    public func union(_ other: RoaringBitmap) -> RoaringBitmap {
        var result = self
        result.formUnion(other)
        return result
    }

    /// Brings every container into its smallest form, runs among them.
    ///
    /// Afterwards equal sets have equal bytes.
    public mutating func optimize() {
        for index in containers.indices { containers[index].optimize() }
    }
}

extension RoaringBitmap {
    /// The first container whose key is not below `key`.
    @usableFromInline
    func lowerBound(of key: Int, from start: Int = 0) -> Int {
        // Positions mostly come in order: the last container is asked first.
        if let last = keys.last, last < key { return keys.count }
        var low = start
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes over containers of another set whose keys this one does not have; `indices` ascend.
    private mutating func take(_ indices: [Int], of other: RoaringBitmap) {
        guard let first = indices.first else { return }
        if let last = keys.last, last < other.keys[first] {
            keys.append(contentsOf: indices.map { other.keys[$0] })
            containers.append(contentsOf: indices.map { other.containers[$0] })
            return
        }
        var merged = RoaringBitmap()
        merged.keys.reserveCapacity(keys.count + indices.count)
        merged.containers.reserveCapacity(keys.count + indices.count)
        var index = 0
        for otherIndex in indices {
            let end = lowerBound(of: other.keys[otherIndex], from: index)
            merged.keys.append(contentsOf: keys[index..<end])
            merged.containers.append(contentsOf: containers[index..<end])
            merged.keys.append(other.keys[otherIndex])
            merged.containers.append(other.containers[otherIndex])
            index = end
        }
        merged.keys.append(contentsOf: keys[index...])
        merged.containers.append(contentsOf: containers[index...])
        self = merged
    }

    /// Adds positions group by group, each group as a whole; the groups ascend.
    private mutating func append(_ positions: [Int]) {
        positions.withUnsafeBufferPointer { source in
            var start = 0
            while start < source.count {
                precondition(source[start] >= 0, "position \(source[start]) is negative")
                let key = source[start] >> 16
                var end = start + 1
                while end < source.count, source[end] >> 16 == key { end += 1 }
                keys.append(key)
                containers.append(RoaringContainer(positions: source.extracting(start..<end)))
                start = end
            }
        }
    }

    private static func hasAscendingGroups(_ positions: [Int]) -> Bool {
        var isAscending = true
        for index in positions.indices.dropFirst() {
            isAscending = isAscending && positions[index - 1] >> 16 <= positions[index] >> 16
        }
        return isAscending
    }
}

extension RoaringBitmap: Equatable {
    /// Whether both hold the same positions, in whichever form.
    public static func == (left: Self, right: Self) -> Bool {
        left.keys == right.keys
            && zip(left.containers, right.containers).allSatisfy { $0.holdsSame(as: $1) }
    }
}
