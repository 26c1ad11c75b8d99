internal import Bytes
internal import Columns
internal import Glibc

/// Repetition and definition levels of a page of a nested leaf, a byte each.
///
/// They are made from the top down: an entry a row first; an optional node raises the definition
/// level of the entries that are there; a list or map makes an entry of each element, or of its
/// being empty. An entry whose level was not raised has ended. It keeps its row in the columns inside
/// a structure, which are NULL with it, and loses it at the next list.
///
/// Source: apache/parquet-format, README.md "Nested Encoding".
struct NestedLevels: ~Copyable {
    private(set) var definition = ByteBuffer()
    private(set) var repetition = ByteBuffer()
    private var otherDefinition = ByteBuffer()
    private var otherRepetition = ByteBuffer()

    /// Entries of the page: values, NULLs and lists without elements.
    var count: Int { definition.count }

    /// Forgets the levels and keeps the memory.
    mutating func removeAll() {
        definition.removeAll()
        repetition.removeAll()
    }

    /// Adds the levels of some rows.
    ///
    /// - Returns: How many of the entries are values.
    mutating func append(_ rows: LeafRows, of leaf: FieldLeaf) -> Int {
        let first = count
        appendZeros(rows.count)
        var depth = Depth()
        var range = rows.start..<rows.start + rows.count
        for (column, step) in zip(rows.ancestors, leaf.steps) {
            if step.isOptional { raise(from: first, &depth, column, firstRow: range.lowerBound) }
            if step.kind == .elements { expand(from: first, &depth, column, rows: range) }
            range = column.children(of: range)
        }
        if !leaf.isRequired { raise(from: first, &depth, rows.leaf, firstRow: range.lowerBound) }
        return countEntries(from: first, level: depth.level)
    }

    /// How far down the levels are made.
    private struct Depth {
        /// The definition level of entries that have not ended.
        var level: UInt8 = 0
        /// The lowest definition level of entries that have a row in the column at hand.
        var rowLevel: UInt8 = 0
        var repetitionLevel: UInt8 = 0
    }

    private mutating func appendZeros(_ entryCount: Int) {
        definition.reserve(entryCount)
        memset(definition.pointer + definition.count, 0, entryCount)
        definition.advance(by: entryCount)
        repetition.reserve(entryCount)
        memset(repetition.pointer + repetition.count, 0, entryCount)
        repetition.advance(by: entryCount)
    }

    /// Raises the entries that have not ended and whose row of `column` is not NULL.
    private mutating func raise(
        from first: Int,
        _ depth: inout Depth,
        _ column: Column,
        firstRow: Int
    ) {
        let levels = definition.pointer.assumingMemoryBound(to: UInt8.self)
        let (level, rowLevel) = (depth.level, depth.rowLevel)
        depth.level += 1
        guard column.validity != nil else {
            for index in first..<count { levels[index] &+= levels[index] == level ? 1 : 0 }
            return
        }
        var row = firstRow
        for index in first..<count where levels[index] >= rowLevel {
            levels[index] &+= levels[index] == level && !column.isNull(row) ? 1 : 0
            row &+= 1
        }
    }

    /// Makes an entry of each element of the lists or maps that have not ended.
    private mutating func expand(
        from first: Int,
        _ depth: inout Depth,
        _ column: Column,
        rows: Range<Int>
    ) {
        let (level, rowLevel) = (depth.level, depth.rowLevel)
        depth.level += 1
        depth.rowLevel = depth.level
        depth.repetitionLevel += 1
        let entryCount = count - first
        let mostEntries = entryCount + column.children(of: rows).count
        otherDefinition.removeAll()
        otherRepetition.removeAll()
        otherDefinition.reserve(mostEntries)
        otherRepetition.reserve(mostEntries)
        let levels = definition.pointer.assumingMemoryBound(to: UInt8.self) + first
        let repetitions = repetition.pointer.assumingMemoryBound(to: UInt8.self) + first
        let newLevels = otherDefinition.pointer.assumingMemoryBound(to: UInt8.self)
        let newRepetitions = otherRepetition.pointer.assumingMemoryBound(to: UInt8.self)
        let offsets = column.values.assumingMemoryBound(to: UInt32.self)
        var row = rows.lowerBound
        var target = 0
        for index in 0..<entryCount {
            newRepetitions[target] = repetitions[index]
            newLevels[target] = levels[index]
            let isOpen = levels[index] == level
            let length = isOpen ? Int(offsets[row &+ 1] &- offsets[row]) : 0
            row &+= levels[index] >= rowLevel ? 1 : 0
            newLevels[target] &+= length > 0 ? 1 : 0
            target &+= 1
            for _ in 1..<max(length, 1) {
                newLevels[target] = depth.level
                newRepetitions[target] = depth.repetitionLevel
                target &+= 1
            }
        }
        precondition(row == rows.upperBound, "levels of \(row) rows, not of \(rows.upperBound)")
        definition.truncate(toCount: first)
        definition.append(otherDefinition.pointer, count: target)
        repetition.truncate(toCount: first)
        repetition.append(otherRepetition.pointer, count: target)
    }

    private func countEntries(from first: Int, level: UInt8) -> Int {
        let levels = definition.pointer.assumingMemoryBound(to: UInt8.self)
        var found = 0
        for index in first..<count { found &+= levels[index] == level ? 1 : 0 }
        return found
    }
}
