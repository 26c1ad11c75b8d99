internal import Bytes
internal import Glibc

/// Finds the distinct values of a column chunk and gives every row the code of its value.
///
/// One builder serves the chunks of a writer one after another and keeps its memory. It gives up
/// as soon as a dictionary cannot pay; the chunk is then written plainly.
final class DictionaryBuilder {
    /// More distinct values than this are not worth a dictionary.
    private static let distinctMax = 64 << 10
    /// Readers hold a chunk's whole dictionary in memory.
    private static let dictionaryBytesMax = 1 << 20
    /// After so many values the share of distinct ones is looked at.
    private static let sampleValues = 4096
    private static let sampleDistinctMax = 3000

    /// Hash bits above, distinct index plus one below; zero is free.
    ///
    /// A power of two of them.
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotCount = 1 << 10
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
        slots = .allocate(capacity: slotCount)
        codes = .allocate(capacity: codeCapacity)
    }

    deinit {
        slots.deallocate()
        codes.deallocate()
    }

    /// The distinct values in the order of their codes; valid until the next build.
    func dictionary(layout: ColumnLayout) -> ColumnPiece {
        let isBytes = layout == .byteString || layout.isFixedBytes
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
        guard leaf.hasBounds, layout == .byteString || layout.isFixedBytes else {
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

    /// Builds the dictionary of a chunk; false when the chunk is smaller without one.
    func build(_ pieces: [ColumnPiece], layout: ColumnLayout) -> Bool {
        prepare(rowCount: pieces.reduce(0) { $0 + $1.count })
        for piece in pieces {
            let isWorthwhile =
                switch layout {
                case .boolean: false
                case .fourBytes: addFixed(piece, UInt32.self)
                case .eightBytes, .lowHalf: addFixed(piece, UInt64.self)
                case .sixteenBytes, .wideDecimal: addFixed(piece, UInt128.self)
                case .byteString, .fixedBytes: addBytes(piece)
                }
            guard isWorthwhile else { return false }
        }
        return isSmaller(pieces, layout: layout)
    }

    private func prepare(rowCount: Int) {
        let wanted = min(max(rowCount, 512) * 2, Self.distinctMax * 2)
        let power = 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)
        if power > slotCount {
            slots.deallocate()
            slots = .allocate(capacity: power)
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

    /// Whether dictionary and codes take fewer bytes than the values would.
    private func isSmaller(_ pieces: [ColumnPiece], layout: ColumnLayout) -> Bool {
        guard distinctCount > 0 else { return false }
        let bitWidth = HybridEncoder.bitWidth(ofCodes: distinctCount)
        let codeBytes = codeCount * bitWidth / 8
        guard layout == .byteString || layout.isFixedBytes else {
            let width = layout.plainWidthBytes
            return distinctCount * width + codeBytes < codeCount * width
        }
        let overhead = layout == .byteString ? 4 : 0
        let plainBytes = pieces.reduce(codeCount * overhead) { $0 + $1.totalBytes }
        return values.count + distinctCount * overhead + codeBytes < plainBytes
    }

    private func addFixed<T: FixedWidthInteger & BitwiseCopyable>(
        _ piece: ColumnPiece,
        _ type: T.Type
    ) -> Bool {
        let source = piece.values + piece.start &* MemoryLayout<T>.size
        let mask = slotCount &- 1
        let slots = self.slots
        let codes = self.codes
        var known = UnsafeRawPointer(values.pointer)
        var code = codeCount
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
                    guard hasRoom(codesSoFar: code, moreBytes: MemoryLayout<T>.size) else {
                        return false
                    }
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
        codeCount = code
        return true
    }

    private func addBytes(_ piece: ColumnPiece) -> Bool {
        let rowOffsets = piece.offsets
        let mask = slotCount &- 1
        let slots = self.slots
        let codes = self.codes
        var known = KnownBytes(values: values.pointer, offsets: offsets.pointer)
        var code = codeCount
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
                    guard hasRoom(codesSoFar: code, moreBytes: count) else { return false }
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
        codeCount = code
        return true
    }

    /// Whether one more distinct value is allowed.
    @inline(__always)
    private func hasRoom(codesSoFar: Int, moreBytes: Int) -> Bool {
        if distinctCount >= Self.sampleDistinctMax {
            if codesSoFar <= Self.sampleValues { return false }
            if distinctCount >= Self.distinctMax { return false }
        }
        return values.count &+ moreBytes <= Self.dictionaryBytesMax
    }
}

/// The distinct byte strings so far; to be taken anew whenever one is added.
private struct KnownBytes {
    let values: UnsafeRawPointer
    let offsets: UnsafePointer<UInt32>

    @inline(__always)
    init(values: UnsafeRawPointer, offsets: UnsafeRawPointer) {
        self.values = values
        self.offsets = offsets.assumingMemoryBound(to: UInt32.self)
    }

    @inline(__always)
    func isEqual(_ index: Int, _ source: UnsafeRawPointer, count: Int) -> Bool {
        let start = Int(offsets[index])
        guard Int(offsets[index &+ 1]) &- start == count else { return false }
        return Self.isEqual(values + start, source, count)
    }

    /// Compares bytes; short ones by two overlapping loads instead of a call.
    @inline(__always)
    private static func isEqual(
        _ left: UnsafeRawPointer,
        _ right: UnsafeRawPointer,
        _ count: Int
    ) -> Bool {
        if count >= 8 && count <= 16 { return differs(left, right, count, UInt64.self) == 0 }
        if count >= 4 && count < 8 { return differs(left, right, count, UInt32.self) == 0 }
        if count >= 2 && count < 4 { return differs(left, right, count, UInt16.self) == 0 }
        return memcmp(left, right, count) == 0
    }

    /// The differing bits of the first and the last word; both lie inside of `count` bytes.
    @inline(__always)
    private static func differs<T: FixedWidthInteger & BitwiseCopyable>(
        _ left: UnsafeRawPointer,
        _ right: UnsafeRawPointer,
        _ count: Int,
        _ type: T.Type
    ) -> T {
        let last = count &- MemoryLayout<T>.size
        let first = left.loadUnaligned(as: T.self) ^ right.loadUnaligned(as: T.self)
        let tail =
            left.loadUnaligned(fromByteOffset: last, as: T.self)
            ^ right.loadUnaligned(fromByteOffset: last, as: T.self)
        return first | tail
    }
}

extension ColumnLayout {
    var isFixedBytes: Bool {
        if case .fixedBytes = self { return true }
        return false
    }
}
