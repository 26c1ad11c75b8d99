import Bytes
import ChangeModel
import Columns
import KeyIndex
import Pipeline
import PipelineConfig
import PipelineTestKit
import SourceInterface
import Synchronization
import TableModel
import Testing

/// Under the first secret the keys 3 and 15 have one fingerprint, and no other two of 0 to 40; under
/// those that follow, none have.
private struct ChosenSecrets {
    static let hashBits = 10
    let first: SipHash128
    let others: SipHash128

    init() throws {
        func groups(_ key: UInt64) -> [[Int]] {
            let hasher = SipHash128(key0: key, key1: 0xF00D)
            var ids = ColumnBuilder(.int64, expectedRows: 41)
            for id in 0...40 as ClosedRange<Int64> { ids.append(id) }
            let fingerprints = KeyFingerprinter(
                keyTypes: [.long],
                hasher: hasher,
                hashBits: Self.hashBits
            ).fingerprints(of: [ids.finish()])
            return Dictionary(grouping: fingerprints.indices) { fingerprints[$0].low }.values
                .filter { $0.count > 1 }
        }
        var (first, others): (UInt64?, UInt64?)
        for key in 0..<1_000_000 as Range<UInt64> where first == nil || others == nil {
            let groups = groups(key)
            if groups == [[3, 15]] { first = key }
            if groups == [] { others = key }
        }
        self.first = SipHash128(key0: try #require(first), key1: 0xF00D)
        self.others = SipHash128(key0: try #require(others), key1: 0xF00D)
    }

    /// The bad secret at one place of the order in which they are asked for, good ones elsewhere.
    func secrets(badAt: Int) -> FingerprintSecrets {
        var secrets = FingerprintSecrets()
        let (first, others, count) = (first, others, Counter())
        secrets.hashBits = Self.hashBits
        secrets.next = { count.next() == badAt ? first : others }
        return secrets
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        func next() -> Int {
            count.withLock {
                $0 += 1
                return $0 - 1
            }
        }
    }
}

@Suite("Keys with one fingerprint")
struct CollidingKeysTests {
    private static let told = "two keys of the table have the same fingerprint"

    /// A pipeline whose table holds the rows 0 to 9, before the bad secret is used.
    private func rig(_ folder: String? = nil) async throws -> PipelineRig {
        var rig = PipelineRig(["orders"])
        rig.source.state.withLock { $0.sendsEveryValue = true }
        rig.secrets = try ChosenSecrets().secrets(badAt: 0)
        let orders = rig.names[0]
        rig.source.commit((0..<10).map { (orders, .insert(id: $0, name: "order \($0)")) })
        return rig
    }

    @Test("that meet in one epoch are told apart", arguments: [DeleteMode.auto, .equality])
    func inOneEpoch(deletes: DeleteMode) async throws {
        var rig = try await rig()
        rig.deletes = deletes
        try await rig.runUntilCaughtUp()
        rig.secrets = try ChosenSecrets().secrets(badAt: 0)
        let orders = rig.names[0]
        rig.source.commit([
            (orders, .update(id: 3, name: "three")), (orders, .insert(id: 15, name: "fifteen")),
            (orders, .update(id: 4, name: "four")),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: Self.told).count == 1)
    }

    @Test("a new row never replaces a stranger's")
    func newRow() async throws {
        let rig = try await rig()
        try await rig.runUntilCaughtUp()
        #expect(rig.log.lines(with: Self.told) == [])
        var next = rig
        next.secrets = try ChosenSecrets().secrets(badAt: 0)
        let orders = rig.names[0]
        rig.source.commit([(orders, .insert(id: 15, name: "fifteen"))])
        try await next.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(try await rig.lakeRows(orders).count == 11)
        #expect(rig.log.lines(with: Self.told).count == 1)
    }

    @Test("that are both in the table are found when its index is read")
    func inTheTable() async throws {
        let rig = try await rig()
        let orders = rig.names[0]
        rig.source.commit([(orders, .insert(id: 15, name: "fifteen"))])
        var first = rig
        first.secrets = try ChosenSecrets().secrets(badAt: -1)
        try await first.runUntilCaughtUp()
        #expect(rig.log.lines(with: Self.told) == [])
        rig.source.commit([(orders, .delete(id: 3)), (orders, .update(id: 4, name: "four"))])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(try await rig.lakeRows(orders)[15] == ScriptedRow(name: "fifteen", amount: nil))
        #expect(rig.log.lines(with: Self.told).count == 1)
    }

    @Test("pieces of one large transaction are told apart without an index of the table")
    func inPieces() async throws {
        var rig = try await rig()
        rig.deletes = .equality
        rig.bytesMax = 1
        try await rig.runUntilCaughtUp()
        rig.secrets = try ChosenSecrets().secrets(badAt: 0)
        let orders = rig.names[0]
        rig.source.commit([
            (orders, .insert(id: 15, name: "fifteen")), (orders, .update(id: 4, name: "four")),
            (orders, .delete(id: 3)), (orders, .insert(id: 20, name: "twenty")),
        ])
        try await rig.runUntilCaughtUp()
        try await rig.expectEqualTables()
        #expect(rig.log.lines(with: Self.told).count == 1)
    }
}
