internal import Bytes
internal import Glibc
internal import TableModel

/// Finds the distinct values of a column chunk and gives every value the code of its own.
///
/// One builder serves the chunks of a writer one after another and keeps its memory. It stops where
/// a dictionary does not pay any longer; the values from there on are then written plainly.
struct DictionaryBuilder: ~Copyable {
    /// More distinct values than this are not worth a dictionary; codes fit 16 bits.
    private static let distinctMax = DistinctValues.countMax
    /// Readers hold a chunk's whole dictionary in memory.
    private static let dictionaryBytesMax = 1 << 20
    /// After so many rows it is asked again whether the dictionary pays.
    private static let stretchRows = 4096

    /// The distinct values, or the keys of byte strings.
    private var distinct = DistinctValues()
    /// The distinct byte strings end to end, and where they end, after a zero.
    private var bytes = ByteBuffer()
    private var offsets = ByteBuffer()
    private(set) var codes: UnsafeMutablePointer<UInt16>
    private var codeCapacity = 1 << 10
    /// Values that have a code, NULLs left out.
    private(set) var codeCount = 0
    /// One byte a distinct value, set where a page has it.
    private var presence = ByteBuffer()

    init() { codes = .allocate(capacity: codeCapacity) }

    deinit { codes.deallocate() }

    /// The entries of the dictionary: the values there are, and a zero for ``SignedZero``.
    var distinctCount: Int { distinct.count }

    /// The distinct values in the order of their codes; valid until the next build.
    func dictionary(layout: ColumnLayout) -> ColumnPiece {
        guard layout.hasOffsets else {
            let values = distinct.values.pointer
            return ColumnPiece(values: values, bytes: values, byteCount: 0, count: distinctCount)
        }
        return ColumnPiece(
            values: offsets.pointer,
            bytes: bytes.pointer,
            byteCount: bytes.count,
            count: distinctCount
        )
    }

    /// The statistics of a page's rows, whose codes start at `fromCode`.
    ///
    /// Of byte strings only the distinct values of the page are compared.
    mutating func statistics(
        _ page: [ColumnPiece],
        fromCode firstCode: Int,
        _ leaf: FieldLeaf,
        _ layout: ColumnLayout
    ) -> ValueStatistics {
        guard leaf.hasBounds, layout.hasOffsets else {
            return StatisticsScan.statistics(page, leaf)
        }
        var statistics = ValueStatistics()
        statistics.valueCount = page.reduce(0) { $0 + $1.count }
        statistics.nullCount = page.reduce(0) { $0 + $1.nullCount }
        let present = statistics.valueCount - statistics.nullCount
        guard present > 0 else { return statistics }
        presence.removeAll()
        presence.reserve(distinctCount)
        let flags = presence.pointer.assumingMemoryBound(to: UInt8.self)
        memset(flags, 0, distinctCount)
        for index in firstCode..<firstCode + present { flags[Int(codes[index])] = 1 }
        statistics.bounds = ByteStringBounds.of(
            dictionary(layout: layout),
            bytesMax: leaf.boundBytesMax,
            isTaken: { flags[$0] != 0 }
        )
        return statistics
    }

    /// Gives codes to the values of the first rows of a chunk, as far as a dictionary pays.
    ///
    /// A dictionary that `isForced` goes on to the limits, whether it pays or not.
    /// - Returns: How many rows, NULLs included, have codes; zero when no dictionary is wanted.
    mutating func build(_ pieces: [ColumnPiece], _ type: IcebergType, isForced: Bool) -> Int {
        let layout = ColumnLayout(type)
        guard layout != .boolean else { return 0 }
        prepare(rowCount: pieces.reduce(0) { $0 + $1.count })
        var gain = Gain(layout: layout)
        var codedRows = 0
        for piece in pieces {
            var offset = 0
            while offset < piece.count {
                let stretch = piece.slice(
                    offset: offset,
                    count: min(Self.stretchRows, piece.count - offset)
                )
                let before = Checkpoint(of: self)
                let taken = add(stretch, layout)
                if !isForced, taken == stretch.count, !isWorthGoingOn(since: before, layout) {
                    rollBack(to: before, layout)
                    break
                }
                gain.add(
                    stretch.slice(offset: 0, count: taken),
                    valueCount: codeCount - before.codeCount
                )
                codedRows += taken
                offset += taken
                if taken < stretch.count { break }
            }
            if offset < piece.count { break }
        }
        guard distinctCount > 0 && (isForced || gain.isThere(self)) else { return 0 }
        switch type {
        case .float: distinct.addOtherZero(of: Float.self)
        case .double: distinct.addOtherZero(of: Double.self)
        default: break
        }
        return codedRows
    }

    /// How far a build had come.
    private struct Checkpoint {
        let codeCount: Int
        let distinctCount: Int
        let valueBytes: Int

        init(of builder: borrowing DictionaryBuilder) {
            codeCount = builder.codeCount
            distinctCount = builder.distinctCount
            valueBytes = builder.bytes.count
        }
    }

    /// Forgets what was added since.
    private mutating func rollBack(to checkpoint: Checkpoint, _ layout: ColumnLayout) {
        codeCount = checkpoint.codeCount
        distinct.truncate(toCount: checkpoint.distinctCount)
        guard layout.hasOffsets else { return }
        bytes.truncate(toCount: checkpoint.valueBytes)
        offsets.truncate(toCount: (checkpoint.distinctCount + 1) * MemoryLayout<UInt32>.size)
    }

    /// Whether the last stretch looks like that of a column that a dictionary pays for.
    ///
    /// Either half of its values were known before, or as many as tell that all distinct values
    /// there are will fit: among D equally frequent ones a value is known with the probability S/D
    /// when S have been seen.
    private func isWorthGoingOn(since before: Checkpoint, _ layout: ColumnLayout) -> Bool {
        let added = codeCount - before.codeCount
        let new = distinctCount - before.distinctCount
        let known = added - new
        if known * 2 >= added { return true }
        guard known > 0, distinctCount > 0 else { return false }
        let estimate = (before.distinctCount + new / 2) * added / known
        let bytesPerValue =
            layout.hasOffsets ? bytes.count / distinctCount : layout.plainWidthBytes
        let estimatedBytes = bytesPerValue * estimate
        return estimate <= Self.distinctMax && estimatedBytes <= Self.dictionaryBytesMax
    }

    /// What the values take without the dictionary.
    private struct Gain {
        let layout: ColumnLayout
        private var plainBytes = 0
        private var valueCount = 0

        init(layout: ColumnLayout) { self.layout = layout }

        mutating func add(_ piece: ColumnPiece, valueCount: Int) {
            self.valueCount += valueCount
            switch layout {
            case .byteString: plainBytes += piece.totalBytes + valueCount * 4
            case .fixedBytes: plainBytes += piece.totalBytes
            default: plainBytes += valueCount * layout.plainWidthBytes
            }
        }

        /// Whether dictionary and codes take fewer bytes.
        func isThere(_ builder: borrowing DictionaryBuilder) -> Bool {
            let distinctCount = builder.distinctCount
            let dictionaryBytes =
                switch layout {
                case .byteString: builder.bytes.count + distinctCount * 4
                case .fixedBytes: builder.bytes.count
                default: distinctCount * layout.plainWidthBytes
                }
            let bitWidth = HybridEncoder.bitWidth(ofCodes: distinctCount)
            return distinctCount > 0 && dictionaryBytes + valueCount * bitWidth / 8 < plainBytes
        }
    }

    private mutating func prepare(rowCount: Int) {
        if rowCount > codeCapacity {
            codes.deallocate()
            codes = .allocate(capacity: rowCount)
            codeCapacity = rowCount
        }
        codeCount = 0
        distinct.removeAll()
        bytes.removeAll()
        offsets.removeAll()
        offsets.appendInteger(UInt32(0))
    }

    /// Adds the values of a piece; returns how many of its rows found room.
    private mutating func add(_ piece: ColumnPiece, _ layout: ColumnLayout) -> Int {
        switch layout {
        case .boolean: 0
        case .fourBytes: addFixed(piece, UInt32.self)
        case .eightBytes, .lowHalf: addFixed(piece, UInt64.self)
        case .sixteenBytes, .wideDecimal: addFixed(piece, UInt128.self)
        case .byteString, .fixedBytes: addBytes(piece)
        }
    }

    private mutating func addFixed<T: FixedWidthInteger & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> Int {
        let codes = self.codes
        let countMax = min(Self.distinctMax, Self.dictionaryBytesMax / MemoryLayout<T>.size)
        var code = codeCount
        defer { codeCount = code }
        for row in 0..<piece.count where piece.isValid(row) {
            let value = piece.fixed(at: row, as: T.self)
            switch distinct.place(of: value, isSame: { _ in true }) {
            case .known(let index): codes[code] = UInt16(truncatingIfNeeded: index)
            case .new(let slot):
                guard distinct.count < countMax else { return row }
                codes[code] = UInt16(truncatingIfNeeded: distinct.count)
                distinct.add(value, slot: slot)
            }
            code &+= 1
        }
        return piece.count
    }

    private mutating func addBytes(_ piece: ColumnPiece) -> Int {
        let rowOffsets = piece.offsets
        let codes = self.codes
        var code = codeCount
        defer { codeCount = code }
        for row in 0..<piece.count where piece.isValid(row) {
            let start = Int(rowOffsets[row])
            let count = Int(rowOffsets[row &+ 1]) &- start
            let source = piece.bytes + start
            let key = ByteStringKey.key(
                source,
                count: count,
                readableBytes: piece.byteCount &- start
            )
            let place = distinct.place(of: key) { index in
                count <= ByteStringKey.wholeBytesMax || isSame(index, source, count)
            }
            switch place {
            case .known(let index): codes[code] = UInt16(truncatingIfNeeded: index)
            case .new(let slot):
                guard distinct.count < Self.distinctMax,
                    bytes.count &+ count <= Self.dictionaryBytesMax
                else { return row }
                codes[code] = UInt16(truncatingIfNeeded: distinct.count)
                distinct.add(key, slot: slot)
                bytes.append(source, count: count)
                offsets.appendInteger(UInt32(truncatingIfNeeded: bytes.count))
            }
            code &+= 1
        }
        return piece.count
    }

    /// Whether a distinct byte string has these bytes.
    private func isSame(_ index: Int, _ source: UnsafeRawPointer, _ count: Int) -> Bool {
        let ends = UnsafeRawPointer(offsets.pointer).assumingMemoryBound(to: UInt32.self)
        let start = Int(ends[index])
        guard Int(ends[index &+ 1]) &- start == count else { return false }
        return memcmp(bytes.pointer + start, source, count) == 0
    }
}
