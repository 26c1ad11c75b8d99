internal import Glibc

/// The distinct byte strings of a dictionary so far; to be taken anew whenever one is added.
struct KnownBytes {
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
