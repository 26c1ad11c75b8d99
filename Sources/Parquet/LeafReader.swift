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
    /// Where the header of the dictionary page lies in the file, once it was met.
    var dictionaryPage: Int?
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
    /// grow past `bytesMax`, in a batch of one row by more than its pages hold.
    ///
    /// After a false, what was appended is to be thrown away and ``position`` to be set back.
    func read(
        rows: Int,
        into builder: UnsafeMutablePointer<ColumnBuilder>?,
        bytesMax: Int,
        isOneRow: Bool
    ) throws(FormatError) -> Bool {
        let target = Target(
            builder: builder,
            keepsLevels: leaf.keepsLevels,
            bytesMax: bytesMax,
            isOneRow: isOneRow
        )
        return try read(rows: rows, target)
    }

    /// Steps over the next `rows` rows.
    func pass(rows: Int) throws(FormatError) {
        let nowhere = Target(builder: nil, keepsLevels: false, bytesMax: 0, isOneRow: false)
        _ = try read(rows: rows, nowhere)
    }

    private func read(rows: Int, _ target: Target) throws(FormatError) -> Bool {
        guard rows <= rowCount - position.row else {
            preconditionFailure("\(rows) rows are wanted, \(rowCount - position.row) are left")
        }
        try ensureLoaded()
        guard leaf.levels.repetition == 0 else {
            guard case .pages(_, let pages) = source else { return try readNested(rows, target) }
            return try readNested(rows, in: pages, target)
        }
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
        let isOneRow: Bool
    }

    /// Bytes that the column may take.
    ///
    /// A long value lies in its page or dictionary, and may be that long; what runs expand to is
    /// held to the limit.
    private func bytesMax(_ target: Target) -> Int {
        guard target.isOneRow else { return target.bytesMax }
        let heldBytes = scratch.body.count + dictionaryScratch.body.count
        return min(ParquetLimits.columnBytesMax, target.bytesMax + heldBytes)
    }

    func bytesLeft(_ target: Target) -> Int {
        bytesMax(target) - (target.builder?.pointee.memoryBytes ?? 0) - trace.byteCount
    }

    func endError() -> FormatError {
        error(
            "its pages end after \(position.row) rows, the row group has \(rowCount)",
            at: position.page ?? position.nextPage
        )
    }

    func error(_ message: String, at fileOffset: Int) -> FormatError {
        FormatError(file: file, "column \(leaf.path): \(message)", offset: fileOffset)
    }

    /// Runs `body` and tells faults as errors of the open page.
    func onPage<Result>(
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
            return bytesLeft(target) >= 0 ? run.count : nil
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
    func appendValues(
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
            return bytesLeft(target) >= 0
        }
        let raw = try position.values.read(
            base,
            count: valid,
            type: leaf.type,
            dictionary: dictionary,
            scratch: scratch,
            bytesMax: bytesLeft(target)
        )
        guard let raw else { return false }
        // The dictionary's values are converted already.
        let block = raw.codes == nil ? try conversion.apply(raw, scratch) : raw
        return ColumnFill(block: block, isValid: valid < rows ? isValid : nil, rowCount: rows)
            .append(to: &builder.pointee, bytesMax: bytesMax(target) - trace.byteCount)
    }
}
