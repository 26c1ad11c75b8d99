import Columns
import Iceberg
import KeyIndex
import ObjectStore
import Parquet
import Puffin
import TableModel
import TableScan
import TestKit
import Testing

@testable import TableWriter

@Suite("Data files that are written anew beside the stream")
struct RewriteTests {
    private func policy(
        deadShareMax: Double = 0.25,
        fileBytesMin: Int64 = 0,
        bytesMax: Int64 = 1 << 30
    ) -> RewritePolicy {
        RewritePolicy(deadShareMax: deadShareMax, fileBytesMin: fileBytesMin, bytesMax: bytesMax)
    }

    private func inserts(_ ids: Range<Int64>) -> [Change] {
        ids.map { .insert($0, "row \($0)") }
    }

    /// Every key is where the index says.
    private func expectRightIndex(_ rig: WriterRig, _ comment: Comment? = nil) async throws {
        let known = rig.index
        var wrong: [Int64] = []
        var count = 0
        try await TableScan(table: rig.metadata, store: rig.store).forEachBatch(
            fields: [WriterRig.id]
        ) { batch in
            let keys = rig.fingerprinter.fingerprints(of: batch.columns)
            for row in batch.liveRows ?? (0..<Int32(batch.rowCount)).map({ $0 }) {
                count += 1
                let location = known.locations(of: [keys[Int(row)]])[0]
                let place = location.map { (known.filePath($0.file), $0.position) }
                if place?.0 != batch.filePath || place?.1 != batch.firstPosition + Int(row) {
                    wrong.append(batch.columns[0].value(at: Int(row), as: Int64.self))
                }
            }
        }
        #expect(wrong == [], comment)
        #expect(known.count == count, comment)
    }

    @Test("lose their dead rows, and their deletes, while no row changes", arguments: [2, 3])
    func deadRows(formatVersion: Int) async throws {
        let rig = try WriterRig(formatVersion: formatVersion)
        try await rig.epoch(inserts(0..<20))
        try await rig.epoch([.update(3, "three"), .delete(4), .delete(0), .delete(19), .delete(18)])
        let before = try await rig.rows()
        rig.toAdopt = try await rig.rewrite(policy())
        #expect(rig.toAdopt?.deadRowCount == 5)
        let files = try await rig.epoch([])
        #expect(rig.hasAdopted == true)
        #expect(!files.changesRows)
        let live = try await rig.liveFiles()
        #expect(live.dataFiles.map(\.file.recordCount).sorted() == [1, 15])
        #expect(live.deleteFiles.isEmpty)
        #expect(try await rig.rows() == before)
        try await rig.expectRightTotals()
        try await expectRightIndex(rig)
    }

    @Test("go on to lose rows: what was deleted meanwhile is deleted in the new file")
    func meanwhile() async throws {
        let rig = try WriterRig()
        try await rig.epoch(inserts(0..<10))
        try await rig.epoch([.delete(0), .delete(5), .delete(9)])
        let rewritten = try await rig.rewrite(policy())
        try await rig.epoch([.delete(1), .update(6, "six")])
        try await rig.epoch([.insert(5, "back"), .delete(8)])
        rig.toAdopt = rewritten
        try await rig.epoch([.delete(2), .update(6, "again"), .insert(30, "thirty")])
        #expect(rig.hasAdopted == true)
        let live = try await rig.liveFiles()
        // Rows 1 to 4 and 6 to 8 were copied; 1, 2, 6 and 8 have gone since.
        let new = try #require(live.dataFiles.first { $0.file.path.contains("rewritten") })
        #expect(new.file.recordCount == 7)
        let deletes = live.deleteFiles.filter { $0.file.referencedDataFile == new.file.path }
        #expect(deletes.map(\.file.recordCount) == [4])
        #expect(
            try await rig.rows() == [
                3: "row 3", 4: "row 4", 7: "row 7", 5: "back", 6: "again", 30: "thirty",
            ]
        )
        try await rig.expectRightTotals()
        try await expectRightIndex(rig)
    }

    @Test("of which all rows went meanwhile never appear, and their objects go")
    func deadMeanwhile() async throws {
        let rig = try WriterRig()
        try await rig.epoch(inserts(0..<4))
        try await rig.epoch([.delete(0)])
        let rewritten = try #require(try await rig.rewrite(policy()))
        rig.toAdopt = rewritten
        try await rig.epoch([.delete(1), .delete(2), .delete(3), .insert(9, "nine")])
        #expect(rig.hasAdopted == true)
        #expect(try await rig.rows() == [9: "nine"])
        #expect(try await rig.liveFiles().dataFiles.count == 1)
        #expect(!rig.store.paths.contains(rewritten.dataFiles[0].path))
        try await rig.expectRightTotals()
        try await expectRightIndex(rig)
    }

    @Test("are given up where a file is no longer there, or a delete by key came")
    func givenUp() async throws {
        let rig = try WriterRig()
        try await rig.epoch(inserts(0..<4))
        try await rig.epoch([.delete(0)])
        let rewritten = try #require(try await rig.rewrite(policy()))
        try await rig.epoch([.delete(1), .delete(2), .delete(3), .insert(9, "nine")])
        rig.toAdopt = rewritten
        #expect(try await rig.epoch([]).isEmpty)
        #expect(rig.hasAdopted == false)
        #expect(!rig.store.paths.contains(rewritten.dataFiles[0].path))
        try await rig.epoch(inserts(20..<24))
        try await rig.epoch([.delete(20)])
        let overtaken = try #require(try await rig.rewrite(policy()))
        rig.coversWholeTable = false
        try await rig.epoch([.insert(50, "fifty")])
        try await rig.epoch([.delete(21)])
        rig.coversWholeTable = true
        try await rig.rebuildIndex()
        rig.toAdopt = overtaken
        #expect(try await rig.epoch([]).isEmpty)
        #expect(rig.hasAdopted == false)
        #expect(try await rig.rows().keys.sorted() == [9, 22, 23, 50])
        #expect(try await rig.rewrite(policy()) == nil)
    }

    @Test("become one where four are of a size, and stay apart where they are sorted")
    func several() async throws {
        let rig = try WriterRig()
        for start in stride(from: 0, to: 40, by: 10) as StrideTo<Int64> {
            try await rig.epoch(inserts(start..<start + 10))
        }
        try await rig.epoch([.delete(0), .delete(39)])
        let before = try await rig.rows()
        #expect(try await rig.rewrite(policy(fileBytesMin: 1 << 20)) == nil)
        rig.sortOrder = SortOrder(
            orderID: 1,
            fields: [
                SortField(
                    sourceIDs: [1],
                    transform: .identity,
                    direction: .ascending,
                    nullOrder: .first
                )
            ]
        )
        #expect(try await rig.rewrite(policy()) == nil)
        rig.sortOrder = .unsorted
        rig.toAdopt = try await rig.rewrite(policy())
        #expect(rig.toAdopt?.sources.count == 4)
        try await rig.epoch([.delete(17)])
        #expect(rig.hasAdopted == true)
        let live = try await rig.liveFiles()
        #expect(live.dataFiles.map(\.file.recordCount) == [38])
        #expect(live.deleteFiles.map(\.file.recordCount) == [1])
        var expected = before
        expected[17] = nil
        #expect(try await rig.rows() == expected)
        try await rig.expectRightTotals()
        try await expectRightIndex(rig)
    }

    @Test("roll over at the size of a file")
    func rolled() async throws {
        let rig = try WriterRig()
        try await rig.epoch(inserts(0..<40))
        try await rig.epoch((0..<12 as Range<Int64>).map { .delete($0 * 3) })
        rig.fileBytesMax = 1
        rig.options.rowGroupRowsMax = 7
        let before = try await rig.rows()
        let rewritten = try #require(try await rig.rewrite(policy()))
        rig.toAdopt = rewritten
        try await rig.epoch([.delete(1), .delete(38), .update(20, "twenty")])
        #expect(rig.hasAdopted == true)
        var expected = before
        expected.removeValue(forKey: 1)
        expected.removeValue(forKey: 38)
        expected[20] = "twenty"
        #expect(try await rig.rows() == expected)
        try await rig.expectRightTotals()
        try await expectRightIndex(rig)
    }

    @Test(
        "keep every row through random epochs between a rewrite and its commit",
        arguments: 0..<12
    )
    func random(_: Int) async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        let rig = try WriterRig(formatVersion: Int.random(in: 2...3, using: &random))
        var model: [Int64: String?] = [:]
        func changes() -> [Change] {
            (0..<Int.random(in: 1...30, using: &random)).map { _ in
                let id = Int64.random(in: 0..<60, using: &random)
                let name = "v\(Int.random(in: 0..<1000, using: &random))"
                guard model[id] != nil else {
                    model[id] = name
                    return .insert(id, name)
                }
                if Bool.random(using: &random) {
                    model[id] = nil
                    return .delete(id)
                }
                model[id] = name
                return .update(id, name)
            }
        }
        rig.folding = Bool.random(using: &random) ? FoldingPolicy(bytesMax: 10_000) : nil
        var pending: RewrittenFiles?
        for _ in 0..<25 {
            if pending == nil {
                pending = try await rig.rewrite(
                    policy(deadShareMax: Double.random(in: 0.05...0.6, using: &random))
                )
            } else if Bool.random(using: &random) {
                rig.toAdopt = pending
                pending = nil
            }
            try await rig.epoch(changes())
            #expect(try await rig.rows() == model, "seed \(seed)")
        }
        try await rig.expectRightTotals()
        try await expectRightIndex(rig, "seed \(seed)")
    }
}
