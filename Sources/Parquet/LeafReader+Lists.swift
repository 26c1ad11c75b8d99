internal import Bytes
internal import Diagnostics

/// Leaves in lists: a row has any number of level entries, and may go on in the next page.
extension LeafReader {
    /// Appends rows of chosen pages, each of which has the rows that the offset index tells.
    func readNested(
        _ rows: Int,
        in pages: [PageLocation],
        _ target: Target
    ) throws(FormatError) -> Bool {
        var left = rows
        while left > 0 {
            let row = position.row
            if position.nextPage == 0 || row >= pages[position.nextPage - 1].rows.upperBound {
                guard try openNextPage(), position.row == row else { throw endError() }
            }
            let end = pages[position.nextPage - 1].rows.upperBound
            let count = min(left, end - row)
            guard try readNested(count, target) else { return false }
            left -= count
            guard position.row < end || (position.window.isEmpty && position.entriesLeft == 0)
            else {
                throw error(
                    "a page goes on after the row \(end) with which the offset index ends it",
                    at: position.page ?? 0
                )
            }
        }
        return true
    }

    /// Appends whole rows of a leaf in lists: entries up to the one that begins the row after.
    func readNested(_ rows: Int, _ target: Target) throws(FormatError) -> Bool {
        let start = position.row
        var begun = 0
        while true {
            if position.window.isEmpty {
                guard try fillWindow() else { break }
            }
            let first = position.window.next
            let cut = try onPage { () throws(WireFault) in try rowCut(rows, &begun) }
            let isDone = try onPage { () throws(WireFault) in
                try appendEntries(first..<cut, target)
            }
            guard isDone else { return false }
            position.window.next = cut
            if !position.window.isEmpty { break }
        }
        position.row = start + begun
        guard begun == rows else { throw endError() }
        if position.row == rowCount, !position.window.isEmpty {
            throw error(
                "its pages go on after the \(rowCount) rows of the row group",
                at: position.page ?? 0
            )
        }
        return true
    }

    /// Decodes the next entries; false when there are none that a row could go on in.
    private func fillWindow() throws(FormatError) -> Bool {
        while position.entriesLeft == 0 {
            // Pages that an index tells of end with a row.
            if case .pages = source { return false }
            guard try openNextPage() else { return false }
        }
        let count = min(position.entriesLeft, ParquetLimits.entriesPerStep)
        try onPage { () throws(WireFault) in
            let base = UnsafeRawPointer(scratch.body.pointer)
            let levels = scratch.levels.claim(count, as: UInt8.self)
            try position.definitions.read(
                base,
                count: count,
                levelMax: leaf.levels.definition,
                into: levels
            )
            position.window.definitions = Array(UnsafeBufferPointer(start: levels, count: count))
            try position.repetitions.read(
                base,
                count: count,
                levelMax: leaf.levels.repetition,
                into: levels
            )
            position.window.repetitions = Array(UnsafeBufferPointer(start: levels, count: count))
        }
        position.window.next = 0
        position.entriesLeft -= count
        return true
    }

    /// The entry behind the last one that belongs to the first `rows` rows.
    private func rowCut(_ rows: Int, _ begun: inout Int) throws(WireFault) -> Int {
        let next = position.window.next
        let first = position.window.repetitions[next]
        guard begun > 0 || first == 0 else {
            throw WireFault(.malformedValue, offset: 0, wanted: 0, available: Int(first))
        }
        return position.window.repetitions.withUnsafeBufferPointer { repetitions in
            var starts = 0
            for index in next..<repetitions.count { starts &+= repetitions[index] == 0 ? 1 : 0 }
            guard begun + starts > rows else {
                begun += starts
                return repetitions.count
            }
            var index = next
            while true {
                if repetitions[index] == 0 {
                    if begun == rows { return index }
                    begun += 1
                }
                index += 1
            }
        }
    }

    private func appendEntries(_ range: Range<Int>, _ target: Target) throws(WireFault) -> Bool {
        guard !range.isEmpty else { return true }
        if target.keepsLevels {
            trace.append(
                position.window.definitions[range],
                position.window.repetitions[range]
            )
        }
        guard !target.keepsLevels || bytesLeft(target) >= 0 else { return false }
        let isValid = scratch.validity.claim(range.count, as: UInt8.self)
        var slots = 0
        var valid = 0
        let slot = UInt8(truncatingIfNeeded: leaf.levels.slotDefinition)
        let most = UInt8(truncatingIfNeeded: leaf.levels.definition)
        position.window.definitions.withUnsafeBufferPointer { definitions in
            for index in range {
                let definition = definitions[index]
                // What is no slot is written over by the next one.
                isValid[slots] = definition == most ? 1 : 0
                slots &+= definition >= slot ? 1 : 0
                valid &+= definition == most ? 1 : 0
            }
        }
        let base = UnsafeRawPointer(scratch.body.pointer)
        return try appendValues(base, slots, isValid, valid, target)
    }
}
