import Bytes
import TableModel
import TestKit
import Testing

@testable import KeyIndex

@Suite("AddressTable")
struct AddressTableTests {
    static let mixer = KeyMixer(seed0: 0x5EED, seed1: 0xD1CE)

    /// How keys are drawn: patterns that cluster in weak hashes, and plain noise.
    enum KeyPattern: CaseIterable {
        case consecutive
        case multiplesOf32Bits
        case highHalfOnly
        case noise

        func key(_ number: UInt64, isExact64: Bool) -> KeyFingerprint {
            switch self {
            case .consecutive: return KeyFingerprint(high: 0, low: number)
            case .multiplesOf32Bits: return KeyFingerprint(high: 0, low: number << 32)
            case .highHalfOnly where !isExact64: return KeyFingerprint(high: number, low: 7)
            case .highHalfOnly, .noise:
                let mixed = number &* 0x9E37_79B9_7F4A_7C15
                return KeyFingerprint(high: isExact64 ? 0 : ~mixed, low: mixed)
            }
        }
    }

    @Test(
        "agrees with a dictionary while it grows, shrinks, splits and merges",
        arguments: KeyPattern.allCases,
        [true, false]
    )
    func agreesWithDictionary(pattern: KeyPattern, isExact64: Bool) {
        var generator = SeededGenerator(seed: 11)
        var table = AddressTable(isExact64: isExact64, mixer: Self.mixer, chunkByteCount: 4096)
        var model: [KeyFingerprint: UInt64] = [:]
        // Mostly insertions, then mostly removals, then both.
        for (phase, insertionsOf10) in [9, 1, 5, 8, 0].enumerated() {
            for step in 0..<10_000 {
                let number = UInt64.random(in: 0..<25_000, using: &generator)
                let key = pattern.key(number, isExact64: isExact64)
                let old: UInt64
                let expected: UInt64?
                if Int.random(in: 0..<10, using: &generator) < insertionsOf10 {
                    let address = UInt64(phase * 100_000 + step)
                    old = table.set(address, for: key)
                    expected = model.updateValue(address, forKey: key)
                } else {
                    old = table.remove(key)
                    expected = model.removeValue(forKey: key)
                }
                guard old == expected ?? SlotLayout.noAddress else {
                    Issue.record("phase \(phase), step \(step): \(old)")
                    return
                }
            }
            #expect(table.count == model.count)
            if phase == 0 { #expect(table.groups.groupCount >= 2) }
            #expect(table.brokenRule() == nil, "phase \(phase)")
            let keys = (0..<25_000).map { pattern.key($0, isExact64: isExact64) }
            #expect(table.addresses(of: keys) == keys.map { model[$0] ?? SlotLayout.noAddress })
        }
        var all: [KeyFingerprint: UInt64] = [:]
        table.forEach { all[$0] = $1 }
        #expect(all == model)
    }

    @Test("batches do what single calls do, in their order", arguments: [true, false])
    func batches(isExact64: Bool) {
        var generator = SeededGenerator(seed: 5)
        var single = AddressTable(isExact64: isExact64, mixer: Self.mixer)
        var batched = AddressTable(isExact64: isExact64, mixer: Self.mixer)
        for round in 0..<30 {
            let keys = (0..<3_000).map { _ in
                let number = UInt64.random(in: 0..<30_000, using: &generator)
                return KeyPattern.noise.key(number, isExact64: isExact64)
            }
            if round % 3 == 2 {
                var removed: [UInt64] = []
                keys.withUnsafeBufferPointer { batched.removeAll($0) { removed.append($1) } }
                let expected = keys.map { single.remove($0) }
                #expect(removed == expected.filter { $0 != SlotLayout.noAddress })
            } else {
                var addresses = (0..<3_000).map { UInt64(round * 3_000 + $0) }
                let expected = zip(keys, addresses).map { single.set($1, for: $0) }
                keys.withUnsafeBufferPointer { keys in
                    addresses.withUnsafeMutableBufferPointer {
                        batched.exchangeAll(keys, addresses: $0)
                    }
                }
                #expect(addresses == expected)
            }
        }
        #expect(batched.count == single.count)
        #expect(batched.brokenRule() == nil)
    }

    /// With slots of 12 and 20 bytes and steps of growth of a quarter and a ninth.
    @Test(
        "holds at most 26 bytes a key at every size, and while it shrinks",
        arguments: [(true, 20.5), (false, 26.0)]
    )
    func memory(isExact64: Bool, bytesPerKeyMax: Double) {
        var table = AddressTable(isExact64: isExact64, mixer: Self.mixer)
        var worst = (growing: 0.0, shrinking: 0.0)
        func bytesPerKey() -> Double { Double(table.memoryBytes) / Double(table.count) }
        for number in 0..<UInt64(200_000) {
            _ = table.set(number, for: KeyPattern.noise.key(number, isExact64: isExact64))
            if number >= 100_000, number % 64 == 0 {
                worst.growing = max(worst.growing, bytesPerKey())
            }
        }
        #expect(worst.growing <= bytesPerKeyMax)
        for number in 0..<UInt64(100_000) {
            _ = table.remove(KeyPattern.noise.key(number, isExact64: isExact64))
            if number % 64 == 0 { worst.shrinking = max(worst.shrinking, bytesPerKey()) }
        }
        #expect(worst.shrinking <= 30)
        #expect(table.brokenRule() == nil)
    }

    @Test("the smallest tables take half a kilobyte")
    func smallTable() {
        var table = AddressTable(isExact64: true, mixer: Self.mixer)
        for number in 0..<UInt64(25) {
            _ = table.set(number, for: KeyFingerprint(high: 0, low: number))
        }
        #expect(table.memoryBytes < 600)
    }

    @Test("a table laid out for its keys does not grow on the way", arguments: [true, false])
    func laidOut(isExact64: Bool) {
        for count in [10, 1_000, 100_000] {
            var table = AddressTable(isExact64: isExact64, mixer: Self.mixer)
            table.layOut(for: count)
            let layout = (table.groups.layoutCount, table.groups.chunkCount)
            for number in 0..<UInt64(count) {
                _ = table.set(number, for: KeyPattern.noise.key(number, isExact64: isExact64))
            }
            #expect(table.groups.layoutCount == layout.0, "\(count) keys")
            #expect(table.groups.chunkCount == layout.1, "\(count) keys")
            #expect(table.count == count)
            #expect(table.brokenRule() == nil)
        }
    }

    /// The orders of 1200 keys lie within one part in 2⁴⁸ of the whole: no hash of keys that
    /// somebody could choose without the seeds does that.
    @Test("keys on one spot take more chunks and are all found", arguments: [true, false])
    func crowded(isExact64: Bool) {
        var table = AddressTable(isExact64: isExact64, mixer: Self.mixer)
        let orders = (0..<UInt64(1_200)).map { 0xABCD_0000_0000_0000 + ($0 * 7) << 2 }
        let keys = orders.map { Self.mixer.key(order: $0, rest: 0) }
        let others = (0..<UInt64(3_000)).map { KeyFingerprint(high: 0, low: $0 << 20) }
        for (address, key) in (keys + others).enumerated() {
            _ = table.set(UInt64(address), for: key)
        }
        #expect(table.addresses(of: keys + others) == (0..<4_200).map { UInt64($0) })
        #expect(table.brokenRule() == nil)
        for key in keys { #expect(table.remove(key) != SlotLayout.noAddress) }
        #expect(table.addresses(of: others) == (1_200..<4_200).map { UInt64($0) })
        #expect(table.brokenRule() == nil)
    }

    @Test("keys whose orders are the least and the greatest are keys like others")
    func extremeOrders() {
        for isExact64 in [true, false] {
            var table = AddressTable(isExact64: isExact64, mixer: Self.mixer)
            let keys = [0, 1, .max - 1, .max].map { Self.mixer.key(order: $0, rest: 0) }
            #expect(table.addresses(of: keys) == [.max, .max, .max, .max])
            for (address, key) in keys.enumerated() { _ = table.set(UInt64(address), for: key) }
            for number in 0..<UInt64(5_000) {
                _ = table.set(9, for: KeyFingerprint(high: 0, low: number))
            }
            #expect(table.addresses(of: keys) == [0, 1, 2, 3])
            #expect(table.remove(keys[3]) == 3)
            #expect(table.addresses(of: keys) == [0, 1, 2, .max])
            #expect(table.brokenRule() == nil)
        }
    }

    @Test("128-bit keys with the same order are told apart by their rest")
    func sameOrder() {
        var table = AddressTable(isExact64: false, mixer: Self.mixer)
        let keys = (1...20).map { Self.mixer.key(order: 1 << 63, rest: $0) }
        for (address, key) in keys.enumerated() { _ = table.set(UInt64(address), for: key) }
        #expect(table.addresses(of: keys) == (0..<20).map { UInt64($0) })
        #expect(table.remove(keys[4]) == 4)
        #expect(table.address(of: keys[4]) == SlotLayout.noAddress)
        #expect(table.address(of: keys[19]) == 19)
    }

    @Test("an address beyond 32 bits widens the slots and nothing else", arguments: [true, false])
    func wideAddresses(isExact64: Bool) {
        var table = AddressTable(isExact64: isExact64, mixer: Self.mixer)
        let keys = (0..<UInt64(70_000)).map { KeyPattern.noise.key($0, isExact64: isExact64) }
        for (address, key) in keys.enumerated() { _ = table.set(UInt64(address), for: key) }
        let near = keys.indices.map { UInt64($0) }
        let narrow = table.shape.layout.byteCount
        #expect(table.set(1 << 32 - 2, for: keys[0]) == 0)
        #expect(table.shape.layout.byteCount == narrow)
        #expect(table.set(1 << 32 - 1, for: keys[1]) == 1)
        #expect(table.shape.layout.byteCount == narrow + 1)
        #expect(table.set(1 << 40 - 2, for: keys[2]) == 2)
        #expect(table.count == 70_000)
        let far: [UInt64] = [1 << 32 - 2, 1 << 32 - 1, 1 << 40 - 2]
        #expect(table.addresses(of: keys) == far + near[3...])
        #expect(table.brokenRule() == nil)
    }

    @Test("a NULL among 64-bit keys is a key of its own")
    func nullKey() {
        var table = AddressTable(isExact64: true, mixer: Self.mixer)
        let null = KeyFingerprinter.nullOf64Bits
        #expect(table.set(5, for: null) == SlotLayout.noAddress)
        #expect(table.set(6, for: KeyFingerprint(high: 0, low: 0)) == SlotLayout.noAddress)
        #expect(table.count == 2)
        #expect(table.addresses(of: [null, KeyFingerprint(high: 0, low: 0)]) == [5, 6])
        #expect(table.set(7, for: null) == 5)
        #expect(table.remove(null) == 7)
        #expect(table.remove(null) == SlotLayout.noAddress)
        #expect(table.count == 1)
    }

    @Test("entries are removed by their address", arguments: [true, false])
    func removalByAddress(isExact64: Bool) {
        var table = AddressTable(isExact64: isExact64, mixer: Self.mixer)
        let keys = (0..<UInt64(50_000)).map { KeyPattern.noise.key($0, isExact64: isExact64) }
        for (address, key) in keys.enumerated() { _ = table.set(UInt64(address), for: key) }
        table.removeEntries { $0 % 10 != 3 }
        #expect(table.count == 5_000)
        let left = (0..<UInt64(50_000)).map { $0 % 10 == 3 ? $0 : SlotLayout.noAddress }
        #expect(table.addresses(of: keys) == left)
        #expect(table.brokenRule() == nil)
    }
}

@Suite("KeyMixer")
struct KeyMixerTests {
    @Test("a key comes back from what its slot holds")
    func bijection() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<10_000 {
            let mixer = KeyMixer(seed0: generator.next(), seed1: generator.next())
            let wide = KeyFingerprint(high: generator.next(), low: generator.next())
            for key in [wide, KeyFingerprint(high: 0, low: wide.low)] {
                let mixed = mixer.mixed(key)
                #expect(mixer.key(order: mixed.order, rest: mixed.rest) == key)
            }
        }
    }

    @Test("the seeds follow from the secret and are not it")
    func seeds() {
        let mixer = KeyMixer(hasher: SipHash128(key0: 1, key1: 2))
        #expect(mixer == KeyMixer(hasher: SipHash128(key0: 1, key1: 2)))
        #expect(mixer != KeyMixer(hasher: SipHash128(key0: 1, key1: 3)))
        #expect(![1, 2].contains(mixer.seed0) && ![1, 2].contains(mixer.seed1))
    }
}

extension AddressTable {
    func addresses(of keys: [KeyFingerprint]) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: keys.count) { target, count in
            keys.withUnsafeBufferPointer { keys in
                if let target = target.baseAddress { addresses(of: keys, into: target) }
            }
            count = keys.count
        }
    }

    /// What is wrong with the layout, if anything: every entry in its group and chunk, not before
    /// its home, with no gap between, in ascending order; counts as the table says.
    func brokenRule() -> String? {
        var total = address(of: KeyFingerprinter.nullOf64Bits) == SlotLayout.noAddress ? 0 : 1
        if !isExact64 { total = 0 }
        var last: AddressEntry?
        var order: UInt64? = 0
        while let first = order {
            let index = groups.index(of: first)
            let group = groups[index]
            if group.firstOrder != first { return "group \(index) begins at \(group.firstOrder)" }
            var used = 0
            for (number, chunk) in groups.chunks(of: index).enumerated() {
                var gap = -1
                for slotNumber in 0...shape.slotCount {
                    let slot = chunk + slotNumber * shape.layout.byteCount
                    if shape.layout.isEmpty(slot) {
                        gap = slotNumber
                        continue
                    }
                    let entry = shape.layout.entry(slot)
                    let place = groups.place(entry.order)
                    let home =
                        (shape.home(place.fraction, in: chunk) - chunk) / shape.layout.byteCount
                    guard place.chunk == chunk, home <= slotNumber, home > gap,
                        slotNumber < shape.slotCount, last.map({ $0.order <= entry.order }) ?? true
                    else { return "group \(index), chunk \(number), slot \(slotNumber)" }
                    last = entry
                    used += 1
                }
            }
            if used != Int(group.used) { return "group \(index) holds \(used), says \(group.used)" }
            total += used
            order = group.endOrder
        }
        return total == count ? nil : "\(total) entries, says \(count)"
    }
}
