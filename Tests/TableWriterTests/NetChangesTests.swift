import Iceberg
import Testing

@testable import TableWriter

/// What is left of an epoch's changes in files: no row and no delete more than there have to be.
@Suite("Files of an epoch's net changes")
struct NetChangesTests {
    /// A table of rows 1 to 3; by position with an index of it, by key without one.
    private func filledRig(byPosition: Bool, formatVersion: Int = 2) async throws -> WriterRig {
        let rig = try WriterRig(coversWholeTable: byPosition, formatVersion: formatVersion)
        try await rig.epoch([.insert(1, "one"), .insert(2, "two"), .insert(3, "three")])
        return rig
    }

    private func deletedRows(_ files: EpochFiles) -> Int64 {
        files.deleteFiles.reduce(0) { $0 + $1.recordCount }
    }

    private func writtenRows(_ files: EpochFiles) -> Int64 {
        files.dataFiles.reduce(0) { $0 + $1.recordCount }
    }

    /// T001.
    @Test("a row that comes and goes leaves nothing", arguments: [true, false])
    func comesAndGoes(byPosition: Bool) async throws {
        let rig = try await filledRig(byPosition: byPosition)
        let files = try await rig.epoch([.insert(9, "a"), .update(9, "b"), .delete(9)])
        #expect(files.dataFiles == [])
        #expect(files.deleteFiles == [])
        #expect(try await rig.rows().count == 3)
    }

    /// T001, of a row that was there.
    @Test("a row that changes and goes is one delete and no row", arguments: [true, false])
    func changesAndGoes(byPosition: Bool) async throws {
        let rig = try await filledRig(byPosition: byPosition)
        let files = try await rig.epoch([.update(2, "a"), .update(2, "b"), .delete(2)])
        #expect(files.dataFiles == [])
        #expect(deletedRows(files) == 1)
        #expect(try await rig.rows() == [1: "one", 3: "three"])
    }

    /// T002 and T003.
    @Test("a row that goes and comes again is one delete and one row", arguments: [true, false])
    func goesAndComes(byPosition: Bool) async throws {
        let rig = try await filledRig(byPosition: byPosition)
        let files = try await rig.epoch([.delete(1), .insert(1, "again"), .update(1, "newest")])
        #expect(writtenRows(files) == 1)
        #expect(deletedRows(files) == 1)
        #expect(try await rig.rows() == [1: "newest", 2: "two", 3: "three"])
    }

    /// T004.
    @Test("a row that comes and changes is one row and no delete", arguments: [true, false])
    func comesAndChanges(byPosition: Bool) async throws {
        let rig = try await filledRig(byPosition: byPosition)
        let files = try await rig.epoch([.insert(4, "a"), .update(4, "b")])
        #expect(writtenRows(files) == 1)
        #expect(files.deleteFiles == [])
        #expect(try await rig.rows()[4] == "b")
    }

    /// T006.
    @Test("two keys that change places are two deletes and two rows", arguments: [true, false])
    func swap(byPosition: Bool) async throws {
        let rig = try await filledRig(byPosition: byPosition)
        let files = try await rig.epoch([
            .move(1, 100, "one"), .move(2, 1, "two"), .move(100, 2, "one"),
        ])
        #expect(writtenRows(files) == 2)
        #expect(deletedRows(files) == 2)
        #expect(try await rig.rows() == [1: "two", 2: "one", 3: "three"])
    }

    /// T010.
    @Test("a delete of a key that is not there is counted and harms no other row")
    func absentKey() async throws {
        for formatVersion in 2...3 {
            let rig = try await filledRig(byPosition: true, formatVersion: formatVersion)
            let files = try await rig.epoch([.delete(77), .update(78, "new"), .delete(3)])
            #expect(files.missingKeys == 2)
            #expect(deletedRows(files) == 1)
            #expect(try await rig.rows() == [1: "one", 2: "two", 78: "new"])
        }
    }

    /// T011 and T012: whatever the log says of a key's past, its row is looked up.
    @Test("changes that are written twice are there once", arguments: 2...3)
    func replay(formatVersion: Int) async throws {
        let rig = try await filledRig(byPosition: true, formatVersion: formatVersion)
        let changes: [Change] = [.insert(4, "four"), .update(1, "newer"), .delete(2)]
        try await rig.epoch(changes)
        try await rig.epoch(changes)
        #expect(try await rig.rows() == [1: "newer", 3: "three", 4: "four"])
        try await rig.epoch([.insert(4, "four"), .delete(4)])
        #expect(try await rig.rows() == [1: "newer", 3: "three"])
        try await rig.expectRightTotals()
    }

    /// T044.
    @Test("a delete by key spares the row that its own commit writes, and the next one takes it")
    func sameCommit() async throws {
        let rig = try await filledRig(byPosition: false)
        let files = try await rig.epoch([.update(1, "newer")])
        #expect(files.deleteFiles.map(\.content) == [.equalityDeletes])
        #expect(try await rig.rows()[1] == "newer")
        try await rig.epoch([.delete(1)])
        #expect(try await rig.rows() == [2: "two", 3: "three"])
    }
}
