internal import Glibc
public import TableModel

/// The slots of a ``FingerprintMap`` and the probing over them.
@usableFromInline
struct FingerprintTable {
    @usableFromInline static var emptyPayload: UInt64 { .max }
    @usableFromInline typealias Slot = UnsafeMutablePointer<UInt64>

    @usableFromInline let isExact64: Bool
    @usableFromInline let wordsPerSlot: Int
    @usableFromInline var used = 0
    @usableFromInline var slotCount: Int
    private var fetchedWords: UInt64 = 0
    // Slot: payload, low, and high unless isExact64. One slot more than the count holds the NULL
    // of 64-bit keys, which is outside of all probing.
    @usableFromInline var words: Slot

    init(isExact64: Bool, expectedCount: Int) {
        self.isExact64 = isExact64
        wordsPerSlot = isExact64 ? 2 : 3
        slotCount = Self.slotCount(for: expectedCount)
        words = Self.allocate(slotCount: slotCount, wordsPerSlot: wordsPerSlot)
    }

    func deallocate() { free(words) }

    var memoryBytes: Int { slotCount * wordsPerSlot * 8 }

    /// Slots that hold `count` keys at a load below 0.8.
    @inlinable
    static func slotCount(for count: Int) -> Int { max(64, count &+ count / 4 &+ 16) }

    /// Memory from which on huge pages are asked for: slots are visited at random, and small pages
    /// cost a miss of the address cache at each visit.
    private static var hugePageThresholdBytes: Int { 4 << 20 }
    private static var hugePageBytes: Int { 2 << 20 }

    private static func allocate(slotCount: Int, wordsPerSlot: Int) -> Slot {
        let byteCount = (slotCount + 1) * wordsPerSlot * 8
        let isHuge = byteCount >= hugePageThresholdBytes
        var memory: UnsafeMutableRawPointer?
        let status = posix_memalign(&memory, isHuge ? hugePageBytes : 64, byteCount)
        guard status == 0, let memory else {
            fatalError("no memory for \(byteCount) bytes of keys")
        }
        // Only advice: without huge pages the table is slower and no less right.
        if isHuge { madvise(memory, byteCount, Int32(MADV_HUGEPAGE)) }
        memset(memory, 0xFF, byteCount)
        return memory.bindMemory(to: UInt64.self, capacity: (slotCount + 1) * wordsPerSlot)
    }

    /// The slot where probing for a fingerprint begins.
    @inlinable @inline(__always)
    func home(_ low: UInt64, _ high: UInt64) -> Int {
        let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        let spread = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: spread.multipliedFullWidth(by: UInt64(slotCount)).high)
    }

    @inlinable @inline(__always)
    func home(of key: KeyFingerprint) -> Int { home(key.low, isExact64 ? 0 : key.high) }

    @usableFromInline var nullSlot: Slot { words + slotCount &* wordsPerSlot }

    /// The slot that holds the key, or the empty one where it belongs.
    @inlinable @inline(__always)
    func find(_ key: KeyFingerprint) -> Slot {
        if isExact64, key.high != 0 { return nullSlot }
        var index = home(of: key)
        while true {
            let slot = words + index &* wordsPerSlot
            if slot[0] == Self.emptyPayload { return slot }
            if slot[1] == key.low && (isExact64 || slot[2] == key.high) { return slot }
            index &+= 1
            if index == slotCount { index = 0 }
        }
    }

    @inlinable @inline(__always)
    func check(_ payload: UInt64, _ key: KeyFingerprint) {
        precondition(payload != Self.emptyPayload, "the empty payload is reserved")
        precondition(
            !isExact64 || key.high == 0 || key == KeyFingerprinter.nullOf64Bits,
            "a 64-bit map got a 128-bit key"
        )
    }

    @inlinable @inline(__always)
    mutating func fill(_ slot: Slot, _ payload: UInt64, _ key: KeyFingerprint) {
        slot[0] = payload
        slot[1] = key.low
        if !isExact64 { slot[2] = key.high }
        used &+= 1
    }

    /// Keys whose home slots are fetched before the first of them is looked up.
    private static var keysPerBlock: Int { 32 }

    /// Calls `body` for each key in order, after reaching into the home slots of its whole block.
    ///
    /// The loads of a block do not depend on each other, so their cache misses overlap.
    @inline(__always)
    mutating func forEachBlock(
        of keys: UnsafeBufferPointer<KeyFingerprint>,
        _ body: (_ row: Int, KeyFingerprint, inout FingerprintTable) -> Void
    ) {
        var row = 0
        while row < keys.count {
            let end = min(row &+ Self.keysPerBlock, keys.count)
            var fetched: UInt64 = 0
            for ahead in row..<end { fetched ^= words[home(of: keys[ahead]) &* wordsPerSlot] }
            // Kept, or the compiler drops the loads.
            fetchedWords = fetched
            while row < end {
                body(row, keys[row], &self)
                row &+= 1
            }
        }
    }

    /// Empties a slot and shifts the run behind it back, so that probing never meets a gap.
    mutating func clear(_ slot: Slot) {
        if slot == nullSlot {
            slot[0] = Self.emptyPayload
            used -= 1
            return
        }
        var hole = (slot - words) / wordsPerSlot
        var index = hole
        while true {
            index += 1
            if index == slotCount { index = 0 }
            let slot = words + index * wordsPerSlot
            if slot[0] == Self.emptyPayload { break }
            let wanted = home(slot[1], isExact64 ? 0 : slot[2])
            // The slot may move into the hole unless its home lies cyclically in (hole, index].
            let staysPut =
                hole <= index
                ? (wanted > hole && wanted <= index) : (wanted > hole || wanted <= index)
            if staysPut { continue }
            memcpy(words + hole * wordsPerSlot, slot, wordsPerSlot * 8)
            hole = index
        }
        words[hole * wordsPerSlot] = Self.emptyPayload
        used -= 1
    }

    @inlinable @inline(__always)
    mutating func reserve(_ additionalCount: Int) {
        let wanted = Self.slotCount(for: used &+ additionalCount)
        if wanted > slotCount { grow(toSlots: max(wanted, grownSlotCount)) }
    }

    /// Small tables double; in large ones the memory left empty counts more than the copying.
    @usableFromInline var grownSlotCount: Int {
        let isSmall = memoryBytes < Self.doublingThresholdBytes
        return isSmall ? slotCount * 2 : slotCount + slotCount / 2
    }

    private static var doublingThresholdBytes: Int { 64 << 20 }

    /// Homes ascend with the slots, so the old table is read and the new one filled front to back.
    @usableFromInline @inline(never)
    mutating func grow(toSlots wantedSlotCount: Int) {
        let old = self
        slotCount = wantedSlotCount
        words = Self.allocate(slotCount: slotCount, wordsPerSlot: wordsPerSlot)
        for index in 0..<old.slotCount {
            let slot = old.words + index * wordsPerSlot
            if slot[0] == Self.emptyPayload { continue }
            let key = KeyFingerprint(high: isExact64 ? 0 : slot[2], low: slot[1])
            let target = find(key)
            for word in 0..<wordsPerSlot { target[word] = slot[word] }
        }
        for word in 0..<wordsPerSlot { nullSlot[word] = old.nullSlot[word] }
        old.deallocate()
    }

    func forEach(_ body: (KeyFingerprint, UInt64) -> Void) {
        for index in 0..<slotCount {
            let slot = words + index * wordsPerSlot
            if slot[0] == Self.emptyPayload { continue }
            body(KeyFingerprint(high: isExact64 ? 0 : slot[2], low: slot[1]), slot[0])
        }
        if nullSlot[0] != Self.emptyPayload {
            body(KeyFingerprinter.nullOf64Bits, nullSlot[0])
        }
    }

    mutating func removeAll() {
        used = 0
        memset(words, 0xFF, (slotCount + 1) * wordsPerSlot * 8)
    }
}
