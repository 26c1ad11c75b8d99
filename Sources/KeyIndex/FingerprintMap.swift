public import TableModel

/// An open-addressing hash table from fingerprints to 64-bit payloads.
///
/// Linear probing without tombstones: a removal shifts the run behind it back. Slots are 16 bytes
/// when all keys fit 64 bits (`isExact64`) and 24 otherwise; the load stays below 0.8. The payload
/// `UInt64.max` is reserved for empty slots.
///
/// Owned by one task; not `Sendable`.
public final class FingerprintMap {
    /// The table itself, behind a pointer: reads of a class's own properties from other modules
    /// check for overlapping access each time, which costs as much as the lookup.
    @usableFromInline let table: UnsafeMutablePointer<FingerprintTable>

    public init(isExact64: Bool, expectedCount: Int = 0) {
        table = .allocate(capacity: 1)
        table.initialize(to: FingerprintTable(isExact64: isExact64, expectedCount: expectedCount))
    }

    deinit {
        table.pointee.deallocate()
        table.deallocate()
    }

    @inlinable public var isExact64: Bool { table.pointee.isExact64 }
    @inlinable public var count: Int { table.pointee.used }
    public var memoryBytes: Int { table.pointee.memoryBytes }

    @inlinable
    public func payload(of key: KeyFingerprint) -> UInt64? {
        let slot = table.pointee.find(key)
        let payload = slot.pointee
        return payload == FingerprintTable.emptyPayload ? nil : payload
    }

    /// The payload of each key, `UInt64.max` where there is none.
    ///
    /// Much faster than one by one: the cache misses of many lookups overlap.
    public func payloads(of keys: [KeyFingerprint]) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: keys.count) { target, count in
            keys.withUnsafeBufferPointer { keys in
                table.pointee.forEachBlock(of: keys) { row, key, table in
                    target.initializeElement(at: row, to: table.find(key).pointee)
                }
            }
            count = keys.count
        }
    }

    /// Stores a payload and returns the one that was there.
    ///
    /// - Precondition: `payload` is not `UInt64.max`; with `isExact64` the high half is zero.
    @inlinable
    @discardableResult
    public func set(_ payload: UInt64, for key: KeyFingerprint) -> UInt64? {
        table.pointee.check(payload, key)
        table.pointee.reserve(1)
        let slot = table.pointee.find(key)
        let old = slot.pointee
        if old == FingerprintTable.emptyPayload {
            table.pointee.fill(slot, payload, key)
            return nil
        }
        slot.pointee = payload
        return old
    }

    /// Stores a payload for each key, in order; much faster than one by one.
    ///
    /// - Precondition: As for ``set(_:for:)``.
    /// - Returns: How many keys were there already, repeats among `keys` included.
    public func setAll(_ keys: [KeyFingerprint], payload: (_ row: Int) -> UInt64) -> Int {
        table.pointee.reserve(keys.count)
        let before = table.pointee.used
        keys.withUnsafeBufferPointer { keys in
            table.pointee.forEachBlock(of: keys) { row, key, table in
                let payload = payload(row)
                table.check(payload, key)
                let slot = table.find(key)
                if slot.pointee == FingerprintTable.emptyPayload {
                    table.fill(slot, payload, key)
                } else {
                    slot.pointee = payload
                }
            }
        }
        return keys.count - (table.pointee.used - before)
    }

    /// The payload of each key; a key that is not there gets `firstPayload` plus the number of new
    /// keys before it.
    ///
    /// - Precondition: As for ``set(_:for:)``.
    public func payloads(
        of keys: UnsafeBufferPointer<KeyFingerprint>,
        orInsertFrom firstPayload: UInt64
    ) -> [UInt64] {
        table.pointee.reserve(keys.count)
        var next = firstPayload
        return [UInt64](unsafeUninitializedCapacity: keys.count) { target, count in
            table.pointee.forEachBlock(of: keys) { row, key, table in
                let slot = table.find(key)
                var payload = slot.pointee
                if payload == FingerprintTable.emptyPayload {
                    payload = next
                    table.check(payload, key)
                    table.fill(slot, payload, key)
                    next &+= 1
                }
                target.initializeElement(at: row, to: payload)
            }
            count = keys.count
        }
    }

    /// Removes a key and returns its payload.
    @discardableResult
    public func remove(_ key: KeyFingerprint) -> UInt64? {
        let slot = table.pointee.find(key)
        let old = slot.pointee
        if old == FingerprintTable.emptyPayload { return nil }
        table.pointee.clear(slot)
        return old
    }

    /// Makes room for `additionalCount` keys more without growing again.
    public func reserve(_ additionalCount: Int) { table.pointee.reserve(additionalCount) }

    /// Calls `body` with every key and payload, in no order.
    public func forEach(_ body: (KeyFingerprint, UInt64) -> Void) {
        table.pointee.forEach(body)
    }

    public func removeAll() { table.pointee.removeAll() }
}
