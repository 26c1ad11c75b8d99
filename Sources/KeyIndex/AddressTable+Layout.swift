extension AddressTable {
    /// Chunks of a group from which on it is cut in two.
    static var chunksPerGroupMax: Int { 24 }

    /// Makes room in a group that is too full.
    mutating func grow(_ group: Int) {
        let chunkCount = Int(groups[group].chunkCount)
        if groups.groupCount == 1, chunkCount == 1,
            shape.byteCount < chunkByteCount
        {
            enlargeOnlyChunk()
        } else if chunkCount >= Self.chunksPerGroupMax, groups.canSplit(group) {
            split(group)
        } else {
            relayOut(group, chunkCount: shape.grownChunkCount(chunkCount))
        }
    }

    /// Gives a group more or fewer chunks, and more than asked for where its entries do not fit.
    ///
    /// From the last chunk to the first, each old one is free for reuse once all that its entries
    /// went to are filled; so it takes two chunks more than the new layout has, and no second copy.
    mutating func relayOut(_ group: Int, chunkCount: Int) {
        let old = groups.chunks(of: group)
        let depth = UInt64(groups[group].depth)
        var left = old.count
        var fresh: [Slot] = []
        for index in (0..<chunkCount).reversed() {
            let chunk = pool.take()
            guard fill(chunk, index: index, of: chunkCount, from: old, depth: depth) else {
                pool.give(back: chunk)
                rebuild(group, from: [Slot](old[..<left]), upTo: index, of: chunkCount, fresh)
                return
            }
            fresh.append(chunk)
            while left > 0, (left - 1) * chunkCount >= index * old.count {
                left -= 1
                pool.give(back: old[left])
            }
        }
        adopt(fresh.reversed(), for: group)
    }

    mutating func adopt(_ chunks: [Slot], for group: Int) {
        groups.replaceChunks(of: group, by: chunks)
        groups.setLimits(of: group, shape.limits(chunkCount: chunks.count))
    }

    /// Copies the entries that belong to one chunk of the new layout from the old layout's chunks.
    ///
    /// - Returns: Whether they fit; they may not where many keys lie close together.
    private func fill(
        _ chunk: Slot,
        index: Int,
        of chunkCount: Int,
        from old: [Slot],
        depth: UInt64
    ) -> Bool {
        let shape = self.shape
        let layout = shape.layout
        let divisor = UInt64(chunkCount)
        let start = divisor.dividingFullWidth((UInt64(index), 0)).quotient
            .multipliedFullWidth(by: UInt64(old.count))
        let limit = shape.end(of: chunk)
        var target = chunk
        // Chunks behind the last source may have been given back already.
        let last = ((index + 1) * old.count - 1) / chunkCount
        for source in Int(start.high)...last {
            let end = shape.end(of: old[source])
            var slot = old[source]
            if source == Int(start.high) { slot = shape.home(start.low, in: slot) }
            while slot < end {
                defer { slot += layout.byteCount }
                let order = layout.order(slot)
                if order == .max, layout.isEmpty(slot) { continue }
                let place = (order &<< depth).multipliedFullWidth(by: divisor)
                if place.high != UInt64(index) {
                    if place.high < UInt64(index) { continue }
                    return true
                }
                target = max(target, shape.home(place.low, in: chunk))
                if target >= limit { return false }
                layout.copy(slot, to: target)
                target += layout.byteCount
            }
        }
        return true
    }

    /// Lays a group out with as many chunks more as it takes, in the middle of a layout that failed.
    ///
    /// Entries below chunk `index` of that layout and its own are still in the old chunks, the
    /// others in the `fresh` ones, which come from the last to the first.
    private mutating func rebuild(
        _ group: Int,
        from old: [Slot],
        upTo index: Int,
        of chunkCount: Int,
        _ fresh: [Slot]
    ) {
        let depth = UInt64(groups[group].depth)
        var entries: [AddressEntry] = []
        for chunk in old {
            forEachEntry(of: chunk) { entry in
                let place = (entry.order &<< depth).multipliedFullWidth(by: UInt64(chunkCount))
                if place.high <= UInt64(index) { entries.append(entry) }
            }
            pool.give(back: chunk)
        }
        for chunk in fresh.reversed() {
            forEachEntry(of: chunk) { entries.append($0) }
            pool.give(back: chunk)
        }
        adopt(filled(from: chunkCount + 1, with: entries, depth: depth), for: group)
    }

    /// Fresh chunks with entries that ascend: at least as many as asked for, and enough.
    mutating func filled(
        from chunkCountMin: Int,
        with entries: [AddressEntry],
        depth: UInt64
    ) -> [Slot] {
        var chunkCount = chunkCountMin
        while !place(entries, depth: depth, chunkCount: chunkCount, { _, _, _ in }) {
            chunkCount += 1
            precondition(chunkCount < chunkCountMin + entries.count, "keys lie on one spot")
        }
        let chunks = (0..<chunkCount).map { _ in pool.take() }
        let layout = shape.layout
        _ = place(entries, depth: depth, chunkCount: chunkCount) { entry, chunk, slot in
            layout.store(entry, to: chunks[chunk] + slot * layout.byteCount)
        }
        return chunks
    }

    /// Finds a slot for each of a group's entries, which ascend, until one does not fit.
    private func place(
        _ entries: [AddressEntry],
        depth: UInt64,
        chunkCount: Int,
        _ body: (AddressEntry, _ chunk: Int, _ slot: Int) -> Void
    ) -> Bool {
        var free = (chunk: 0, slot: 0)
        for entry in entries {
            let place = (entry.order &<< depth).multipliedFullWidth(by: UInt64(chunkCount))
            let home = Int(place.low.multipliedFullWidth(by: shape.homeCount).high)
            let chunk = Int(place.high)
            let slot = chunk == free.chunk ? max(free.slot, home) : home
            if slot >= shape.slotCount { return false }
            body(entry, chunk, slot)
            free = (chunk, slot + 1)
        }
        return true
    }

    func forEachEntry(of chunk: Slot, _ body: (AddressEntry) -> Void) {
        let shape = self.shape
        var slot = chunk
        let end = shape.end(of: chunk)
        while slot < end {
            if !shape.layout.isEmpty(slot) { body(shape.layout.entry(slot)) }
            slot += shape.layout.byteCount
        }
    }

    /// Gives the smallest tables a chunk four times as large.
    private mutating func enlargeOnlyChunk() {
        var entries: [AddressEntry] = []
        forEachEntry(of: groups.chunks(of: 0)[0]) { entries.append($0) }
        var byteCount = shape.byteCount
        repeat {
            byteCount = min(byteCount * 4, chunkByteCount)
            shape = ChunkShape(layout: shape.layout, byteCount: byteCount)
        } while byteCount < chunkByteCount
            && !place(entries, depth: 0, chunkCount: 1, { _, _, _ in })
        pool = ChunkPool(chunkByteCount: byteCount)
        adopt(filled(from: 1, with: entries, depth: 0), for: 0)
    }

    private mutating func split(_ group: Int) {
        let chunks = groups.chunks(of: group)
        var upperUsed = 0
        for chunk in chunks[(chunks.count / 2)...] {
            forEachEntry(of: chunk) { _ in upperUsed += 1 }
        }
        let upper = groups.split(group, upperUsed: UInt32(upperUsed))
        for half in [group, upper] {
            groups.setLimits(of: half, shape.limits(chunkCount: chunks.count / 2))
            if groups[half].used > groups[half].usedMax { grow(half) }
        }
    }
}
