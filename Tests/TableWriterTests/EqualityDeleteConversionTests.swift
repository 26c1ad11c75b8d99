import Iceberg
import TableModel
import TableScan
import Testing

@testable import TableWriter

@Suite("Deletes by key that become positions")
struct EqualityDeleteConversionTests {
    /// Files of 4, 4 and 2 rows, of which keys were deleted without an index.
    private func rig(formatVersion: Int = 2) async throws -> WriterRig {
        let rig = try WriterRig(coversWholeTable: false, formatVersion: formatVersion)
        try await rig.epoch((0..<4 as Range<Int64>).map { .insert($0, "row \($0)") })
        try await rig.epoch((4..<8 as Range<Int64>).map { .insert($0, "row \($0)") })
        try await rig.epoch([.insert(8, "row 8"), .insert(9, "row 9")])
        try await rig.epoch([.update(1, "one"), .delete(2), .delete(8)])
        try await rig.epoch([.update(1, "two"), .delete(9), .delete(77)])
        try await rig.rebuildIndex()
        rig.coversWholeTable = true
        return rig
    }

    private let left: [Int64: String?] = [
        0: "row 0", 1: "two", 3: "row 3", 4: "row 4", 5: "row 5", 6: "row 6", 7: "row 7",
    ]

    @Test(
        "go, and each data file has one delete file; one without live rows goes",
        arguments: [2, 3]
    )
    func settled(formatVersion: Int) async throws {
        let rig = try await rig(formatVersion: formatVersion)
        rig.toConvert = try await rig.rowsDeletedByKey()
        let files = try await rig.epoch([])
        #expect(rig.hasConverted == true)
        #expect(!files.changesRows)
        let live = try await rig.liveFiles()
        #expect(live.deleteFiles.allSatisfy { $0.file.content == .positionDeletes })
        // The first file lost 1 and 2; those of 8 and 9 and of the first update are empty.
        #expect(live.deleteFiles.map(\.file.recordCount) == [2])
        #expect(live.dataFiles.map(\.file.recordCount).sorted() == [1, 4, 4])
        #expect(try await rig.rows() == left)
        try await rig.expectRightTotals()
        #expect(rig.tableFiles.lastEqualityDelete == 0)
    }

    @Test("go together with changes of the same rows, files and keys")
    func withChanges() async throws {
        let rig = try await rig()
        rig.toConvert = try await rig.rowsDeletedByKey()
        try await rig.epoch([.delete(3), .update(1, "three"), .insert(2, "back"), .delete(5)])
        #expect(rig.hasConverted == true)
        let live = try await rig.liveFiles()
        #expect(live.deleteFiles.map(\.file.recordCount).sorted() == [1, 3])
        var expected = left
        expected[3] = nil
        expected[5] = nil
        expected[1] = "three"
        expected[2] = "back"
        #expect(try await rig.rows() == expected)
        try await rig.expectRightTotals()
    }

    @Test("go later as well: what was found stays true over epochs in between")
    func later() async throws {
        let rig = try await rig()
        let found = try await rig.rowsDeletedByKey()
        try await rig.epoch([.update(4, "four"), .delete(0), .insert(9, "nine")])
        // All of the first file is dead now but for what the deletes by key took.
        try await rig.epoch([.delete(3)])
        rig.toConvert = found
        try await rig.epoch([.insert(20, "twenty")])
        #expect(rig.hasConverted == true)
        var expected = left
        for id in [0, 3] as [Int64] { expected[id] = nil }
        for (id, name) in [(4, "four"), (9, "nine"), (20, "twenty")] as [(Int64, String)] {
            expected[id] = name
        }
        #expect(try await rig.rows() == expected)
        let live = try await rig.liveFiles()
        #expect(live.deleteFiles.allSatisfy { $0.file.content == .positionDeletes })
        try await rig.expectRightTotals()
    }

    @Test("stay where the table has an older file in which nobody looked, or one of them is gone")
    func otherFiles() async throws {
        let rig = try await rig()
        var found = try await rig.rowsDeletedByKey()
        found.olderDataFiles.removeFirst()
        rig.toConvert = found
        #expect(try await rig.epoch([]).isEmpty)
        #expect(rig.hasConverted == false)
        found = try await rig.rowsDeletedByKey()
        found.deleteFiles[0].path += "x"
        rig.toConvert = found
        #expect(try await rig.epoch([]).isEmpty)
        #expect(rig.hasConverted == false)
        #expect(try await rig.rows() == left)
    }

    @Test("have nothing to become after a TRUNCATE")
    func truncated() async throws {
        let rig = try await rig()
        rig.toConvert = try await rig.rowsDeletedByKey()
        try await rig.epoch([.insert(1, "again")], truncated: true)
        #expect(rig.hasConverted == true)
        #expect(try await rig.rows() == [1: "again"])
        #expect(try await rig.liveFiles().deleteFiles.isEmpty)
        try await rig.expectRightTotals()
    }
}
