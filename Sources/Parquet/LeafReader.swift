internal import Bytes
internal import Columns
internal import Diagnostics

/// Reads one leaf's column chunk from front to back, some rows at a time.
///
/// The pages' bytes were fetched before. Of them one page is decompressed at a time, and of that
/// some thousand values are decoded at a time, so what a page claims costs no memory.
final class LeafReader {
    let file: String
    let leaf: ReadLeaf
    let codec: PageCodec
    /// Rows of the row group.
    let rowCount: Int
    /// Level entries that all pages of the chunk have together.
    let entryCount: Int
    let source: LeafSource
    let fetched: [FileBytes]

    let scratch = PageScratch()
    let dictionaryScratch = PageScratch()
    var dictionary: ValueBlock?
    /// The page whose bytes ``scratch`` holds.
    var loadedPage: Int?

    /// Where the reader is; setting it to what it was goes back there.
    var position = LeafPosition()
    /// The levels of what was read since it was emptied, if the leaf keeps them.
    var trace = LevelTrace()

    init(
        file: String,
        leaf: ReadLeaf,
        chunk: FileChunk,
        codec: PageCodec,
        rowCount: Int,
        source: LeafSource,
        fetched: [FileBytes]
    ) throws(FormatError) {
        self.file = file
        self.leaf = leaf
        self.codec = codec
        self.rowCount = rowCount
        self.source = source
        self.fetched = fetched
        entryCount = chunk.valueCount
        guard entryCount >= 0, leaf.levels.repetition > 0 || entryCount == rowCount else {
            throw error(
                "the footer counts \(entryCount) values, the row group has \(rowCount) rows",
                at: chunk.startOffset
            )
        }
        switch source {
        case .whole(let range): position.nextPage = range.lowerBound
        case .pages(let dictionary, _):
            if let dictionary { try readDictionary(in: dictionary) }
        }
    }

    /// Appends the next `rows` rows to `builder` and keeps their levels; false when the column would
    /// grow past `bytesMax`.
    ///
    /// After a false, what was appended is to be thrown away and ``position`` to be set back.
    func read(
        rows: Int,
        into builder: UnsafeMutablePointer<ColumnBuilder>?,
        bytesMax: Int
    ) throws(FormatError) -> Bool {
        let target = Target(builder: builder, keepsLevels: leaf.keepsLevels, bytesMax: bytesMax)
        return try read(rows: rows, target)
    }

    /// Steps over the next `rows` rows.
    func pass(rows: Int) throws(FormatError) {
        let nowhere = Target(
            builder: nil,
            keepsLevels: false,
            bytesMax: ParquetLimits.columnBytesMax
        )
        _ = try read(rows: rows, nowhere)
    }

    private func read(rows: Int, _ target: Target) throws(FormatError) -> Bool {
        guard rows <= rowCount - position.row else {
            preconditionFailure("\(rows) rows are wanted, \(rowCount - position.row) are left")
        }
        try ensureLoaded()
        guard leaf.levels.repetition == 0 else { return try readNested(rows, target) }
        var left = rows
        while left > 0 {
            if position.entriesLeft == 0 {
                guard try openNextPage() else { throw endError() }
            }
            let countMax = min(left, position.entriesLeft)
            let count = try onPage { () throws(WireFault) in try readFlat(countMax, target) }
            guard let count else { return false }
            position.entriesLeft -= count
            position.row += count
            left -= count
        }
        return true
    }

    /// Where values go, if they go anywhere.
    struct Target {
        let builder: UnsafeMutablePointer<ColumnBuilder>?
        let keepsLevels: Bool
        let bytesMax: Int

        var bytesLeft: Int { bytesMax - (builder?.pointee.memoryBytes ?? 0) }
    }

    private func endError() -> FormatError {
        error(
            "its pages end after \(position.row) rows, the row group has \(rowCount)",
            at: position.page ?? position.nextPage
        )
    }

    func error(_ message: String, at fileOffset: Int) -> FormatError {
        FormatError(file: file, "column \(leaf.path): \(message)", offset: fileOffset)
    }

    /// Runs `body` and tells faults as errors of the open page.
    private func onPage<Result>(
        _ body: () throws(WireFault) -> Result
    ) throws(FormatError) -> Result {
        do throws(WireFault) {
            return try body()
        } catch {
            throw self.error(
                "a page of encoding \(position.encoding) is damaged: \(error)",
                at: position.page ?? 0
            )
        }
    }

    /// Appends some of the next rows of a leaf outside of lists, `countMax` at most, one run of
    /// levels at a time; `nil` when they take too many bytes.
    private func readFlat(_ countMax: Int, _ target: Target) throws(WireFault) -> Int? {
        let base = UnsafeRawPointer(scratch.body.pointer)
        let levelMax = leaf.levels.definition
        let step = min(countMax, ParquetLimits.entriesPerStep)
        guard levelMax > 0 else {
            return try appendValues(base, step, nil, step, target) ? step : nil
        }
        let levels = scratch.levels.claim(step, as: UInt8.self)
        let run = try position.definitions.next(
            base,
            countMax: step,
            levelMax: levelMax,
            into: levels
        )
        if let level = run.level {
            if target.keepsLevels { trace.append(level, count: run.count) }
            if level == levelMax {
                return try appendValues(base, run.count, nil, run.count, target) ? run.count : nil
            }
            target.builder?.pointee.appendNulls(run.count)
            return target.bytesLeft >= 0 ? run.count : nil
        }
        if target.keepsLevels { trace.append(UnsafeBufferPointer(start: levels, count: run.count)) }
        // Levels of one bit are the flags already.
        var isValid = levels
        if levelMax > 1 {
            isValid = scratch.validity.claim(run.count, as: UInt8.self)
            let most = UInt8(truncatingIfNeeded: levelMax)
            for index in 0..<run.count { isValid[index] = levels[index] == most ? 1 : 0 }
        }
        var valid = 0
        for index in 0..<run.count { valid &+= Int(isValid[index]) }
        let isDone = try appendValues(base, run.count, isValid, valid, target)
        return isDone ? run.count : nil
    }

    /// Appends `rows` rows of which `valid` have a value, those with a one in `isValid`.
    private func appendValues(
        _ base: UnsafeRawPointer,
        _ rows: Int,
        _ isValid: UnsafePointer<UInt8>?,
        _ valid: Int,
        _ target: Target
    ) throws(WireFault) -> Bool {
        guard let conversion = leaf.conversion else { return true }
        guard let builder = target.builder else {
            try position.values.skip(base, count: valid, type: leaf.type, scratch: scratch)
            return true
        }
        guard valid > 0 else {
            builder.pointee.appendNulls(rows)
            return target.bytesLeft >= 0
        }
        let raw = try position.values.read(
            base,
            count: valid,
            type: leaf.type,
            dictionary: dictionary,
            scratch: scratch,
            bytesMax: target.bytesLeft
        )
        guard let raw else { return false }
        // The dictionary's values are converted already.
        let block = raw.codes == nil ? try conversion.apply(raw, scratch) : raw
        return ColumnFill(block: block, isValid: valid < rows ? isValid : nil, rowCount: rows)
            .append(to: &builder.pointee, bytesMax: target.bytesMax)
    }

    // MARK: Lists

    /// Appends whole rows of a leaf in lists: entries up to the one that begins the row after.
    private func readNested(_ rows: Int, _ target: Target) throws(FormatError) -> Bool {
        let start = position.row
        var begun = 0
        while true {
            if position.window.isEmpty {
                guard try fillWindow(isLast: begun == rows) else { break }
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

    /// Decodes the next entries; false when there are none, or none that the row could go on in.
    private func fillWindow(isLast: Bool) throws(FormatError) -> Bool {
        while position.entriesLeft == 0 {
            // Pages that an index tells of begin with a row.
            if isLast, case .pages = source { return false }
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
        guard trace.count <= target.bytesMax else { return false }
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
