import Glibc
public import TableModel

/// An open-addressing hash table from fingerprints to 64-bit payloads.
///
/// Linear probing without tombstones: a removal shifts the run behind it back. Slots are 16 bytes
/// when all keys fit 64 bits (`isExact64`) and 24 otherwise; the load stays below 0.8. The payload
/// `UInt64.max` is reserved for empty slots.
///
/// Owned by one task; not `Sendable`.
public final class FingerprintMap {
    @usableFromInline static var emptyPayload: UInt64 { .max }

    public let isExact64: Bool
    public private(set) var count = 0
    @usableFromInline var slotCount: Int
    @usableFromInline var wordsPerSlot: Int
    // Slot: payload, low, and high unless isExact64.
    @usableFromInline var words: UnsafeMutablePointer<UInt64>

    public init(isExact64: Bool, expectedCount: Int = 0) {
        self.isExact64 = isExact64
        wordsPerSlot = isExact64 ? 2 : 3
        slotCount = max(64, expectedCount + expectedCount / 4 + 16)
        words = Self.allocate(slotCount: slotCount, wordsPerSlot: wordsPerSlot)
    }

    deinit { words.deallocate() }

    public var memoryBytes: Int { slotCount * wordsPerSlot * 8 }

    private static func allocate(
        slotCount: Int,
        wordsPerSlot: Int
    ) -> UnsafeMutablePointer<UInt64> {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: slotCount * wordsPerSlot)
        memset(words, 0xFF, slotCount * wordsPerSlot * 8)
        return words
    }

    /// The slot where probing for a fingerprint begins.
    @inlinable @inline(__always)
    func home(_ low: UInt64, _ high: UInt64) -> Int {
        let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        let spread = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: spread.multipliedFullWidth(by: UInt64(slotCount)).high)
    }

    @inlinable @inline(__always)
    func matches(_ slot: UnsafeMutablePointer<UInt64>, _ key: KeyFingerprint) -> Bool {
        slot[1] == key.low && (isExact64 || slot[2] == key.high)
    }

    @inlinable
    public func payload(of key: KeyFingerprint) -> UInt64? {
        var index = home(key.low, isExact64 ? 0 : key.high)
        while true {
            let slot = words + index &* wordsPerSlot
            if slot[0] == Self.emptyPayload { return nil }
            if matches(slot, key) { return slot[0] }
            index &+= 1
            if index == slotCount { index = 0 }
        }
    }

    /// Stores a payload and returns the one that was there.
    ///
    /// - Precondition: `payload` is not `UInt64.max`; with `isExact64` the high half is zero.
    @discardableResult
    public func set(_ payload: UInt64, for key: KeyFingerprint) -> UInt64? {
        precondition(payload != Self.emptyPayload, "the empty payload is reserved")
        precondition(!isExact64 || key.high == 0, "a 64-bit map got a 128-bit key")
        if (count + 1) * 5 > slotCount * 4 { grow() }
        var index = home(key.low, isExact64 ? 0 : key.high)
        while true {
            let slot = words + index &* wordsPerSlot
            if slot[0] == Self.emptyPayload {
                slot[0] = payload
                slot[1] = key.low
                if !isExact64 { slot[2] = key.high }
                count += 1
                return nil
            }
            if matches(slot, key) {
                let old = slot[0]
                slot[0] = payload
                return old
            }
            index &+= 1
            if index == slotCount { index = 0 }
        }
    }

    /// Removes a key and returns its payload.
    @discardableResult
    public func remove(_ key: KeyFingerprint) -> UInt64? {
        var index = home(key.low, isExact64 ? 0 : key.high)
        while true {
            let slot = words + index &* wordsPerSlot
            if slot[0] == Self.emptyPayload { return nil }
            if matches(slot, key) {
                let old = slot[0]
                count -= 1
                closeGap(at: index)
                return old
            }
            index &+= 1
            if index == slotCount { index = 0 }
        }
    }

    /// Shifts the run behind `gap` back, so that probing never has to step over a removed slot.
    private func closeGap(at gap: Int) {
        var hole = gap
        var index = gap
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
        (words + hole * wordsPerSlot)[0] = Self.emptyPayload
    }

    private func grow() {
        let oldWords = words
        let oldSlotCount = slotCount
        slotCount = oldSlotCount + oldSlotCount / 2 + 64
        words = Self.allocate(slotCount: slotCount, wordsPerSlot: wordsPerSlot)
        for index in 0..<oldSlotCount {
            let old = oldWords + index * wordsPerSlot
            if old[0] == Self.emptyPayload { continue }
            var target = home(old[1], isExact64 ? 0 : old[2])
            while words[target * wordsPerSlot] != Self.emptyPayload {
                target += 1
                if target == slotCount { target = 0 }
            }
            memcpy(words + target * wordsPerSlot, old, wordsPerSlot * 8)
        }
        oldWords.deallocate()
    }

    /// Calls `body` with every key and payload, in no order.
    public func forEach(_ body: (KeyFingerprint, UInt64) -> Void) {
        for index in 0..<slotCount {
            let slot = words + index * wordsPerSlot
            if slot[0] == Self.emptyPayload { continue }
            body(KeyFingerprint(high: isExact64 ? 0 : slot[2], low: slot[1]), slot[0])
        }
    }

    public func removeAll() {
        count = 0
        memset(words, 0xFF, slotCount * wordsPerSlot * 8)
    }
}
