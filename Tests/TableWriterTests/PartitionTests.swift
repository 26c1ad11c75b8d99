import Columns
import Iceberg
import KeyIndex
import ObjectStore
import Parquet
import TableModel
import TableScan
import Testing

@testable import TableWriter

@Suite("Partitioned tables")
struct PartitionTests {
    /// By the first character of the name, which is not part of the key.
    private let byName = PartitionSpec(
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
    private let byBucket = PartitionSpec(
        specID: 0,
        fields: [
            PartitionField(
                sourceIDs: [1],
                fieldID: 1001,
                name: "id_bucket",
                transform: .bucket(count: 4)
            )
        ]
    )

    private func partitions(_ files: [LiveFile]) -> [String] {
        files.map { live in
            let value = live.file.partition.fields.first?.value
            if case .text(let bytes) = value { return String(decoding: bytes, as: UTF8.self) }
            if case .integer(let number) = value { return String(number) }
            return "NULL"
        }.sorted()
    }

    @Test("rows go to files of their partition, and NULL has a partition of its own")
    func routing() async throws {
        let rig = try WriterRig(spec: byName)
        try await rig.epoch(
            [.insert(1, "apple"), .insert(2, "bread"), .insert(3, "ant"), .insert(4, nil)],
            [.insert(5, "axe"), .insert(6, nil)]
        )
        let live = try await rig.liveFiles()
        #expect(partitions(live.dataFiles) == ["NULL", "a", "b"])
        let rowsOfA = live.dataFiles.first { partitions([$0]) == ["a"] }?.file
        #expect(rowsOfA?.recordCount == 3)
        #expect(rowsOfA?.path.contains("/data/name_trunc=a/") == true)
        #expect(try await rig.rows().count == 6)
    }

    /// T031, T033, T034: only the key is sent of a row that goes.
    @Test("a row that moves to another partition is deleted in the old one")
    func moving() async throws {
        let rig = try WriterRig(spec: byName)
        try await rig.epoch([.insert(1, "apple"), .insert(2, nil), .insert(3, "bread")])
        let files = try await rig.epoch([
            .update(1, "bird"), .update(2, "bug"), .update(3, nil), .insert(4, "art"),
        ])
        #expect(partitions(files.dataFiles.map(live)) == ["NULL", "a", "b"])
        // All old files are dead and gone.
        #expect(files.removedFiles.count == 3)
        #expect(try await rig.rows() == [1: "bird", 2: "bug", 3: nil, 4: "art"])
        let later = try await rig.epoch([.delete(1)])
        #expect(partitions(later.deleteFiles.map(live)) == ["b"])
        #expect(try await rig.rows() == [2: "bug", 3: nil, 4: "art"])
        try await rig.expectRightTotals()
    }

    /// T032.
    @Test("a change of key moves the row to its new bucket")
    func bucket() async throws {
        let rig = try WriterRig(spec: byBucket)
        try await rig.epoch((0..<40).map { .insert($0, "row \($0)") })
        #expect(partitions(try await rig.liveFiles().dataFiles) == ["0", "1", "2", "3"])
        try await rig.epoch((0..<40).map { .move($0, $0 + 100, "moved \($0)") })
        let rows = try await rig.rows()
        #expect(rows.keys.sorted() == Array(100..<140))
        #expect(try await rig.liveFiles().deleteFiles.isEmpty)
        // Each file holds the rows of its own bucket only.
        for file in try await rig.liveFiles().dataFiles {
            let ids = try await TableScan.fetchRows(
                filePath: file.file.path,
                positions: Array(0..<Int(file.file.recordCount)),
                fields: [WriterRig.id],
                store: rig.store
            )[0]
            let buckets = Transform.bucket(count: 4).apply(to: ids, type: .long)
            for row in 0..<ids.rowCount {
                #expect(String(buckets.value(at: row, as: Int32.self)) == partitions([file])[0])
            }
        }
    }

    /// T035, T036, T037.
    @Test("deletes lie in the spec and partition of their data file, over three specs")
    func evolution() async throws {
        let rig = try WriterRig(spec: byName)
        try await rig.epoch([.insert(1, "apple"), .insert(2, "apricot")])
        try rig.evolve(to: .unpartitioned)
        try await rig.epoch([.insert(3, "cat"), .insert(4, "dog")])
        try rig.evolve(to: byBucket)
        try await rig.epoch([.insert(5, "elk"), .insert(6, "fox"), .insert(9, "gnu")])
        let files = try await rig.epoch([
            .delete(1), .update(3, "cow"), .update(5, "eel"), .delete(6),
        ])
        #expect(try await rig.rows() == [2: "apricot", 4: "dog", 3: "cow", 5: "eel", 9: "gnu"])
        let live = try await rig.liveFiles()
        for delete in live.deleteFiles {
            let data = live.dataFiles.first { $0.file.path == delete.file.referencedDataFile }
            #expect(delete.file.specID == data?.file.specID)
            #expect(delete.file.partition == data?.file.partition)
        }
        #expect(Set(live.deleteFiles.map(\.file.specID)).isSuperset(of: [0, 1]))
        let manifests = try await rig.metadata.manifests(
            of: rig.metadata.currentSnapshot,
            store: rig.store
        )
        let deleteSpecs = manifests.filter { $0.content == .deletes }.map(\.specID)
        #expect(Set(deleteSpecs).isSuperset(of: Set(files.deleteFiles.map(\.specID))))
        try rig.evolve(to: byName)
        try await rig.epoch([.update(2, "plum"), .update(4, "duck"), .update(9, nil)])
        #expect(
            try await rig.rows() == [2: "plum", 4: "duck", 3: "cow", 5: "eel", 9: nil]
        )
        try await rig.expectRightTotals()
    }

    @Test("with deletes by key one file of them is for all partitions")
    func equality() async throws {
        let rig = try WriterRig(spec: byName, coversWholeTable: false)
        try await rig.epoch([.insert(1, "apple"), .insert(2, "bread"), .insert(3, "cat")])
        let files = try await rig.epoch([.update(1, "bird"), .delete(2), .insert(4, "dog")])
        #expect(files.deleteFiles.map(\.content) == [.equalityDeletes])
        #expect(files.deleteFiles.map(\.specID) == [1])
        #expect(files.deleteFiles.map(\.partition) == [.unpartitioned])
        #expect(try await rig.rows() == [1: "bird", 3: "cat", 4: "dog"])
    }

    @Test("more partitions than files may be open close the one used least recently")
    func openFiles() async throws {
        let store = MemoryObjectStore()
        var layout = TableLayout(
            dataFolder: "mem:/t/data",
            fields: [WriterRig.id, WriterRig.name],
            spec: byName,
            options: ParquetWriterOptions()
        )
        layout.openFilesMax = 2
        let names = FileNames(prefix: "x")
        let writer = try PartitionedWriter(layout, store: store) { names.next(kind: "data") }
        for text in ["a1", "b1", "a2", "c1", "a3", "b2"] {
            _ = try await writer.append(row(text))
            #expect(writer.openFileCount <= 2)
        }
        let files = try await writer.finish()
        // b was closed for c, c for the second b; a was used all the time.
        #expect(partitions(files.map(live)) == ["a", "b", "b", "c"])
        #expect(files.map(\.recordCount).reduce(0, +) == 6)
    }

    @Test("a spec over a column that is not written is refused")
    func unusable() {
        let layout = TableLayout(
            dataFolder: "mem:/t/data",
            fields: [WriterRig.id],
            spec: byName,
            options: ParquetWriterOptions()
        )
        #expect(throws: UnusablePartitionSpec.self) {
            try PartitionedWriter(layout, store: MemoryObjectStore()) { "x" }
        }
    }

    private func row(_ name: String) -> [Column] {
        let builder = BatchBuilder(types: [.int64, .bytes], expectedRows: 1)
        builder.builders[0].append(1 as Int64)
        builder.builders[1].append(utf8: name)
        return builder.finishColumns()
    }

    private func live(_ file: DataFile) -> LiveFile {
        LiveFile(file: file, dataSequenceNumber: 1, fileSequenceNumber: 1, snapshotID: 1)
    }
}

@Suite("Tables without a key")
struct KeylessTests {
    /// T022, T023.
    @Test("of equal rows as many go as were deleted, whichever; also after a new start")
    func multiset() async throws {
        let rig = try WriterRig(hasKey: false)
        try await rig.epoch([
            .insert(1, "a"), .insert(1, "a"), .insert(1, "a"), .insert(2, nil), .insert(2, nil),
        ])
        try await rig.epoch([.deleteRow(1, "a"), .insert(1, "b"), .deleteRow(2, nil)])
        #expect(try await rig.rowCounts() == ["1 a": 2, "1 b": 1, "2 NULL": 1])
        try await rig.rebuildIndex()
        try await rig.epoch([.deleteRow(1, "a")], [.insert(1, "a"), .deleteRow(1, "b")])
        #expect(try await rig.rowCounts() == ["1 a": 2, "2 NULL": 1])
        try await rig.epoch([.deleteRow(1, "a"), .deleteRow(1, "a"), .deleteRow(2, nil)])
        #expect(try await rig.rowCounts() == [:])
        #expect(try await rig.liveFiles().dataFiles.isEmpty)
    }

    @Test("a row that the table does not hold is counted as missing and harms nothing")
    func missing() async throws {
        let rig = try WriterRig(hasKey: false)
        try await rig.epoch([.insert(1, "a")])
        let files = try await rig.epoch([.deleteRow(1, "b"), .insert(3, "c")])
        #expect(files.missingKeys == 1)
        #expect(try await rig.rowCounts() == ["1 a": 1, "3 c": 1])
    }
}
