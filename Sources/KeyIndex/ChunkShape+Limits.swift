extension ChunkShape {
    /// The only chunk of the smallest tables.
    static var byteCountMin: Int { 512 }

    /// Entries beyond which a group of this many chunks grows, if no chunk was full before.
    ///
    /// 64-bit keys leave room for short runs within 26 bytes a key; 128-bit keys need the memory.
    func usedMax(chunkCount: Int) -> Int {
        slotCount * chunkCount * (layout.isExact64 ? 76 : 88) / 100
    }

    /// Between which counts of entries a group keeps its number of chunks.
    ///
    /// Below, one chunk less leaves half a chunk of room; with less, a few insertions would undo it.
    func limits(chunkCount: Int) -> ClosedRange<Int> {
        let perChunk = usedMax(chunkCount: 1)
        return max(0, perChunk * (chunkCount * 2 - 3) / 2)...usedMax(chunkCount: chunkCount)
    }

    /// Chunks in which as many entries find room and a few more.
    func chunkCount(for entryCount: Int) -> Int {
        let perChunk = usedMax(chunkCount: 1) * 97 / 100
        return (entryCount + perChunk - 1) / perChunk
    }

    /// Chunks after a step of growth: the larger the step, the less often entries are moved.
    func grownChunkCount(_ chunkCount: Int) -> Int {
        let grown = chunkCount + max(1, chunkCount / (layout.isExact64 ? 4 : 9))
        let most = AddressTable.chunksPerGroupMax
        // Only even numbers can be cut in two.
        return chunkCount < most ? min(grown, most) : grown + grown % 2
    }
}
