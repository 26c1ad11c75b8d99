internal import Bytes

/// Memory that a page is decoded through; kept from page to page.
final class PageScratch {
    /// The page's bytes after decompression.
    var body = ByteBuffer(capacityBytes: 64 << 10)
    /// Values in their file width or, of byte strings, starts and lengths.
    var values = ByteBuffer(capacityBytes: 64 << 10)
    /// Values in the width of the wanted column.
    var converted = ByteBuffer(capacityBytes: 64 << 10)
    /// Byte strings that were put together from pieces.
    var joined = ByteBuffer(capacityBytes: 16)
    /// Numbers of a delta-encoded page.
    var numbers = ByteBuffer(capacityBytes: 16)
    /// Dictionary codes, 32 bits each.
    var codes = ByteBuffer(capacityBytes: 16)
    /// Definition levels, one byte a row.
    var levels = ByteBuffer(capacityBytes: 16)
}

extension ByteBuffer {
    /// Room for `count` elements from the start on, with 16 bytes to spare behind them.
    mutating func claim<T: BitwiseCopyable>(
        _ count: Int,
        as type: T.Type
    ) -> UnsafeMutablePointer<T> {
        removeAll()
        reserve(count * MemoryLayout<T>.stride + 16)
        advance(by: count * MemoryLayout<T>.stride)
        return pointer.bindMemory(to: T.self, capacity: count)
    }
}

/// Decoded values of a page or a dictionary, NULLs left out.
///
/// It borrows memory of a ``PageScratch``.
struct ValueBlock {
    /// Bytes of one value; zero for byte strings.
    var widthBytes: Int
    var count: Int
    /// The values or, of byte strings, one ``ByteRange`` each.
    var values: UnsafeRawPointer
    /// What the ranges of byte strings count from.
    var bytes: UnsafeRawPointer
}

/// Where a byte string lies.
struct ByteRange: BitwiseCopyable {
    var start: UInt32
    var count: UInt32
}
