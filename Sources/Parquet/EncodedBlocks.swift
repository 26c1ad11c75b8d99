internal import Bytes

/// Bytes of the file that are encoded and not yet in the store, in blocks that never move.
///
/// Blocks are small enough that the allocator hands the memory of written ones out again; one
/// growing run would be copied and its pages cleared by the kernel time after time.
struct EncodedBlocks {
    private static let firstBlockBytes = 64 << 10
    private static let blockBytesMax = 4 << 20

    /// A reference, because arrays cannot hold buffers that are not copyable.
    private final class Block {
        var buffer: ByteBuffer
        let capacityBytes: Int

        init(capacityBytes: Int) {
            self.capacityBytes = capacityBytes
            buffer = ByteBuffer(capacityBytes: capacityBytes)
        }
    }

    private var blocks: [Block] = []
    /// Bytes of the file that were taken out before.
    private var takenBytes = 0
    /// Bytes that are in the blocks.
    private(set) var count = 0

    /// Where the next byte of the file goes.
    var fileOffset: Int { takenBytes + count }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        let block = block(for: bytes.count)
        block.buffer.append(start, count: bytes.count)
        count += bytes.count
    }

    mutating func append(contentsOf bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    private mutating func block(for byteCount: Int) -> Block {
        if let last = blocks.last, last.capacityBytes - last.buffer.count >= byteCount {
            return last
        }
        let wanted = min(max(fileOffset, Self.firstBlockBytes), Self.blockBytesMax)
        let block = Block(capacityBytes: max(wanted, byteCount))
        blocks.append(block)
        return block
    }

    /// Lends every block, then forgets all of them.
    mutating func drain(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        for block in blocks { try block.buffer.withBytes(body) }
        removeAll()
    }

    /// Lends every block to a body that waits, then forgets all of them.
    mutating func drainWaiting(
        _ body: (UnsafeRawBufferPointer) async throws -> Void
    ) async rethrows {
        for block in blocks {
            try await body(
                UnsafeRawBufferPointer(start: block.buffer.pointer, count: block.buffer.count)
            )
        }
        removeAll()
    }

    private mutating func removeAll() {
        takenBytes += count
        count = 0
        blocks.removeAll()
    }
}
