extension AddressTable {
    /// Calls `body` with the entries of one group whose orders are not below `firstOrder`, in
    /// ascending order.
    ///
    /// - Returns: The least order of the next group, or nil when that was the last.
    func forEachEntry(
        ofGroupAt firstOrder: UInt64,
        _ body: (AddressEntry) -> Void
    ) -> UInt64? {
        let group = groups.index(of: firstOrder)
        for chunk in groups.chunks(of: group) {
            forEachEntry(of: chunk) { if $0.order >= firstOrder { body($0) } }
        }
        return groups[group].endOrder
    }

    /// Where ``append(_:_:)`` goes on.
    struct Filling {
        fileprivate var chunk: Slot?
        fileprivate var free: Slot?
        fileprivate var layoutCount = -1
        fileprivate var last: AddressEntry?
        /// Entries added so far.
        fileprivate(set) var count = 0
    }

    /// Adds an entry behind all others in ascending order; much faster than ``set(_:for:home:)``.
    ///
    /// - Returns: Whether it was in order; otherwise nothing was changed.
    @inline(__always)
    mutating func append(_ entry: AddressEntry, _ filling: inout Filling) -> Bool {
        if let last = filling.last, last.order >= entry.order {
            guard last.order == entry.order, last.rest != entry.rest else { return false }
        }
        filling.last = entry
        filling.count &+= 1
        let index = groups.index(of: entry.order)
        let place = groups.place(entry.order)
        var target = shape.home(place.fraction, in: place.chunk)
        if filling.layoutCount == groups.layoutCount, filling.chunk == place.chunk,
            let free = filling.free
        {
            target = max(target, free)
        } else {
            // The chunk may hold entries already when the layout changed on the way.
            while !shape.layout.isEmpty(target) { target += shape.layout.byteCount }
        }
        guard target < shape.end(of: place.chunk), entry.address < shape.layout.addressEnd else {
            insertOutOfTurn(entry)
            filling.layoutCount = -1
            return true
        }
        shape.layout.store(entry, to: target)
        filling.chunk = place.chunk
        filling.free = target + shape.layout.byteCount
        filling.layoutCount = groups.layoutCount
        count &+= 1
        if groups.noteInsertion(into: index) { grow(index) }
        return true
    }

    private mutating func insertOutOfTurn(_ entry: AddressEntry) {
        _ = set(entry.address, for: mixer.key(order: entry.order, rest: entry.rest))
    }

    /// The address of the NULL key, which has no place in the order.
    var addressOfNull: UInt64 {
        isExact64 ? address(of: KeyFingerprinter.nullOf64Bits) : SlotLayout.noAddress
    }
}
