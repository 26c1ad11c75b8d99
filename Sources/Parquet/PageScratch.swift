internal import Bytes

/// Memory that a page is decoded through; kept from page to page.
final class PageScratch {
    /// The page's bytes after decompression.
    var body = ByteBuffer(capacityBytes: 1 << 10)
    /// Values in their file width or, of byte strings, starts and lengths.
    var values = ByteBuffer(capacityBytes: 16)
    /// Values in the width of the wanted column.
    var converted = ByteBuffer(capacityBytes: 16)
    /// Byte strings that were put together from pieces.
    var joined = ByteBuffer(capacityBytes: 16)
    /// Numbers of delta-encoded pages: two runs at once in those of shared prefixes.
    var numbers = ByteBuffer(capacityBytes: 16)
    var prefixes = ByteBuffer(capacityBytes: 16)
    /// Dictionary codes, 32 bits each.
    var codes = ByteBuffer(capacityBytes: 16)
    /// Levels of one step, one byte an entry.
    var levels = ByteBuffer(capacityBytes: 16)
    /// For each row of a step whether it has a value, one byte a row.
    var validity = ByteBuffer(capacityBytes: 16)
}

extension ByteBuffer {
    /// Room for `count` elements from the start on, with bytes to spare behind them.
    mutating func claim<T: BitwiseCopyable>(
        _ count: Int,
        as type: T.Type
    ) -> UnsafeMutablePointer<T> {
        removeAll()
        reserve(count * MemoryLayout<T>.stride + BitUnpacking.slackBytes)
        advance(by: count * MemoryLayout<T>.stride)
        return pointer.bindMemory(to: T.self, capacity: count)
    }
}

/// Decoded values of a step or a dictionary, NULLs left out.
///
/// It borrows memory of a ``PageScratch``, behind whose values ``BitUnpacking/slackBytes`` more may
/// be loaded.
struct ValueBlock {
    /// Bytes of one value; zero for byte strings.
    var widthBytes: Int
    var count: Int
    /// The values or, of byte strings, one ``ByteRange`` each.
    var values: UnsafeRawPointer
    /// What the ranges of byte strings count from.
    var bytes: UnsafeRawPointer
    /// Indexes into the block, each checked against its count; `nil` takes the values in order.
    var codes: UnsafePointer<UInt32>?
}

/// Where a byte string lies.
struct ByteRange: BitwiseCopyable {
    var start: UInt32
    var count: UInt32
}
