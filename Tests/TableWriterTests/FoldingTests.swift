import Iceberg
import KeyIndex
import ObjectStore
import TableModel
import TableScan
import TestKit
import Testing

@testable import TableWriter

@Suite("Folding of small files")
struct FoldingTests {
    private func rig(_ write: (inout WriterRig) throws -> Void = { _ in }) throws -> WriterRig {
        var rig = try WriterRig()
        try write(&rig)
        rig.folding = FoldingPolicy(bytesMax: 1 << 20, filesPerTier: 8)
        return rig
    }

    @Test("eight files become one, without their dead rows and with their deletes gone")
    func eight() async throws {
        let rig = try rig()
        for number in 0..<8 as Range<Int64> {
            try await rig.epoch([.insert(number * 2, "a"), .insert(number * 2 + 1, "b")])
        }
        #expect(try await rig.liveFiles().dataFiles.count == 8)
        let files = try await rig.epoch([.delete(3), .update(4, "new")], [.delete(7)])
        // The rows of this epoch and the folded ones.
        #expect(files.dataFiles.map(\.recordCount).sorted() == [1, 13])
        #expect(files.deleteFiles.isEmpty)
        #expect(files.removedFiles.count == 8)
        #expect(files.rowsWritten == 1)
        #expect(try await rig.liveFiles().dataFiles.count == 2)
        var expected = Dictionary(
            uniqueKeysWithValues: (0..<16 as Range<Int64>).map { ($0, $0 % 2 == 0 ? "a" : "b") }
        )
        expected[3] = nil
        expected[4] = "new"
        expected[7] = nil
        #expect(try await rig.rows() == expected)
        try await rig.expectRightTotals()
        // The index knows where the rows are now.
        try await rig.epoch([.delete(0), .delete(15), .update(8, "later")])
        expected[0] = nil
        expected[15] = nil
        expected[8] = "later"
        #expect(try await rig.rows() == expected)
    }

    @Test("a table of small commits has few files, whatever changes, and the right rows")
    func random() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        let rig = try rig()
        var expected: [Int64: String?] = [:]
        for number in 0..<120 {
            var changes: [Change] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let id = Int64.random(in: 0..<200, using: &random)
                let name = "\(number) \(id)"
                let isThere = expected[id] != nil
                if isThere, Bool.random(using: &random) {
                    changes.append(.delete(id))
                    expected[id] = nil
                } else {
                    changes.append(isThere ? .update(id, name) : .insert(id, name))
                    expected[id] = name
                }
            }
            try await rig.epoch(changes)
            #expect(try await rig.liveFiles().dataFiles.count <= 9, "seed \(seed)")
            guard number % 10 == 9 else { continue }
            #expect(try await rig.rows() == expected, "seed \(seed), epoch \(number)")
            try await rig.expectRightTotals()
            #expect(rig.index.count == expected.count, "seed \(seed)")
        }
    }

    @Test("rows of a file that is read in more than one piece are known where they are")
    func severalBatches() async throws {
        let rig = try rig()
        rig.folding = FoldingPolicy(bytesMax: 16 << 20, filesPerTier: 8)
        let rows = 0..<Int64(ScanLimits.batchRowsMax) + 100
        try await rig.epoch(rows.map { .insert($0, nil) })
        for number in 1...7 as ClosedRange<Int64> { try await rig.epoch([.insert(-number, nil)]) }
        let files = try await rig.epoch([.delete(rows.upperBound - 1)])
        #expect(files.dataFiles.map(\.recordCount) == [Int64(rows.count) + 6])
        #expect(rig.index.count == rows.count + 6)
        let last = try await rig.epoch([.delete(rows.upperBound - 2)])
        #expect(last.missingKeys == 0)
        #expect(last.deleteFiles.map(\.recordCount) == [1])
        #expect(try await rig.rows().keys.max() == rows.upperBound - 3)
    }

    @Test("files of one partition are folded together, those of other specs stay")
    func partitions() async throws {
        let spec = PartitionSpec(
            specID: 0,
            fields: [
                PartitionField(
                    sourceIDs: [2],
                    fieldID: 1000,
                    name: "name_trunc",
                    transform: .truncate(width: 1)
                )
            ]
        )
        let rig = try rig { $0 = try WriterRig(spec: spec) }
        try rig.evolve(to: .unpartitioned)
        try await rig.epoch([.insert(1000, "old spec")])
        try rig.evolve(to: spec)
        for number in 0..<9 as Range<Int64> {
            try await rig.epoch([.insert(number, "a"), .insert(number + 100, "b")])
        }
        let live = try await rig.liveFiles().dataFiles.map(\.file)
        #expect(live.filter { $0.specID == 1 }.count == 1)
        let counts = Dictionary(grouping: live.filter { $0.specID == 0 }, by: \.partition)
            .mapValues { $0.map(\.recordCount).sorted() }
        // One partition an epoch; the other one's turn comes with the next.
        #expect(Set(counts.values) == [[1, 8], [1, 1, 1, 1, 1, 1, 1, 1, 1]])
        try await rig.epoch([.insert(50, "a")])
        let later = try await rig.liveFiles().dataFiles.filter { $0.file.specID == 0 }
        #expect(later.count == 2 + 1 + 1)
        #expect(try await rig.rows().count == 20)
    }

    @Test("what other writers deleted with files of several data files stays deleted")
    func sharedDeletes() async throws {
        let rig = try rig()
        var paths: [String] = []
        for number in 0..<8 as Range<Int64> {
            let files = try await rig.epoch([.insert(number, "a"), .insert(number + 100, "b")])
            paths += files.dataFiles.map(\.path)
        }
        let foreign = try await rig.foreignDeletes(
            "foreign",
            [(paths[0], 1), (paths[3], 0)].sorted { $0.0 < $1.0 }
        )
        try await rig.commitForeign(deletes: [foreign])
        try await rig.rebuildIndex()
        let files = try await rig.epoch([.insert(50, "c")])
        #expect(files.removedFiles.count == 8)
        #expect(try await rig.rows().count == 15)
        #expect(try await rig.rows()[100] == nil)
        #expect(try await rig.rows()[3] == nil)
    }

    /// As when an index is read beside the stream.
    @Test("files to which deletes by key apply stay, those since then are folded")
    func afterDeletesByKey() async throws {
        let rig = try rig { $0 = try WriterRig(coversWholeTable: false) }
        for id in 0..<3 as Range<Int64> { try await rig.epoch([.insert(id, "old")]) }
        let old = try await rig.liveFiles().dataFiles.map(\.file.path)
        try await rig.epoch([.update(0, "new"), .delete(1)])
        rig.coversWholeTable = true
        try await rig.rebuildIndex()
        for id in 10..<17 as Range<Int64> { try await rig.epoch([.insert(id, "later")]) }
        let files = try await rig.epoch([.insert(50, "last")])
        #expect(files.removedFiles.count == 8)
        #expect(Set(old).isDisjoint(with: files.removedFiles.map(\.path)))
        #expect(try await rig.liveFiles().dataFiles.count == 3 + 2)
        var expected: [Int64: String?] = [0: "new", 2: "old", 50: "last"]
        for id in 10..<17 as Range<Int64> { expected[id] = "later" }
        #expect(try await rig.rows() == expected)
    }

    @Test("nothing is folded where rows are deleted by key, or have none")
    func notFolded() async throws {
        let byKey = try rig { $0 = try WriterRig(coversWholeTable: false) }
        let keyless = try rig { $0 = try WriterRig(hasKey: false) }
        for rig in [byKey, keyless] {
            for number in 0..<10 as Range<Int64> { try await rig.epoch([.insert(number, "a")]) }
            #expect(try await rig.liveFiles().dataFiles.count == 10)
        }
    }

    @Test("files above the bytes of one time stay as they are")
    func tooLarge() async throws {
        let rig = try rig()
        rig.folding = FoldingPolicy(bytesMax: 800, filesPerTier: 8)
        for number in 0..<10 as Range<Int64> { try await rig.epoch([.insert(number, "a")]) }
        #expect(try await rig.liveFiles().dataFiles.count == 10)
    }

    @Test(
        "tiers grow as many times as files become one",
        arguments: [(0, 0), (262_143, 0), (262_144, 1), (2_097_151, 1), (2_097_152, 2)]
    )
    func tiers(bytes: Int64, tier: Int) {
        let policy = FoldingPolicy(bytesMax: 1 << 20, filesPerTier: 8)
        #expect(policy.tier(liveBytes: bytes) == tier)
    }
}
