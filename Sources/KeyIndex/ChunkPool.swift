internal import Glibc

/// The memory of one table: chunks of one size, cut from blocks of one size.
///
/// All chunks have one size, so one that a group gives back serves any other group: a table that
/// grows for days leaves no holes. Slots are visited at random, and small pages cost a miss of the
/// address cache at each visit, so blocks become huge pages: at once when the table is large, and
/// when they are full otherwise, because memory counts from its first touch on.
struct ChunkPool: ~Copyable {
    let chunkByteCount: Int
    private var blocks: [UnsafeMutableRawPointer] = []
    /// Small chunks, each by itself.
    private var singles: [UnsafeMutableRawPointer] = []
    /// Chunks of the newest block that were never handed out.
    private var untouchedCount = 0
    private var free: [UnsafeMutableRawPointer] = []
    /// Chunks whose memory the kernel has back; they read as zeros.
    private var released: [UnsafeMutableRawPointer] = []
    /// Blocks up to this many are filled chunk by chunk.
    private var hugeFrom = ChunkPool.smallBlockCount

    private static var blockByteCount: Int { 2 << 20 }
    /// What the kernel hands out; chunks of a table with many are whole pages.
    static var pageByteCount: Int { 4096 }
    /// Below this many blocks, what a huge page takes beyond its chunks would count.
    private static var smallBlockCount: Int { 32 }

    /// Chunks of fewer bytes than a page are for tables of one chunk.
    ///
    /// - Precondition: A power of two; a block holds more than one chunk.
    init(chunkByteCount: Int) {
        precondition(chunkByteCount.nonzeroBitCount == 1, "chunks lie at multiples of their size")
        precondition(chunkByteCount < Self.blockByteCount, "a block holds more than one chunk")
        self.chunkByteCount = chunkByteCount
    }

    deinit {
        for block in blocks { munmap(block, Self.blockByteCount) }
        for single in singles { Glibc.free(single) }
    }

    /// Bytes of the chunks in use and of those kept for the next use.
    var memoryBytes: Int {
        let idleCount = untouchedCount + released.count
        return blocks.count * Self.blockByteCount + (singles.count - idleCount) * chunkByteCount
    }

    /// A table of this size is to come: its blocks are huge pages from the first on.
    mutating func expect(byteCount: Int) {
        if byteCount >= Self.smallBlockCount * Self.blockByteCount { hugeFrom = 0 }
    }

    /// A chunk of zeros.
    mutating func take() -> UnsafeMutableRawPointer {
        if let chunk = free.popLast() {
            memset(chunk, 0, chunkByteCount)
            return chunk
        }
        if let chunk = released.popLast() { return chunk }
        if chunkByteCount < Self.pageByteCount { return takeSingle() }
        if untouchedCount == 0 { addBlock() }
        let block = blocks[blocks.count - 1]
        let chunk = block + (Self.blockByteCount - untouchedCount * chunkByteCount)
        untouchedCount -= 1
        if untouchedCount == 0, blocks.count <= hugeFrom { collapse(block) }
        return chunk
    }

    /// A few chunks are kept for the next use; what is given back beyond them goes to the kernel.
    mutating func give(back chunk: UnsafeMutableRawPointer) {
        let keptMax = 4 + memoryBytes / chunkByteCount / 64
        if free.count < keptMax || madvise(chunk, chunkByteCount, MADV_DONTNEED) != 0 {
            free.append(chunk)
        } else {
            released.append(chunk)
        }
    }

    private mutating func takeSingle() -> UnsafeMutableRawPointer {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, chunkByteCount, chunkByteCount) == 0, let memory else {
            fatalError("no memory for \(chunkByteCount) bytes of keys")
        }
        memset(memory, 0, chunkByteCount)
        singles.append(memory)
        return memory
    }

    private mutating func addBlock() {
        let block = Self.mapBlock()
        // Only advice: without huge pages the table is slower and no less right.
        if blocks.count >= hugeFrom {
            madvise(block, Self.blockByteCount, Int32(MADV_HUGEPAGE))
        }
        blocks.append(block)
        untouchedCount = Self.blockByteCount / chunkByteCount
    }

    /// Makes a block one huge page; kernels before 6.1 refuse and nothing is lost.
    private func collapse(_ block: UnsafeMutableRawPointer) {
        let collapseAdvice: Int32 = 25
        madvise(block, Self.blockByteCount, collapseAdvice)
    }

    /// Maps one block at a multiple of its size, as huge pages need it.
    private static func mapBlock() -> UnsafeMutableRawPointer {
        let wide = blockByteCount * 2
        let mapped = mmap(nil, wide, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else {
            fatalError("no memory for \(blockByteCount) bytes of keys")
        }
        let before = -Int(bitPattern: mapped) & (blockByteCount - 1)
        if before > 0 { munmap(mapped, before) }
        let block = mapped + before
        munmap(block + blockByteCount, wide - before - blockByteCount)
        return block
    }
}
