extension AddressTable {
    /// Gives memory back when entries of a group were removed.
    mutating func shrinkIfSparse(_ group: Int) {
        let before = groups[group]
        guard before.used <= before.usedMin else { return }
        let chunkCount = Int(before.chunkCount)
        if chunkCount > 1 {
            relayOut(group, chunkCount: chunkCount - 1)
            if groups[group].chunkCount >= before.chunkCount {
                // Keys that lie close together do not fit less; try again when more are gone.
                let later = Int(before.used) - shape.usedMax(chunkCount: 1) / 4
                groups.setLimits(of: group, max(0, later)...shape.usedMax(chunkCount: chunkCount))
            }
        }
        mergeIfSmall(group)
    }

    private mutating func mergeIfSmall(_ group: Int) {
        guard let sibling = groups.sibling(of: group) else { return }
        let most = Int(max(groups[group].chunkCount, groups[sibling].chunkCount))
        guard most * 2 <= Self.chunksPerGroupMax * 5 / 6 else { return }
        for half in [group, sibling] where Int(groups[half].chunkCount) < most {
            relayOut(half, chunkCount: most)
        }
        guard groups[group].chunkCount == groups[sibling].chunkCount else { return }
        let merged = groups.merge(group, sibling)
        let chunkCount = Int(groups[merged].chunkCount)
        groups.setLimits(of: merged, shape.limits(chunkCount: chunkCount))
    }

    /// Fills a group anew with the entries whose address is not unwanted.
    mutating func removeEntries(of group: Int, where isUnwanted: (UInt64) -> Bool) {
        var entries: [AddressEntry] = []
        let chunks = groups.chunks(of: group)
        for chunk in chunks {
            forEachEntry(of: chunk) { if !isUnwanted($0.address) { entries.append($0) } }
        }
        let removedCount = Int(groups[group].used) - entries.count
        guard removedCount > 0 else { return }
        for chunk in chunks { pool.give(back: chunk) }
        let wanted = max(1, shape.chunkCount(for: entries.count))
        let depth = UInt64(groups[group].depth)
        adopt(filled(from: wanted, with: entries, depth: depth), for: group)
        groups.noteRemovals(removedCount, from: group)
        count -= removedCount
    }

    /// Makes every slot one byte larger, for addresses beyond 2³² - 2.
    mutating func widen(for address: UInt64) {
        let wide = SlotLayout(isExact64: isExact64, isWide: true)
        precondition(address < wide.addressEnd, "an address has 40 bits")
        let narrow = shape
        for group in 0..<groups.groupCount {
            shape = narrow
            let chunks = groups.chunks(of: group)
            var entries: [AddressEntry] = []
            for chunk in chunks {
                forEachEntry(of: chunk) { entries.append($0) }
                pool.give(back: chunk)
            }
            shape = ChunkShape(layout: wide, byteCount: narrow.byteCount)
            let depth = UInt64(groups[group].depth)
            adopt(filled(from: chunks.count, with: entries, depth: depth), for: group)
        }
    }

    /// Lays an empty table out for `count` keys, so that it need not grow until then.
    mutating func layOut(for count: Int) {
        precondition(self.count == 0, "a table with keys was laid out anew")
        var byteCount = ChunkShape.byteCountMin
        shape = ChunkShape(layout: shape.layout, byteCount: byteCount)
        while byteCount < chunkByteCount, shape.chunkCount(for: count) > 1 {
            byteCount = min(byteCount * 4, chunkByteCount)
            shape = ChunkShape(layout: shape.layout, byteCount: byteCount)
        }
        let chunkCount = max(1, shape.chunkCount(for: count))
        var depth = 0
        while chunkCount >> depth >= Self.chunksPerGroupMax { depth += 1 }
        let perGroup = (chunkCount + 1 << depth - 1) >> depth
        pool = ChunkPool(chunkByteCount: shape.byteCount)
        pool.expect(byteCount: chunkCount * shape.byteCount)
        let chunks = (0..<perGroup << depth).map { _ in pool.take() }
        groups = ChunkGroups(depth: depth, chunks: chunks)
        for group in 0..<groups.groupCount {
            groups.setLimits(of: group, shape.limits(chunkCount: perGroup))
        }
    }
}
