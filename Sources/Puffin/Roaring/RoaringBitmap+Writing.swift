public import Bytes

extension RoaringBitmap {
    /// Appends the 64-bit portable form: a count, then a key and a 32-bit bitmap for each of them.
    ///
    /// Containers are written in the form they have; ``optimize()`` makes them small before.
    ///
    /// Source: Roaring bitmap format specification, "Extension for 64-bit implementations".
    public func append(to target: inout ByteBuffer) {
        target.reserve(serializedByteCount)
        target.appendInteger(UInt64(groups.count))
        for group in groups {
            target.appendInteger(UInt32(truncatingIfNeeded: keys[group.lowerBound] >> 16))
            append(group, to: &target)
        }
    }

    /// The 64-bit portable form.
    public func serialized() -> [UInt8] {
        var target = ByteBuffer(capacityBytes: serializedByteCount)
        append(to: &target)
        return target.toArray()
    }

    /// Bytes of the 64-bit portable form.
    public var serializedByteCount: Int {
        groups.reduce(8) { total, group in
            group.reduce(total + 4 + headerByteCount(of: group)) { total, index in
                total + containers[index].serializedByteCount
            }
        }
    }

    /// Runs of containers whose keys have the same high 32 bits.
    private var groups: [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        while start < keys.count {
            var end = start + 1
            while end < keys.count, keys[end] >> 16 == keys[start] >> 16 { end += 1 }
            groups.append(start..<end)
            start = end
        }
        return groups
    }

    private func hasRuns(_ group: Range<Int>) -> Bool {
        containers[group].contains { if case .runs = $0 { true } else { false } }
    }

    /// Bytes of a 32-bit bitmap before its first container.
    private func headerByteCount(of group: Range<Int>) -> Int {
        let pairs = 4 * group.count
        guard hasRuns(group) else { return 8 + pairs + 4 * group.count }
        let hasOffsets = group.count >= RoaringFormat.offsetHeaderCountMin
        return 4 + (group.count + 7) / 8 + pairs + (hasOffsets ? 4 * group.count : 0)
    }

    private func append(_ group: Range<Int>, to target: inout ByteBuffer) {
        let hasRuns = hasRuns(group)
        if hasRuns {
            let countLessOne = UInt32(truncatingIfNeeded: group.count - 1)
            target.appendInteger(RoaringFormat.runCookie | countLessOne << 16)
            appendRunFlags(group, to: &target)
        } else {
            target.appendInteger(RoaringFormat.plainCookie)
            target.appendInteger(UInt32(truncatingIfNeeded: group.count))
        }
        for index in group {
            target.appendInteger(UInt16(truncatingIfNeeded: keys[index]))
            target.appendInteger(UInt16(truncatingIfNeeded: containers[index].count - 1))
        }
        if !hasRuns || group.count >= RoaringFormat.offsetHeaderCountMin {
            var offset = headerByteCount(of: group)
            for index in group {
                target.appendInteger(UInt32(truncatingIfNeeded: offset))
                offset += containers[index].serializedByteCount
            }
        }
        for index in group { containers[index].append(to: &target) }
    }

    /// Appends one bit per container, set where it holds runs.
    private func appendRunFlags(_ group: Range<Int>, to target: inout ByteBuffer) {
        var byte: UInt8 = 0
        for (bit, index) in group.enumerated() {
            if case .runs = containers[index] { byte |= 1 << UInt8(bit & 7) }
            if bit & 7 == 7 || index == group.upperBound - 1 {
                target.append(byte)
                byte = 0
            }
        }
    }
}

extension RoaringContainer {
    var serializedByteCount: Int {
        switch self {
        case .array(let values): Self.arrayByteCount(of: values.count)
        case .bitset: RoaringBitset.byteCount
        case .runs(let runs): Self.runsByteCount(of: runs.count)
        }
    }

    func append(to target: inout ByteBuffer) {
        switch self {
        case .array(let values): for value in values { target.appendInteger(value) }
        case .bitset(let bitset): for word in bitset.words { target.appendInteger(word) }
        case .runs(let runs):
            target.appendInteger(UInt16(truncatingIfNeeded: runs.count))
            for run in runs {
                target.appendInteger(run.first)
                target.appendInteger(run.last - run.first)
            }
        }
    }
}
