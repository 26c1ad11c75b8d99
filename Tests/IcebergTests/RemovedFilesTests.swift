import Avro
import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("Deletes of files that go")
struct RemovedFilesTests {
    let store = MemoryObjectStore()

    func names(_ table: TableMetadata) async throws -> [String] {
        let live = try await table.liveFiles(store: store)
        return (live.dataFiles + live.deleteFiles).map(\.file.name).sorted()
    }

    @Test("deletes of one data file go with it, those of several stay")
    func dangling() async throws {
        var only = positionDeletes("only-a")
        only.referencedDataFile = dataFile("a").path
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
            to: store
        )
        table = try await table.committing(
            RowDelta(deleteFiles: [only, positionDeletes("shared")]),
            to: store
        )
        table = try await table.committing(
            RowDelta(removedPaths: [dataFile("a").path]),
            to: store
        )
        #expect(try await names(table) == ["b", "shared"])
        #expect(table.currentSnapshot?.summary["removed-position-delete-files"] == "1")
    }

    @Test("a rewrite keeps the age of rows, and drops deletes that no row is old enough for")
    func rewrite() async throws {
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("b")], deleteFiles: [equalityDeletes("e2")]),
            to: store
        )
        let read = table
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("c")], deleteFiles: [equalityDeletes("e3")]),
            to: store
        )
        let live = try await table.liveFiles(store: store)
        let old = live.dataFiles.filter { ["a", "b"].contains($0.file.name) }
        table = try await table.committing(
            .rewrite(of: old, as: [dataFile("ab")], dataSequenceNumber: read.lastSequenceNumber),
            to: store
        )
        #expect(try await names(table) == ["ab", "c", "e2", "e3"])
        let after = try await table.liveFiles(store: store)
        let rewritten = try #require(after.dataFiles.first { $0.file.name == "ab" })
        #expect(rewritten.dataSequenceNumber == 2)
        #expect(rewritten.fileSequenceNumber == 4)
        #expect(table.currentSnapshot?.summary.operation == .replace)
        // The next rewrite leaves no row that is older than the first deletes.
        table = try await table.committing(
            .rewrite(of: after.dataFiles, as: [dataFile("abc")], dataSequenceNumber: 4),
            to: store
        )
        #expect(try await names(table) == ["abc"])
    }

    @Test("rows cannot be newer than the table, or have an age below zero", arguments: [-1, 2])
    func impossibleAge(_ number: Int64) async throws {
        let table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        let error = await #expect(throws: SnapshotError.self) {
            try await table.committing(
                RowDelta(dataFiles: [dataFile("b")], dataSequenceNumber: number),
                to: store
            )
        }
        #expect(
            error?.message
                == "rows cannot have the sequence number \(number), the last one of "
                + "file:///lake/orders is 1"
        )
    }

    @Test("many new files go into several manifests")
    func manyFiles() async throws {
        let megabyte = [UInt8](repeating: 7, count: 1 << 20)
        let files = (0..<40).map { number in
            var file = dataFile("f\(number)")
            file.lowerBounds = [1: megabyte]
            return file
        }
        let table = try await emptyTable().committing(RowDelta(dataFiles: files), to: store)
        let manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.compactMap(\.added?.files) == [32, 8])
    }

    /// A table of version 1 as early engines left it: no sequence numbers, no counts in the list.
    func versionOneTable() async throws -> TableMetadata {
        let entrySchema = """
            {"type":"record","name":"manifest_entry","fields":[
            {"name":"status","type":"int","field-id":0},
            {"name":"snapshot_id","type":["null","long"],"field-id":1},
            {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
            {"name":"file_path","type":"string","field-id":100},
            {"name":"file_format","type":"string","field-id":101},
            {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[]}},
            {"name":"record_count","type":"long","field-id":103},
            {"name":"file_size_in_bytes","type":"long","field-id":104},
            {"name":"block_size_in_bytes","type":"long","field-id":105}]}}]}
            """
        var manifest = AvroFileWriter(schema: entrySchema, metadata: [], file: "m")
        for name in ["a", "b"] {
            manifest.record.appendAvroInt(1)
            manifest.record.appendAvroPresence(true)
            manifest.record.appendAvroLong(11)
            manifest.record.appendAvroString(dataFile(name).path)
            manifest.record.appendAvroString("parquet")
            for number: Int64 in [10, 100, 64] { manifest.record.appendAvroLong(number) }
            try manifest.endRecord()
        }
        try await store.put("file:///lake/orders/metadata/m.avro", try manifest.finish())
        let listSchema = """
            {"type":"record","name":"manifest_file","fields":[
            {"name":"manifest_path","type":"string","field-id":500},
            {"name":"manifest_length","type":"long","field-id":501},
            {"name":"partition_spec_id","type":"int","field-id":502},
            {"name":"added_snapshot_id","type":["null","long"],"field-id":503}]}
            """
        var list = AvroFileWriter(schema: listSchema, metadata: [], file: "l")
        list.record.appendAvroString("file:///lake/orders/metadata/m.avro")
        list.record.appendAvroLong(1)
        list.record.appendAvroInt(0)
        list.record.appendAvroPresence(true)
        list.record.appendAvroLong(11)
        try list.endRecord()
        try await store.put("file:///lake/orders/metadata/l.avro", try list.finish())
        let text = #"""
            {"format-version":1,"location":"file:///lake/orders","last-updated-ms":5,
            "last-column-id":1,"schema":{"type":"struct","fields":[
            {"id":1,"name":"id","required":true,"type":"long"}]},"partition-spec":[],
            "current-snapshot-id":11,"snapshots":[{"snapshot-id":11,"timestamp-ms":4,
            "manifest-list":"file:///lake/orders/metadata/l.avro"}]}
            """#
        return try TableMetadata(parsing: Array(text.utf8), file: "v1.json")
    }

    @Test("a table of version 1 is upgraded, and deletes apply to its files", arguments: [2, 3])
    func upgradedFromOne(_ version: Int) async throws {
        let old = try await versionOneTable()
        #expect(try await names(old) == ["a", "b"])
        var table = try old.applying(
            [.upgradeFormatVersion(version), .assignUUID("u")],
            requirements: [],
            nowMilliseconds: 9
        )
        var deletes = [equalityDeletes("e")]
        if version == 3 {
            deletes.append(vector(of: "a", offset: 4))
        } else {
            deletes.append(positionDeletes("p"))
        }
        table = try await table.committing(RowDelta(deleteFiles: deletes), to: store)
        let live = try await table.liveFiles(store: store)
        #expect(live.dataFiles.map(\.dataSequenceNumber) == [0, 0])
        #expect(live.dataFiles.map(\.snapshotID) == [11, 11])
        #expect(live.deleteFiles.map(\.dataSequenceNumber) == [1, 1])
        #expect(live.dataFiles.map(\.file.firstRowID) == (version == 3 ? [0, 10] : [nil, nil]))
        let manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.last?.added == ManifestCounts(files: 2, rows: 20))
        #expect(table.currentSnapshot?.summary["total-records"] == "20")
        table = try await table.committing(
            RowDelta(removedPaths: [dataFile("b").path]),
            to: store
        )
        #expect(try await table.liveFiles(store: store).dataFiles.map(\.dataSequenceNumber) == [0])
    }
}
