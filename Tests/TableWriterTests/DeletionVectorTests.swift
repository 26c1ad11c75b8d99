import Iceberg
import ObjectStore
import Puffin
import TableModel
import TableScan
import TestKit
import Testing

@testable import TableWriter

@Suite("Deletes in format version 3")
struct DeletionVectorTests {
    private func filled(_ rig: WriterRig, _ ids: Range<Int64>) async throws -> DataFile {
        let files = try await rig.epoch(ids.map { .insert($0, "row \($0)") })
        return try #require(files.dataFiles.first)
    }

    @Test("are vectors, one a data file and each in a Puffin file of its own")
    func ownFiles() async throws {
        let rig = try WriterRig(formatVersion: 3)
        let first = try await filled(rig, 0..<10)
        let second = try await filled(rig, 10..<20)
        let files = try await rig.epoch([.delete(3), .delete(4), .update(15, "new")])
        #expect(files.deleteFiles.map(\.isDeletionVector) == [true, true])
        #expect(files.deleteFiles.map(\.referencedDataFile) == [first.path, second.path])
        #expect(files.deleteFiles.map(\.recordCount) == [2, 1])
        #expect(Set(files.deleteFiles.map(\.path)).count == 2)
        for vector in files.deleteFiles {
            #expect(vector.path.hasSuffix(".puffin"))
            let size = try await rig.store.status(of: vector.path).byteCount
            #expect(vector.fileSizeBytes == Int64(size))
        }
        #expect(try await rig.rows().count == 18)
        #expect(try await rig.rows()[15] == "new")
    }

    /// T054, its first half.
    @Test("a later vector holds the rows of the earlier one, which goes", arguments: [0, 1 << 20])
    func merged(cacheBytesMax: Int) async throws {
        let rig = try WriterRig(cacheBytesMax: cacheBytesMax, formatVersion: 3)
        let data = try await filled(rig, 0..<10)
        for id in 0..<4 as Range<Int64> {
            try await rig.epoch([.delete(id), .insert(id + 50, "x")])
        }
        let vectors = try await rig.liveFiles().deleteFiles.map(\.file)
            .filter { $0.referencedDataFile == data.path }
        #expect(vectors.map(\.recordCount) == [4])
        #expect(try await rig.rows().count == 10)
        try await rig.expectRightTotals()
    }

    /// T054, its second half, and T057.
    @Test("after an upgrade a vector takes over what position delete files list, shared ones too")
    func upgraded() async throws {
        let rig = try WriterRig()
        let first = try await filled(rig, 0..<10)
        let second = try await filled(rig, 10..<20)
        try await rig.epoch([.delete(0), .delete(11)])
        let foreign = try await rig.foreignDeletes(
            "foreign",
            [(first.path, 1), (second.path, 2), (second.path, 77)]
        )
        try await rig.commitForeign(deletes: [foreign])
        try rig.upgrade()
        try await rig.readFilesAnew()
        #expect(try await rig.rows().count == 16)
        try await rig.epoch([.delete(5)])
        let live = try await rig.liveFiles().deleteFiles.map(\.file)
        let ofFirst = live.filter { $0.referencedDataFile == first.path }
        #expect(ofFirst.map(\.isDeletionVector) == [true])
        // Its own deletes, those of the shared file, and the new one.
        #expect(ofFirst.map(\.recordCount) == [3])
        // Old files of other data files are honoured as they are.
        #expect(live.contains { $0.path == foreign.path })
        #expect(try await rig.rows().keys.sorted() == [2, 3, 4] + Array(6...10) + Array(13...19))
        try await rig.epoch([.delete(13)])
        let vectors = try await rig.liveFiles().deleteFiles.map(\.file)
            .filter(\.isDeletionVector)
        #expect(vectors.map(\.recordCount).sorted() == [3, 3])
        #expect(try await rig.rows().keys.sorted() == [2, 3, 4] + Array(6...10) + Array(14...19))
    }

    @Test("a data file without live rows goes with its vector")
    func deadFile() async throws {
        let rig = try WriterRig(formatVersion: 3)
        let data = try await filled(rig, 0..<3)
        try await rig.epoch([.delete(0), .insert(7, "seven")])
        let last = try await rig.epoch([.delete(1), .update(2, "two")])
        #expect(last.removedFiles.map(\.content) == [.positionDeletes, .data])
        #expect(last.removedFiles.last?.path == data.path)
        #expect(try await rig.liveFiles().deleteFiles.isEmpty)
        #expect(try await rig.rows() == [7: "seven", 2: "two"])
    }

    @Test("of a partitioned table lie in the partition of their data file")
    func partitioned() async throws {
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
        let rig = try WriterRig(spec: spec, formatVersion: 3)
        try await rig.epoch([
            .insert(1, "a1"), .insert(2, "b1"), .insert(3, "a2"), .insert(4, "b2"),
        ])
        let files = try await rig.epoch([.update(1, "b3"), .delete(2)])
        let live = try await rig.liveFiles()
        for vector in files.deleteFiles {
            let data = live.dataFiles.first { $0.file.path == vector.referencedDataFile }
            #expect(vector.inPartition == data?.file.inPartition)
        }
        #expect(files.deleteFiles.count == 2)
        #expect(try await rig.rows() == [1: "b3", 3: "a2", 4: "b2"])
    }

    @Test("a truncated table keeps no vectors, and row ids go on")
    func truncate() async throws {
        let rig = try WriterRig(formatVersion: 3)
        _ = try await filled(rig, 0..<5)
        try await rig.epoch([.delete(0)])
        try await rig.epoch([.insert(1, "new")], truncated: true)
        #expect(try await rig.liveFiles().deleteFiles.isEmpty)
        #expect(try await rig.rows() == [1: "new"])
        #expect(rig.metadata.nextRowID == 6)
    }

    @Test("a hundred commits of random changes leave one vector a data file and right rows")
    func random() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        let rig = try WriterRig(cacheBytesMax: 4_000, formatVersion: 3)
        var expected: [Int64: String?] = [:]
        for number in 0..<100 {
            var changes: [Change] = []
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let id = Int64.random(in: 0..<60, using: &random)
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
            guard number % 10 == 9 else { continue }
            try await rig.expectRightTotals()
            #expect(try await rig.rows() == expected, "seed \(seed), epoch \(number)")
            let live = try await rig.liveFiles()
            let perFile = Dictionary(grouping: live.deleteFiles, by: \.file.referencedDataFile)
            #expect(perFile.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
        }
    }
}
