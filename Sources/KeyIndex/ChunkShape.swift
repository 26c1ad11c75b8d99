internal import Glibc

/// How many slots a chunk of an ``AddressTable`` has, and the search in one chunk.
///
/// A chunk is a small table by itself: entries stand in ascending order of their keys' spread form,
/// each at its home slot or, where that is taken, in the run that begins there. So a search ends at
/// the first greater key, whether it finds its own or not, and entries can be moved to a layout of
/// another size front to back. The last slot of a chunk stays empty and stops every run.
struct ChunkShape: Sendable {
    let layout: SlotLayout
    let byteCount: Int
    /// Slots that hold entries; one more follows that does not.
    let slotCount: Int
    /// Slots that are homes; those behind them take what the last homes' runs need.
    let homeCount: UInt64

    typealias Slot = UnsafeMutableRawPointer

    /// - Precondition: `byteCount` is a power of two; chunks lie at multiples of it.
    init(layout: SlotLayout, byteCount: Int) {
        self.layout = layout
        self.byteCount = byteCount
        slotCount = (byteCount - SlotLayout.overreadByteCount) / layout.byteCount - 1
        homeCount = UInt64(slotCount - max(3, slotCount / 48))
    }

    /// The slot where the search for a key begins; `fraction` says where in the chunk's range its
    /// order lies, as a part of 2⁶⁴.
    @inline(__always)
    func home(_ fraction: UInt64, in chunk: Slot) -> Slot {
        let index = fraction.multipliedFullWidth(by: homeCount).high
        return chunk + Int(truncatingIfNeeded: index) &* layout.byteCount
    }

    /// The chunk that a slot lies in.
    @inline(__always)
    func chunk(of slot: Slot) -> Slot {
        slot - (Int(bitPattern: slot) & (byteCount &- 1))
    }

    /// The slot of `chunk` that stays empty.
    @inline(__always)
    func end(of chunk: Slot) -> Slot { chunk + slotCount &* layout.byteCount }

    /// The slot of a key, searched from its home on, or nil.
    @inline(__always)
    func find(_ order: UInt64, _ rest: UInt64, from home: Slot) -> Slot? {
        var slot = home
        while layout.order(slot) < order { slot += layout.byteCount }
        while layout.order(slot) == order, !layout.isEmpty(slot) {
            if layout.isExact64 || layout.rest(slot) == rest { return slot }
            slot += layout.byteCount
        }
        return nil
    }

    enum Insertion {
        case inserted
        /// The key was there; its address is replaced.
        case replaced(oldAddress: UInt64)
        /// No slot between the key's place and the chunk's end is free; nothing was changed.
        case full
    }

    @inline(__always)
    func insert(_ entry: AddressEntry, from home: Slot) -> Insertion {
        var slot = home
        while layout.order(slot) < entry.order { slot += layout.byteCount }
        while layout.order(slot) == entry.order, !layout.isEmpty(slot) {
            if layout.isExact64 || layout.rest(slot) == entry.rest {
                let old = layout.address(slot)
                layout.store(address: entry.address, to: slot)
                return .replaced(oldAddress: old)
            }
            slot += layout.byteCount
        }
        var free = slot
        while !layout.isEmpty(free) { free += layout.byteCount }
        if free == end(of: chunk(of: home)) { return .full }
        if free > slot { memmove(slot + layout.byteCount, slot, free - slot) }
        layout.store(entry, to: slot)
        return .inserted
    }

    /// Empties a slot and moves the entries behind it that are not at home one slot back.
    ///
    /// `fraction` says where in the chunk's range an order lies.
    @inline(__always)
    func remove(_ slot: Slot, from chunk: Slot, fraction: (UInt64) -> UInt64) {
        var end = slot + layout.byteCount
        while !layout.isEmpty(end), home(fraction(layout.order(end)), in: chunk) < end {
            end += layout.byteCount
        }
        let last = end - layout.byteCount
        if last > slot { memmove(slot, slot + layout.byteCount, last - slot) }
        memset(last, 0, layout.byteCount)
    }
}
