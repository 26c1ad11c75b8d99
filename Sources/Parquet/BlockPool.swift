internal import Glibc
internal import Synchronization

/// Memory for encoded bytes that outlives the files it was taken for.
///
/// The allocator gives blocks of this size back to the kernel, which clears every page anew for the
/// next file; that takes longer than encoding some columns.
enum BlockPool {
    /// Bytes of a block that is kept; smaller ones are the allocator's.
    static let blockBytes = 4 << 20
    /// Blocks that are kept for the next file, over all threads.
    private static let keptBlocksMax = 16
    private static let hugePageBytes = 2 << 20

    private struct Memory: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    private static let kept = Mutex<[Memory]>([])

    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount == blockBytes else {
            return .allocate(byteCount: byteCount, alignment: 16)
        }
        if let memory = kept.withLock({ $0.popLast() }) { return memory.pointer }
        let pointer = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount,
            alignment: hugePageBytes
        )
        // Advice alone: where there are no huge pages, small ones do.
        _ = madvise(pointer, byteCount, MADV_HUGEPAGE)
        return pointer
    }

    static func deallocate(_ pointer: UnsafeMutableRawPointer, byteCount: Int) {
        let memory = Memory(pointer: pointer)
        let isKept =
            byteCount == blockBytes
            && kept.withLock { blocks in
                guard blocks.count < keptBlocksMax else { return false }
                blocks.append(memory)
                return true
            }
        if !isKept { pointer.deallocate() }
    }
}
