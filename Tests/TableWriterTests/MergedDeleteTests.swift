import Iceberg
import ObjectStore
import Parquet
import TableModel
import TestKit
import Testing

@testable import TableWriter

@Suite("Deletes of one data file")
struct MergedDeleteTests {
    private func filled(_ rig: WriterRig, _ ids: Range<Int64>) async throws -> String {
        let files = try await rig.epoch(ids.map { .insert($0, "row \($0)") })
        return try #require(files.dataFiles.first).path
    }

    /// T045 as well: one data file, named, with whole and equal bounds.
    @Test("are one file, however often rows go")
    func oneDeleteFile() async throws {
        let rig = try WriterRig()
        let path = try await filled(rig, 0..<20)
        for id in 0..<10 as Range<Int64> { try await rig.epoch([.delete(id)]) }
        let deletes = try await rig.liveFiles().deleteFiles.map(\.file)
        #expect(deletes.count == 1)
        #expect(deletes.first?.recordCount == 10)
        #expect(deletes.first?.referencedDataFile == path)
        let bounds = [DataFile.deleteFilePathFieldID: [UInt8](path.utf8)]
        #expect(deletes.first?.lowerBounds.filter { bounds.keys.contains($0.key) } == bounds)
        #expect(deletes.first?.upperBounds.filter { bounds.keys.contains($0.key) } == bounds)
        #expect(try await rig.rows().keys.sorted() == Array(10..<20))
        #expect(rig.deletedRowsRead == 0)
    }

    @Test("are read back when no memory may hold them", arguments: [0, 1 << 20])
    func readBack(cacheBytesMax: Int) async throws {
        let rig = try WriterRig(cacheBytesMax: cacheBytesMax)
        _ = try await filled(rig, 0..<20)
        for id in 0..<4 as Range<Int64> { try await rig.epoch([.delete(id)]) }
        #expect(try await rig.rows().keys.sorted() == Array(4..<20))
        #expect(rig.deletedRowsRead == (cacheBytesMax == 0 ? 3 : 0))
        #expect(rig.cache.memoryBytes <= cacheBytesMax)
    }

    @Test("go with the data file when none of its rows is left, and so it stays in older snapshots")
    func deadFile() async throws {
        let rig = try WriterRig()
        let path = try await filled(rig, 0..<3)
        try await rig.epoch([.delete(0), .insert(7, "seven")])
        let deletePath = try #require(try await rig.liveFiles().deleteFiles.first).file.path
        let last = try await rig.epoch([.delete(1), .update(2, "two")])
        #expect(Set(last.removedFiles.map(\.path)) == [path, deletePath])
        #expect(last.deleteFiles.isEmpty)
        #expect(try await rig.liveFiles().deleteFiles.isEmpty)
        #expect(try await rig.liveFiles().dataFiles.count == 2)
        #expect(try await rig.rows() == [7: "seven", 2: "two"])
        try await rig.expectRightTotals()
        // Older snapshots need the files themselves.
        #expect(rig.store.paths.contains(path))
        #expect(rig.store.paths.contains(deletePath))
    }

    @Test("of the epoch's own files: one whose rows are all dead never appears")
    func deadNewFile() async throws {
        let rig = try WriterRig()
        // Each piece has a file of its own.
        rig.fileBytesMax = 1
        rig.options.rowGroupRowsMax = 1
        let files = try await rig.epoch(
            [.insert(1, "a"), .insert(2, "b")],
            [.delete(1), .delete(2), .insert(3, "c")],
            [.insert(4, "d"), .delete(3), .insert(5, "e")],
            [.delete(4)]
        )
        #expect(files.dataFiles.map(\.recordCount) == [2])
        #expect(files.deleteFiles.map(\.recordCount) == [1])
        #expect(files.removedFiles.isEmpty)
        #expect(try await rig.rows() == [5: "e"])
        let data = rig.store.paths.filter { $0.hasSuffix("-data.parquet") }
        #expect(data == files.dataFiles.map(\.path))
    }

    @Test("of other writers are merged in, named or by equal bounds", arguments: [true, false])
    func foreignDeletes(isNamed: Bool) async throws {
        let rig = try WriterRig()
        let path = try await filled(rig, 0..<10)
        // Rows that the data file does not have are legal and must not count.
        var foreign = try await rig.foreignDeletes("foreign", [(path, 3), (path, 4), (path, 99)])
        foreign.referencedDataFile = isNamed ? path : nil
        try await rig.commitForeign(deletes: [foreign])
        let files = try await rig.epoch([.delete(0)])
        #expect(files.removedFiles.map(\.path) == [foreign.path])
        let deletes = try await rig.liveFiles().deleteFiles.map(\.file)
        #expect(deletes.map(\.recordCount) == [3])
        #expect(try await rig.rows().keys.sorted() == [1, 2, 5, 6, 7, 8, 9])
        try await rig.expectRightTotals()
    }

    @Test("of other writers that speak of several data files stay and still apply")
    func sharedForeignDeletes() async throws {
        let rig = try WriterRig()
        let first = try await filled(rig, 0..<5)
        let second = try await filled(rig, 5..<10)
        let foreign = try await rig.foreignDeletes("foreign", [(first, 1), (second, 1)])
        try await rig.commitForeign(deletes: [foreign])
        try await rig.epoch([.delete(0)])
        #expect(try await rig.rows().keys.sorted() == [2, 3, 4, 5, 7, 8, 9])
        #expect(try await rig.liveFiles().deleteFiles.count == 2)
    }

    @Test("a delete older than its data file does not apply and is not merged in")
    func olderDeletes() async throws {
        let rig = try WriterRig()
        let foreign = try await rig.foreignDeletes(
            "early",
            [("mem:/lake/table/data/epoch1-00001-data.parquet", 1)]
        )
        try await rig.commitForeign(deletes: [foreign])
        let path = try await filled(rig, 0..<5)
        #expect(path == "mem:/lake/table/data/epoch1-00001-data.parquet")
        try await rig.readFilesAnew()
        try await rig.epoch([.delete(0)])
        #expect(try await rig.rows().keys.sorted() == [1, 2, 3, 4])
    }

    @Test("a file that another writer took away meanwhile makes the commit fail")
    func conflict() async throws {
        let rig = try WriterRig()
        let path = try await filled(rig, 0..<5)
        try await rig.epoch([.delete(0)])
        let deletes = try await rig.liveFiles().deleteFiles.map(\.file)
        // The snapshot before has no delete file yet.
        let base = try rig.metadata.applying(
            [
                .setSnapshotReference(
                    name: "main",
                    SnapshotReference(
                        snapshotID: try #require(rig.metadata.currentSnapshot?.parentSnapshotID),
                        kind: .branch
                    )
                )
            ],
            requirements: [],
            nowMilliseconds: 20
        )
        await #expect(throws: SnapshotError.self) {
            try await SnapshotProducer.produce(
                base: base,
                delta: RowDelta(removedPaths: [path, deletes[0].path]),
                store: rig.store,
                fileNamePrefix: "late",
                newSnapshotID: 99,
                nowMilliseconds: 20
            )
        }
    }

    @Test("a truncated table keeps none, and rows that follow are deleted as ever")
    func truncate() async throws {
        let rig = try WriterRig()
        _ = try await filled(rig, 0..<5)
        try await rig.epoch([.delete(0)])
        try await rig.epoch([.insert(1, "new"), .insert(2, "new")], truncated: true)
        #expect(try await rig.liveFiles().deleteFiles.isEmpty)
        try await rig.epoch([.delete(2)])
        #expect(try await rig.rows() == [1: "new"])
        try await rig.expectRightTotals()
    }

    /// T049.
    @Test("snapshot totals are what the manifests add up to, over a hundred commits of changes")
    func totals() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        let rig = try WriterRig(cacheBytesMax: 4_000)
        var expected: [Int64: String?] = [:]
        for number in 0..<100 {
            var changes: [Change] = []
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let id = Int64.random(in: 0..<60, using: &random)
                let name = "\(number) \(id)"
                if expected[id] == nil {
                    changes.append(.insert(id, name))
                    expected[id] = name
                } else if Bool.random(using: &random) {
                    changes.append(.delete(id))
                    expected[id] = nil
                } else {
                    changes.append(.update(id, name))
                    expected[id] = name
                }
            }
            let cut = Int.random(in: 0...changes.count, using: &random)
            try await rig.epoch(Array(changes[..<cut]), Array(changes[cut...]))
            try await rig.expectRightTotals()
            guard number % 10 == 9 else { continue }
            #expect(try await rig.rows() == expected, "seed \(seed), epoch \(number)")
            let live = try await rig.liveFiles()
            let perFile = Dictionary(grouping: live.deleteFiles, by: \.file.referencedDataFile)
            #expect(perFile.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
            #expect(rig.tableFiles.count == live.dataFiles.count, "seed \(seed)")
        }
    }
}
