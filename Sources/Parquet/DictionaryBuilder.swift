internal import Bytes
internal import Glibc

/// Finds the distinct values of a column chunk and gives every value the code of its own.
///
/// One builder serves the chunks of a writer one after another and keeps its memory. It stops where
/// a dictionary does not pay any longer; the values from there on are then written plainly.
final class DictionaryBuilder {
    /// More distinct values than this are not worth a dictionary.
    private static let distinctMax = 64 << 10
    /// Readers hold a chunk's whole dictionary in memory.
    private static let dictionaryBytesMax = 1 << 20
    /// After so many rows it is asked again whether the dictionary pays.
    private static let stretchRows = 4096

    /// Hash bits above, distinct index plus one below; zero is free.
    ///
    /// A power of two of them.
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotCount = 1 << 10
    private var slotCapacity = 1 << 10
    private(set) var codes: UnsafeMutablePointer<UInt32>
    private var codeCapacity = 1 << 10
    /// Values that have a code, NULLs left out.
    private(set) var codeCount = 0
    private(set) var distinctCount = 0
    private var values = ByteBuffer()
    private var offsets = ByteBuffer()
    /// One byte a distinct value, set where a page has it.
    private var presence = ByteBuffer()

    init() {
        slots = .allocate(capacity: slotCapacity)
        codes = .allocate(capacity: codeCapacity)
    }

    deinit {
        slots.deallocate()
        codes.deallocate()
    }

    /// The distinct values in the order of their codes; valid until the next build.
    func dictionary(layout: ColumnLayout) -> ColumnPiece {
        let isBytes = layout.hasOffsets
        return ColumnPiece(
            values: isBytes ? offsets.pointer : values.pointer,
            bytes: values.pointer,
            byteCount: values.count,
            count: distinctCount
        )
    }

    /// The statistics of a page's rows, whose codes start at `fromCode`.
    ///
    /// Of byte strings only the distinct values of the page are compared.
    func statistics(
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
        statistics.bounds = StatisticsScan.byteStrings(
            dictionary(layout: layout),
            isTaken: { flags[$0] != 0 }
        )
        return statistics
    }

    /// Gives codes to the values of the first rows of a chunk, as far as a dictionary pays.
    ///
    /// A dictionary that `isForced` goes on to the limits, whether it pays or not.
    /// - Returns: How many rows, NULLs included, have codes; zero when no dictionary is wanted.
    func build(_ pieces: [ColumnPiece], layout: ColumnLayout, isForced: Bool) -> Int {
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
                if !isForced, taken == stretch.count, !isWorthGoingOn(since: before) {
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
        return distinctCount > 0 && (isForced || gain.isThere(self)) ? codedRows : 0
    }

    /// How far a build had come.
    private struct Checkpoint {
        let codeCount: Int
        let distinctCount: Int
        let valueBytes: Int

        init(of builder: DictionaryBuilder) {
            codeCount = builder.codeCount
            distinctCount = builder.distinctCount
            valueBytes = builder.values.count
        }
    }

    /// Forgets what was added since; the slots keep it, as nothing is looked up any more.
    private func rollBack(to checkpoint: Checkpoint, _ layout: ColumnLayout) {
        codeCount = checkpoint.codeCount
        distinctCount = checkpoint.distinctCount
        values.truncate(toCount: checkpoint.valueBytes)
        guard layout.hasOffsets else { return }
        offsets.truncate(toCount: (checkpoint.distinctCount + 1) * MemoryLayout<UInt32>.size)
    }

    /// Whether the last stretch looks like that of a column that a dictionary pays for.
    ///
    /// Either half of its values were known before, or as many as tell that all distinct values
    /// there are will fit: among D equally frequent ones a value is known with the probability S/D
    /// when S have been seen.
    private func isWorthGoingOn(since before: Checkpoint) -> Bool {
        let added = codeCount - before.codeCount
        let new = distinctCount - before.distinctCount
        let known = added - new
        if known * 2 >= added { return true }
        guard known > 0, distinctCount > 0 else { return false }
        let estimate = (before.distinctCount + new / 2) * added / known
        let estimatedBytes = values.count / distinctCount * estimate
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
        func isThere(_ builder: DictionaryBuilder) -> Bool {
            let distinctCount = builder.distinctCount
            let dictionaryBytes =
                switch layout {
                case .byteString: builder.values.count + distinctCount * 4
                case .fixedBytes: builder.values.count
                default: distinctCount * layout.plainWidthBytes
                }
            let bitWidth = HybridEncoder.bitWidth(ofCodes: distinctCount)
            return distinctCount > 0 && dictionaryBytes + valueCount * bitWidth / 8 < plainBytes
        }
    }

    private func prepare(rowCount: Int) {
        let wanted = min(max(rowCount, 512) * 2, Self.distinctMax * 2)
        let power = 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)
        if power > slotCapacity {
            slots.deallocate()
            slots = .allocate(capacity: power)
            slotCapacity = power
        }
        slotCount = power
        memset(slots, 0, slotCount * MemoryLayout<UInt64>.stride)
        if rowCount > codeCapacity {
            codes.deallocate()
            codes = .allocate(capacity: rowCount)
            codeCapacity = rowCount
        }
        codeCount = 0
        distinctCount = 0
        values.removeAll()
        offsets.removeAll()
        offsets.appendInteger(UInt32(0))
    }

    /// Adds the values of a piece; returns how many of its rows found room.
    private func add(_ piece: ColumnPiece, _ layout: ColumnLayout) -> Int {
        switch layout {
        case .boolean: 0
        case .fourBytes: addFixed(piece, UInt32.self)
        case .eightBytes, .lowHalf: addFixed(piece, UInt64.self)
        case .sixteenBytes, .wideDecimal: addFixed(piece, UInt128.self)
        case .byteString, .fixedBytes: addBytes(piece)
        }
    }

    private func addFixed<T: FixedWidthInteger & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> Int {
        let source = piece.values + piece.start &* MemoryLayout<T>.size
        let mask = slotCount &- 1
        let slots = self.slots
        let codes = self.codes
        var known = UnsafeRawPointer(values.pointer)
        var code = codeCount
        defer { codeCount = code }
        for row in 0..<piece.count where piece.isValid(row) {
            let value = source.loadUnaligned(
                fromByteOffset: row &* MemoryLayout<T>.size,
                as: T.self
            )
            let hash = ValueHash.hash(value)
            let tag = hash & 0xFFFF_FFFF_0000_0000
            var slot = Int(truncatingIfNeeded: hash) & mask
            while true {
                let entry = slots[slot]
                if entry == 0 {
                    guard hasRoom(moreBytes: MemoryLayout<T>.size) else { return row }
                    values.appendInteger(value)
                    known = UnsafeRawPointer(values.pointer)
                    codes[code] = UInt32(truncatingIfNeeded: distinctCount)
                    distinctCount &+= 1
                    slots[slot] = tag | UInt64(truncatingIfNeeded: distinctCount)
                    break
                }
                let distinct = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
                let candidate = known.loadUnaligned(
                    fromByteOffset: distinct &* MemoryLayout<T>.size,
                    as: T.self
                )
                if entry & 0xFFFF_FFFF_0000_0000 == tag && candidate == value {
                    codes[code] = UInt32(truncatingIfNeeded: distinct)
                    break
                }
                slot = (slot &+ 1) & mask
            }
            code &+= 1
        }
        return piece.count
    }

    private func addBytes(_ piece: ColumnPiece) -> Int {
        let rowOffsets = piece.offsets
        let mask = slotCount &- 1
        let slots = self.slots
        let codes = self.codes
        var known = KnownBytes(values: values.pointer, offsets: offsets.pointer)
        var code = codeCount
        defer { codeCount = code }
        for row in 0..<piece.count where piece.isValid(row) {
            let start = Int(rowOffsets[row])
            let count = Int(rowOffsets[row &+ 1]) &- start
            let source = piece.bytes + start
            let hash = ValueHash.hash(source, count: count)
            let tag = hash & 0xFFFF_FFFF_0000_0000
            var slot = Int(truncatingIfNeeded: hash) & mask
            while true {
                let entry = slots[slot]
                if entry == 0 {
                    guard hasRoom(moreBytes: count) else { return row }
                    values.append(source, count: count)
                    offsets.appendInteger(UInt32(truncatingIfNeeded: values.count))
                    known = KnownBytes(values: values.pointer, offsets: offsets.pointer)
                    codes[code] = UInt32(truncatingIfNeeded: distinctCount)
                    distinctCount &+= 1
                    slots[slot] = tag | UInt64(truncatingIfNeeded: distinctCount)
                    break
                }
                let distinct = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
                if entry & 0xFFFF_FFFF_0000_0000 == tag,
                    known.isEqual(distinct, source, count: count)
                {
                    codes[code] = UInt32(truncatingIfNeeded: distinct)
                    break
                }
                slot = (slot &+ 1) & mask
            }
            code &+= 1
        }
        return piece.count
    }

    /// Whether one more distinct value is allowed.
    @inline(__always)
    private func hasRoom(moreBytes: Int) -> Bool {
        distinctCount < Self.distinctMax && values.count &+ moreBytes <= Self.dictionaryBytesMax
    }
}
