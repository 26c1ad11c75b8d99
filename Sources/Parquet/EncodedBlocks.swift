internal import Bytes

/// Bytes of the file that are encoded and not yet in the store, in blocks that never move.
///
/// One growing run would be copied and its pages cleared by the kernel time after time. The memory
/// of large blocks goes back to ``BlockPool``.
struct EncodedBlocks {
    private static let firstBlockBytes = 64 << 10

    /// A reference, because arrays cannot hold values that are not copyable.
    private final class Block {
        let memory: UnsafeMutableRawPointer
        let capacityBytes: Int
        var count = 0

        init(capacityBytes: Int) {
            self.capacityBytes = capacityBytes
            memory = BlockPool.allocate(byteCount: capacityBytes)
        }

        deinit { BlockPool.deallocate(memory, byteCount: capacityBytes) }

        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }
    }

    private var blocks: [Block] = []
    /// Bytes of the file that were taken out before.
    private var takenBytes = 0
    /// Bytes that are in the blocks.
    private(set) var count = 0

    /// Where the next byte of the file goes.
    var fileOffset: Int { takenBytes + count }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let block = openBlock()
            let taken = min(rest.count, block.capacityBytes - block.count)
            (block.memory + block.count).copyMemory(from: start, byteCount: taken)
            block.count += taken
            count += taken
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        }
    }

    mutating func append(contentsOf bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// A block with room; small ones first, so that small files stay small.
    private mutating func openBlock() -> Block {
        if let last = blocks.last, last.count < last.capacityBytes { return last }
        let wanted = min(max(fileOffset, Self.firstBlockBytes), BlockPool.blockBytes)
        let block = Block(capacityBytes: wanted)
        blocks.append(block)
        return block
    }

    /// Moves the blocks of another run behind these, without copying them.
    mutating func append(movingFrom other: inout EncodedBlocks) {
        blocks += other.blocks
        count += other.count
        other.removeAll()
    }

    /// Lends every block, then forgets all of them.
    mutating func drain(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        for block in blocks { try body(block.bytes) }
        removeAll()
    }

    /// Lends every block to a body that waits, then forgets all of them.
    mutating func drainWaiting(
        _ body: (UnsafeRawBufferPointer) async throws -> Void
    ) async rethrows {
        for block in blocks { try await body(block.bytes) }
        removeAll()
    }

    private mutating func removeAll() {
        takenBytes += count
        count = 0
        blocks.removeAll()
    }
}
