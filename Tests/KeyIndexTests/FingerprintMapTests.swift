import TableModel
import TestKit
import Testing

@testable import KeyIndex

@Suite("FingerprintMap")
struct FingerprintMapTests {
    /// How keys are drawn: patterns that collide or cluster in weak hashes, and plain noise.
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
        "agrees with a dictionary over random sets, removals and lookups",
        arguments: KeyPattern.allCases,
        [true, false]
    )
    func agreesWithDictionary(pattern: KeyPattern, isExact64: Bool) {
        for seed in UInt64(1)...4 {
            var generator = SeededGenerator(seed: seed)
            let map = FingerprintMap(isExact64: isExact64)
            var model: [KeyFingerprint: UInt64] = [:]
            for step in 0..<10_000 {
                let number = UInt64.random(in: 0..<3_000, using: &generator)
                let key = pattern.key(number, isExact64: isExact64)
                let agrees =
                    switch UInt64.random(in: 0..<10, using: &generator) {
                    case 0..<5:
                        map.set(UInt64(step), for: key)
                            == model.updateValue(UInt64(step), forKey: key)
                    case 5..<9: map.remove(key) == model.removeValue(forKey: key)
                    default: map.payload(of: key) == model[key]
                    }
                guard agrees else {
                    Issue.record("seed \(seed), step \(step)")
                    return
                }
            }
            let keys = (0..<3_000).map { pattern.key(UInt64($0), isExact64: isExact64) }
            #expect(map.count == model.count, "seed \(seed)")
            #expect(map.payloads(of: keys) == keys.map { model[$0] ?? .max }, "seed \(seed)")
        }
    }

    @Test("keeps every key while it grows a thousandfold", arguments: [true, false])
    func growth(isExact64: Bool) {
        let map = FingerprintMap(isExact64: isExact64)
        for number in 0..<UInt64(200_000) {
            map.set(number, for: KeyFingerprint(high: 0, low: number &* 3))
        }
        #expect(map.count == 200_000)
        let keys = (0..<UInt64(200_000)).map { KeyFingerprint(high: 0, low: $0 &* 3) }
        #expect(map.payloads(of: keys) == Array(0..<200_000))
        #expect(map.payload(of: KeyFingerprint(high: 0, low: 1)) == nil)
    }

    /// The smallest table has 64 slots.
    ///
    /// Keys whose home is one of the last two make a run that goes on at slot 0; taking any one out
    /// must leave all others in reach.
    @Test("a removal closes gaps across the end of the table", arguments: [true, false])
    func removalAcrossTheEnd(isExact64: Bool) {
        let table = FingerprintTable(isExact64: isExact64, expectedCount: 0)
        defer { table.deallocate() }
        let atEnd = (0..<UInt64(100_000)).lazy.map { KeyFingerprint(high: 0, low: $0) }
            .filter { table.home(of: $0) >= 62 }.prefix(12)
        let atStart = (0..<UInt64(100_000)).lazy.map { KeyFingerprint(high: 0, low: $0) }
            .filter { table.home(of: $0) <= 3 }.prefix(6)
        let keys = Array(atEnd) + Array(atStart)
        #expect(keys.count == 18)
        for removed in keys {
            let map = FingerprintMap(isExact64: isExact64)
            for (payload, key) in keys.enumerated() { map.set(UInt64(payload), for: key) }
            map.remove(removed)
            for (payload, key) in keys.enumerated() {
                #expect(map.payload(of: key) == (key == removed ? nil : UInt64(payload)))
            }
        }
    }

    @Test("new keys of a batch are numbered in order, repeats get the number they have")
    func numbering() {
        let map = FingerprintMap(isExact64: true)
        let numbers: [UInt64] = [5, 9, 5, 7, 9, 11]
        let keys = numbers.map { KeyFingerprint(high: 0, low: $0) }
        let first = keys.withUnsafeBufferPointer { map.payloads(of: $0, orInsertFrom: 0) }
        #expect(first == [0, 1, 0, 2, 1, 3])
        let more = [KeyFingerprint(high: 0, low: 12)] + keys
        let second = more.withUnsafeBufferPointer { map.payloads(of: $0, orInsertFrom: 4) }
        #expect(second == [4, 0, 1, 0, 2, 1, 3])
        #expect(map.count == 5)
    }

    @Test("a NULL among 64-bit keys is a key of its own, and stays one while the map grows")
    func nullKey() {
        let map = FingerprintMap(isExact64: true)
        let null = KeyFingerprinter.nullOf64Bits
        #expect(map.set(7, for: null) == nil)
        for number in 0..<UInt64(1_000) {
            map.set(number, for: KeyFingerprint(high: 0, low: number))
        }
        #expect(map.count == 1_001)
        #expect(map.payloads(of: [null, KeyFingerprint(high: 0, low: 0)]) == [7, 0])
        var keys: Set<KeyFingerprint> = []
        map.forEach { key, _ in keys.insert(key) }
        #expect(keys.count == 1_001 && keys.contains(null))
        #expect(map.remove(null) == 7)
        #expect(map.payload(of: null) == nil)
        #expect(map.count == 1_000)
    }

    @Test("an emptied map holds nothing and takes keys again")
    func removeAll() {
        let map = FingerprintMap(isExact64: false)
        let key = KeyFingerprint(high: 1, low: 2)
        map.set(3, for: key)
        map.removeAll()
        #expect(map.count == 0)
        #expect(map.payload(of: key) == nil)
        #expect(map.set(4, for: key) == nil)
        #expect(map.payload(of: key) == 4)
    }
}
