internal import Bytes

/// Reads byte strings of which each shares a prefix with the one before, some at a time.
///
/// Source: apache/parquet-format, Encodings.md, "Delta Strings (DELTA_BYTE_ARRAY)".
struct DeltaStrings {
    private var prefixes: DeltaStream
    private var suffixes: DeltaStream
    /// Where the next suffix's bytes begin.
    private var offset: Int
    private let end: Int
    /// The value before the next one.
    private var previous: [UInt8] = []

    /// Reads what `cursor` has left: `prefixes` come first in it.
    init(_ prefixes: DeltaStream, _ cursor: PageCursor) throws(WireFault) {
        self.prefixes = prefixes
        let suffixStart = try prefixes.endOffset(cursor.base)
        suffixes = try DeltaStream(
            PageCursor(base: cursor.base, offset: suffixStart, end: cursor.end)
        )
        offset = try suffixes.endOffset(cursor.base)
        end = cursor.end
    }

    /// Puts `count` values together in `scratch`; `nil` when they take more than `bytesMax`.
    mutating func read(
        _ base: UnsafeRawPointer,
        count: Int,
        scratch: PageScratch,
        bytesMax: Int
    ) throws(WireFault) -> ValueBlock? {
        let shared = scratch.prefixes.claim(count, as: Int64.self)
        try prefixes.read(base, count: count, into: shared)
        let lengths = scratch.numbers.claim(count, as: Int64.self)
        try suffixes.read(base, count: count, into: lengths)
        let ranges = scratch.values.claim(count, as: ByteRange.self)
        let previousCount = previous.count
        scratch.joined.removeAll()
        scratch.joined.append(contentsOf: previous)
        var last = ByteRange(start: 0, count: UInt32(truncatingIfNeeded: previousCount))
        for index in 0..<count {
            guard (0...Int64(last.count)).contains(shared[index]) else {
                throw fault(wanted: Int(shared[index]), available: Int(last.count))
            }
            guard (0...Int64(end - offset)).contains(lengths[index]) else {
                throw fault(wanted: Int(lengths[index]), available: end - offset)
            }
            let total = Int(shared[index]) + Int(lengths[index])
            let start = scratch.joined.count
            guard total <= bytesMax - start + previousCount else { return nil }
            scratch.joined.reserve(total + BitUnpacking.slackBytes)
            scratch.joined.append(
                scratch.joined.pointer + Int(last.start),
                count: Int(shared[index])
            )
            scratch.joined.append(base + offset, count: Int(lengths[index]))
            offset += Int(lengths[index])
            last = ByteRange(
                start: UInt32(truncatingIfNeeded: start),
                count: UInt32(truncatingIfNeeded: total)
            )
            ranges[index] = last
        }
        previous = Array(
            UnsafeRawBufferPointer(
                start: scratch.joined.pointer + Int(last.start),
                count: Int(last.count)
            )
        )
        return ValueBlock(
            widthBytes: 0,
            count: count,
            values: ranges,
            bytes: scratch.joined.pointer
        )
    }

    private func fault(wanted: Int, available: Int) -> WireFault {
        WireFault(.impossibleLength, offset: offset, wanted: wanted, available: available)
    }
}
