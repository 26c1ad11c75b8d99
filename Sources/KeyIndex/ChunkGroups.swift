internal import Glibc

/// The groups of an ``AddressTable`` and the directory that finds a key's group.
struct ChunkGroups: ~Copyable {
    typealias Chunk = UnsafeMutableRawPointer

    struct Group {
        var chunks: UnsafeMutablePointer<Chunk>
        var chunkCount: UInt32
        /// How many of the first bits of its keys' orders a group fixes.
        var depth: UInt32
        /// The least order that the group covers.
        var firstOrder: UInt64
        var used: UInt32 = 0
        /// Entries beyond which the group grows.
        var usedMax: UInt32 = 0
        /// Entries at which the group is worth fewer chunks.
        var usedMin: UInt32 = 0

        /// Where in the range of its chunk an order lies, as a part of 2⁶⁴.
        @inline(__always)
        func fraction(of order: UInt64) -> UInt64 {
            (order &<< UInt64(depth)).multipliedFullWidth(by: UInt64(chunkCount)).low
        }

        /// The least order behind the group, or nil when it is the last one.
        var endOrder: UInt64? {
            let end = firstOrder &+ (1 << UInt64(64 - depth))
            return end == 0 || depth == 0 ? nil : end
        }
    }

    /// For each value of the first `directoryBits` bits of an order, a group.
    private var directory: UnsafeMutablePointer<UInt32>
    private(set) var directoryBits: UInt64
    private var groups: UnsafeMutablePointer<Group>
    private(set) var groupCount: Int
    private var groupCapacity: Int
    private(set) var chunkCount: Int
    /// Counts changes of the layout; slots found before one are gone after it.
    private(set) var layoutCount = 0

    /// Groups that divide all keys evenly; `chunks` in ascending order, the same number for each.
    init(depth: Int, chunks: [Chunk]) {
        groupCount = 1 << depth
        groupCapacity = groupCount
        chunkCount = chunks.count
        directoryBits = UInt64(depth)
        directory = .allocate(capacity: groupCount)
        groups = .allocate(capacity: groupCount)
        let perGroup = chunks.count >> depth
        precondition(perGroup << depth == chunks.count, "groups begin with equal parts")
        for index in 0..<groupCount {
            (directory + index).initialize(to: UInt32(index))
            let own = Self.list([Chunk](chunks[index * perGroup..<(index + 1) * perGroup]))
            (groups + index).initialize(
                to: Group(
                    chunks: own,
                    chunkCount: UInt32(perGroup),
                    depth: UInt32(depth),
                    firstOrder: depth == 0 ? 0 : UInt64(index) << UInt64(64 - depth)
                )
            )
        }
    }

    deinit {
        for index in 0..<groupCount { groups[index].chunks.deallocate() }
        groups.deallocate()
        directory.deallocate()
    }

    var memoryBytes: Int {
        (1 << Int(directoryBits)) * 4 + groupCapacity * MemoryLayout<Group>.stride + chunkCount * 8
    }

    subscript(index: Int) -> Group { groups[index] }

    @inline(__always)
    func index(of order: UInt64) -> Int { Int(directory[Int(order >> (64 &- directoryBits))]) }

    /// The chunk of a key, and where in the chunk's range its order lies, as a part of 2⁶⁴.
    @inline(__always)
    func place(_ order: UInt64) -> (chunk: Chunk, fraction: UInt64) {
        let group = groups + index(of: order)
        let place = (order &<< UInt64(group.pointee.depth))
            .multipliedFullWidth(by: UInt64(group.pointee.chunkCount))
        return (group.pointee.chunks[Int(truncatingIfNeeded: place.high)], place.low)
    }

    /// - Returns: Whether the group now has more entries than it should.
    @inline(__always)
    mutating func noteInsertion(into index: Int) -> Bool {
        groups[index].used &+= 1
        return groups[index].used > groups[index].usedMax
    }

    mutating func noteRemovals(_ count: Int, from index: Int) {
        groups[index].used -= UInt32(count)
    }

    mutating func setLimits(of index: Int, _ limits: ClosedRange<Int>) {
        groups[index].usedMin = UInt32(limits.lowerBound)
        groups[index].usedMax = UInt32(limits.upperBound)
    }

    /// Gives a group another list of chunks.
    mutating func replaceChunks(of index: Int, by chunks: [Chunk]) {
        chunkCount += chunks.count - Int(groups[index].chunkCount)
        layoutCount &+= 1
        groups[index].chunks.deallocate()
        groups[index].chunks = Self.list(chunks)
        groups[index].chunkCount = UInt32(chunks.count)
    }

    func chunks(of index: Int) -> [Chunk] {
        let group = groups[index]
        return [Chunk](UnsafeBufferPointer(start: group.chunks, count: Int(group.chunkCount)))
    }

    private static func list(_ chunks: [Chunk]) -> UnsafeMutablePointer<Chunk> {
        let list = UnsafeMutablePointer<Chunk>.allocate(capacity: chunks.count)
        list.initialize(from: chunks, count: chunks.count)
        return list
    }
}

extension ChunkGroups {
    /// Bits beyond which the directory does not grow: 64 MB, enough for 10¹¹ keys.
    private static var directoryBitsMax: UInt64 { 24 }
    /// Entries of the directory for each group beyond which it does not grow.
    ///
    /// Keys that are spread evenly never come near; for others a larger directory would not help.
    private static var directoryEntriesPerGroupMax: Int { 16 }

    /// Whether ``split(_:upperUsed:)`` may be called.
    func canSplit(_ index: Int) -> Bool {
        let group = groups[index]
        if group.chunkCount % 2 != 0 { return false }
        if UInt64(group.depth) < directoryBits { return true }
        return directoryBits < Self.directoryBitsMax
            && 1 << Int(directoryBits + 1) <= groupCount * Self.directoryEntriesPerGroupMax
    }

    /// Cuts a group in two, each with half of its range and of its chunks; no entry moves.
    ///
    /// `upperUsed` says how many entries lie in the upper half of its chunks.
    ///
    /// - Returns: The index of the group of the upper half.
    mutating func split(_ index: Int, upperUsed: UInt32) -> Int {
        precondition(canSplit(index), "a group of \(groups[index].chunkCount) chunks was split")
        if UInt64(groups[index].depth) == directoryBits { doubleDirectory() }
        let old = groups[index]
        let half = Int(old.chunkCount) / 2
        var upper = old
        upper.chunks = Self.list([Chunk](chunks(of: index)[half...]))
        upper.chunkCount = UInt32(half)
        upper.depth += 1
        upper.firstOrder += 1 << UInt64(63 - old.depth)
        upper.used = upperUsed
        groups[index].chunkCount = UInt32(half)
        groups[index].depth += 1
        groups[index].used -= upperUsed
        let added = appendGroup(upper)
        lead(to: added)
        layoutCount &+= 1
        return added
    }

    /// The group that was or would be cut from this one's other half: nil when there is none of
    /// the same depth.
    func sibling(of index: Int) -> Int? {
        let group = groups[index]
        guard group.depth > 0 else { return nil }
        let sibling = self.index(of: group.firstOrder ^ 1 << UInt64(64 - group.depth))
        return groups[sibling].depth == group.depth ? sibling : nil
    }

    /// Makes one group of two siblings with the same number of chunks; no entry moves.
    ///
    /// - Returns: Its index. The group with the highest index may have another one now.
    mutating func merge(_ index: Int, _ other: Int) -> Int {
        let isLower = groups[index].firstOrder < groups[other].firstOrder
        let (lower, upper) = isLower ? (index, other) : (other, index)
        precondition(
            groups[lower].chunkCount == groups[upper].chunkCount,
            "groups of \(groups[lower].chunkCount) and \(groups[upper].chunkCount) chunks merged"
        )
        let all = Self.list(chunks(of: lower) + chunks(of: upper))
        groups[lower].chunks.deallocate()
        groups[lower].chunks = all
        groups[lower].chunkCount *= 2
        groups[lower].depth -= 1
        groups[lower].used += groups[upper].used
        groups[upper].chunks.deallocate()
        lead(to: lower)
        groupCount -= 1
        layoutCount &+= 1
        guard upper != groupCount else { return lower }
        (groups + upper).update(from: groups + groupCount, count: 1)
        lead(to: upper)
        return lower == groupCount ? upper : lower
    }

    /// Makes the directory's entries for the range of a group lead to it.
    private mutating func lead(to index: Int) {
        let bits = directoryBits - UInt64(groups[index].depth)
        let first = Int(groups[index].firstOrder >> (64 - directoryBits))
        (directory + first).update(repeating: UInt32(index), count: 1 << Int(bits))
    }

    private mutating func doubleDirectory() {
        let count = 1 << Int(directoryBits)
        let doubled = UnsafeMutablePointer<UInt32>.allocate(capacity: count * 2)
        for entry in 0..<count {
            (doubled + entry * 2).initialize(repeating: directory[entry], count: 2)
        }
        directory.deallocate()
        directory = doubled
        directoryBits += 1
    }

    private mutating func appendGroup(_ group: Group) -> Int {
        if groupCount == groupCapacity {
            let bigger = UnsafeMutablePointer<Group>.allocate(capacity: groupCapacity * 2)
            bigger.moveInitialize(from: groups, count: groupCount)
            groups.deallocate()
            groups = bigger
            groupCapacity *= 2
        }
        (groups + groupCount).initialize(to: group)
        groupCount += 1
        return groupCount - 1
    }
}
