internal import Bytes

/// Distinct values of a fixed width in the order in which they came, found again by their hashes.
///
/// An open table with linear probing. It grows as it fills, so that few values stay within the first
/// level of the cache, and it is kept three quarters empty, so that hardly a look-up has to probe on:
/// those branches cannot be foreseen.
struct DistinctValues: ~Copyable {
    /// The most values that indexes in the slots can tell apart.
    static let countMax = Int(UInt16.max)
    private static let slotsFirst = 1 << 10

    /// A value's index plus one; zero is free.
    ///
    /// A power of two of them.
    private var slots: UnsafeMutablePointer<UInt16>
    private var slotCount: Int
    private(set) var count = 0
    /// The values one after another.
    private(set) var values = ByteBuffer()

    init() {
        slotCount = Self.slotsFirst
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
    }

    deinit { slots.deallocate() }

    /// Forgets the values and keeps the memory.
    mutating func removeAll() {
        slotCount = Self.slotsFirst
        slots.update(repeating: 0, count: slotCount)
        count = 0
        values.removeAll()
    }

    /// Forgets the values from the `count`th on.
    ///
    /// They stay in the slots: nothing may be looked up any more.
    mutating func truncate(toCount count: Int) {
        guard count < self.count else { return }
        values.truncate(toCount: values.count / self.count * count)
        self.count = count
    }

    /// Where a value is: its index, or the place for it.
    enum Place {
        case known(Int)
        case new(slot: Int)
    }

    /// Looks a value up; `isSame` has the last word on those that are equal.
    @inline(__always)
    func place<T: FixedWidthInteger & BitwiseCopyable>(
        of value: T,
        isSame: (Int) -> Bool
    ) -> Place {
        let mask = slotCount &- 1
        let known = UnsafeRawPointer(values.pointer)
        var slot = Int(truncatingIfNeeded: ValueHash.hash(value)) & mask
        while true {
            let entry = Int(slots[slot])
            if entry == 0 { return .new(slot: slot) }
            let candidate = known.loadUnaligned(
                fromByteOffset: (entry &- 1) &* MemoryLayout<T>.size,
                as: T.self
            )
            if candidate == value && isSame(entry &- 1) { return .known(entry &- 1) }
            slot = (slot &+ 1) & mask
        }
    }

    /// Adds a new value at the place that was found for it.
    ///
    /// - Precondition: There are fewer than ``countMax``.
    mutating func add<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, slot: Int) {
        precondition(count < Self.countMax, "\(count) distinct values are all that slots can hold")
        values.appendInteger(value)
        count &+= 1
        slots[slot] = UInt16(truncatingIfNeeded: count)
        if count &* 4 >= slotCount { grow(T.self) }
    }

    /// Adds a value that no row has, so that it needs no slot and there is always room for it.
    mutating func addUncoded<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        values.appendInteger(value)
        count &+= 1
    }

    /// Makes four times the slots.
    private mutating func grow<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) {
        slots.deallocate()
        slotCount *= 4
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: 0, count: slotCount)
        let mask = slotCount - 1
        for index in 0..<count {
            let value = values.pointer.loadUnaligned(
                fromByteOffset: index &* MemoryLayout<T>.size,
                as: T.self
            )
            var slot = Int(truncatingIfNeeded: ValueHash.hash(value)) & mask
            while slots[slot] != 0 { slot = (slot &+ 1) & mask }
            slots[slot] = UInt16(truncatingIfNeeded: index &+ 1)
        }
    }
}
