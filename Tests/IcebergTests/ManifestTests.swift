import Avro
import Bytes
import Diagnostics
import Iceberg
import TableModel
import Testing

@Suite("Manifests")
struct ManifestTests {
    static let fullFile = DataFile(
        content: .positionDeletes,
        path: "file:///lake/d/é 1.parquet",
        recordCount: 12,
        fileSizeBytes: 1_234_567_890_123,
        columnSizes: [1: 10, 2_147_483_546: 20],
        valueCounts: [1: 12],
        nullValueCounts: [1: 0, 2: 12],
        nanValueCounts: [3: 4],
        lowerBounds: [1: [1, 0, 0, 0], 2: []],
        upperBounds: [1: [255, 255, 255, 255]],
        keyMetadata: [9, 8],
        splitOffsets: [4, 1_000_000_000_000],
        equalityIDs: [1, 2],
        sortOrderID: 3,
        referencedDataFile: "file:///lake/d/0.parquet"
    )

    func write(
        _ body: (inout ManifestWriter) throws -> Void
    ) throws -> (bytes: [UInt8], manifest: ManifestFile) {
        var writer = ManifestWriter(
            path: "file:///lake/m.avro",
            content: .deletes,
            spec: .unpartitioned,
            schema: StoredSchema(ordersSchema),
            snapshotID: 77
        )
        try body(&writer)
        let written = try writer.finish()
        return (written.bytes, written.assigned(sequenceNumber: 9))
    }

    func entry(_ file: DataFile, number: Int64) -> ManifestEntry {
        ManifestEntry(
            status: .added,
            snapshotID: 5,
            dataSequenceNumber: number,
            fileSequenceNumber: number + 1,
            file: file
        )
    }

    @Test("every field of a data file round-trips")
    func roundTrip() throws {
        let (bytes, manifest) = try write { try $0.add(Self.fullFile) }
        let contents = try ManifestReader.read(bytes, manifest: manifest)
        #expect(contents.entries.map(\.file) == [Self.fullFile])
        #expect(contents.partitionType == .unpartitioned)
    }

    @Test("what version 3 added round-trips, and is not in manifests of version 2")
    func versionThree() throws {
        func write(_ formatVersion: Int) throws -> (bytes: [UInt8], manifest: ManifestFile) {
            var writer = ManifestWriter(
                path: "file:///lake/m.avro",
                content: .data,
                spec: .unpartitioned,
                schema: StoredSchema(ordersSchema),
                snapshotID: 77,
                formatVersion: formatVersion
            )
            var kept = dataFile("kept", rows: 5)
            kept.firstRowID = 1 << 40
            kept.contentOffset = 4
            kept.contentSizeBytes = 40
            try writer.keep(entry(kept, number: 3))
            try writer.add(dataFile("new", rows: 7))
            var gone = dataFile("gone", rows: 9)
            gone.firstRowID = 6
            try writer.delete(entry(gone, number: 2))
            try writer.add(dataFile("newer", rows: 2))
            let written = try writer.finish()
            #expect(written.rowsWithoutIDs == 9)
            return (written.bytes, written.assigned(sequenceNumber: 9))
        }
        var (bytes, manifest) = try write(3)
        manifest.firstRowID = 1000
        #expect(try AvroFile(bytes, file: "m").text("format-version") == "3")
        let files = try ManifestReader.read(bytes, manifest: manifest).entries.map(\.file)
        #expect(files.map(\.firstRowID) == [1 << 40, 1000, 6, 1007])
        #expect(files[0].contentOffset == 4)
        #expect(files[0].contentSizeBytes == 40)
        (bytes, manifest) = try write(2)
        let older = try ManifestReader.read(bytes, manifest: manifest).entries.map(\.file)
        #expect(older.map(\.firstRowID) == [nil, nil, nil, nil])
        #expect(older[0].contentOffset == nil)
        let names = try AvroFile(bytes, file: "m").schemaJSON.text
        #expect(!names.contains("content_offset") && !names.contains("first_row_id"))
    }

    @Test("a file may be added with the age of older rows")
    func olderRows() throws {
        let (bytes, manifest) = try write { writer in
            try writer.add(dataFile("old"), dataSequenceNumber: 4)
            try writer.add(dataFile("new"))
        }
        let entries = try ManifestReader.read(bytes, manifest: manifest).entries
        #expect(entries.map(\.dataSequenceNumber) == [4, 9])
        #expect(entries.map(\.fileSequenceNumber) == [9, 9])
        #expect(manifest.minSequenceNumber == 4)
    }

    @Test("a list of version 3 holds row ids, and asks them of data manifests")
    func listOfVersionThree() throws {
        let (_, manifest) = try write { try $0.add(dataFile("a")) }
        var data = manifest
        data.content = .data
        func list(_ manifests: [ManifestFile]) throws -> [UInt8] {
            try ManifestList.write(
                manifests,
                snapshotID: 9,
                parentSnapshotID: 8,
                sequenceNumber: 8,
                formatVersion: 3,
                firstRowID: 5,
                file: "l.avro"
            )
        }
        let error = #expect(throws: FormatError.self) { try list([data]) }
        #expect(error?.message == "file:///lake/m.avro has no first row id")
        data.firstRowID = 1 << 50
        let bytes = try list([manifest, data])
        #expect(try ManifestList.read(bytes, file: "l.avro") == [manifest, data])
        let file = try AvroFile(bytes, file: "l")
        #expect(file.text("first-row-id") == "5")
        #expect(file.text("format-version") == "3")
        #expect(file.text("parent-snapshot-id") == "8")
    }

    @Test("added entries inherit the snapshot's number, all others keep their own")
    func inheritance() throws {
        let (bytes, manifest) = try write { writer in
            try writer.add(dataFile("new"))
            try writer.keep(entry(dataFile("old"), number: 3))
            try writer.delete(entry(dataFile("gone"), number: 2))
        }
        var later = manifest
        later.sequenceNumber = 40
        let entries = try ManifestReader.read(bytes, manifest: later).entries
        #expect(entries.map(\.status) == [.added, .existing, .deleted])
        #expect(entries.map(\.dataSequenceNumber) == [40, 3, 2])
        #expect(entries.map(\.fileSequenceNumber) == [40, 4, 3])
        #expect(entries.map(\.snapshotID) == [77, 5, 77])
    }

    @Test("the list's row counts files and rows by status, and finds the smallest number")
    func counts() throws {
        let (bytes, manifest) = try write { writer in
            try writer.add(dataFile("a", rows: 5))
            try writer.keep(entry(dataFile("b", rows: 6), number: 3))
            try writer.keep(entry(dataFile("c", rows: 7), number: 4))
            try writer.delete(entry(dataFile("d", rows: 8), number: 1))
        }
        #expect(manifest.added == ManifestCounts(files: 1, rows: 5))
        #expect(manifest.existing == ManifestCounts(files: 2, rows: 13))
        #expect(manifest.deleted == ManifestCounts(files: 1, rows: 8))
        #expect(manifest.minSequenceNumber == 3)
        #expect(manifest.sequenceNumber == 9)
        #expect(manifest.lengthBytes == Int64(bytes.count))
        #expect(try write { try $0.add(dataFile("a")) }.manifest.minSequenceNumber == 9)
    }

    @Test("an entry that must carry its number, and does not, is refused")
    func missingNumber() {
        var broken = entry(dataFile("a"), number: 1)
        broken.dataSequenceNumber = nil
        let error = #expect(throws: FormatError.self) { try write { try $0.keep(broken) } }
        #expect(
            error?.message
                == "the entry of \(broken.file.path) has status existing and no sequence number"
        )
    }

    @Test("the header says what other engines look for")
    func header() throws {
        let (bytes, _) = try write { try $0.add(Self.fullFile) }
        let file = try AvroFile(bytes, file: "m.avro")
        #expect(file.text("content") == "deletes")
        #expect(file.text("format-version") == "2")
        #expect(file.text("partition-spec") == "[]")
        #expect(file.text("partition-spec-id") == "0")
        #expect(file.text("schema-id") == "0")
        #expect(
            file.text("schema")
                == #"{"type":"struct","schema-id":0,"identifier-field-ids":[1],"fields":["#
                + #"{"id":1,"name":"id","required":true,"type":"long"},"#
                + #"{"id":2,"name":"name","required":false,"type":"string"}]}"#
        )
    }

    @Test("a manifest list round-trips")
    func list() throws {
        let manifests = [
            ManifestFile(
                path: "file:///m1.avro",
                lengthBytes: 1 << 40,
                specID: 3,
                content: .deletes,
                sequenceNumber: 8,
                minSequenceNumber: 2,
                addedSnapshotID: 9_007_199_254_740_993,
                added: ManifestCounts(files: 1, rows: 2),
                existing: ManifestCounts(files: 3, rows: 4),
                deleted: ManifestCounts(files: 5, rows: 6),
                partitions: [
                    PartitionFieldSummary(
                        containsNull: false,
                        containsNaN: true,
                        lowerBound: [1],
                        upperBound: nil
                    )
                ],
                keyMetadata: [7]
            ),
            ManifestFile(
                path: "file:///m2.avro",
                lengthBytes: 5,
                specID: 0,
                content: .data,
                sequenceNumber: 8,
                minSequenceNumber: 8,
                addedSnapshotID: 1,
                added: ManifestCounts(),
                existing: ManifestCounts(),
                deleted: ManifestCounts(),
                partitions: []
            ),
        ]
        let bytes = try ManifestList.write(
            manifests,
            snapshotID: 9,
            parentSnapshotID: nil,
            sequenceNumber: 8,
            file: "l.avro"
        )
        #expect(try ManifestList.read(bytes, file: "l.avro") == manifests)
        #expect(try AvroFile(bytes, file: "l").text("parent-snapshot-id") == "null")
        #expect(!manifests[1].mayHoldLiveFiles)
    }

    /// A manifest of version 1 with one existing file.
    func versionOneManifest() throws -> [UInt8] {
        let schema = """
            {"type":"record","name":"manifest_entry","fields":[
            {"name":"status","type":"int","field-id":0},
            {"name":"snapshot_id","type":["null","long"],"field-id":1},
            {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
            {"name":"file_path","type":"string","field-id":100},
            {"name":"file_format","type":"string","field-id":101},
            {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[
            {"name":"day","type":["null",{"type":"int","logicalType":"date"}],"field-id":1000}]}},
            {"name":"record_count","type":"long","field-id":103},
            {"name":"file_size_in_bytes","type":"long","field-id":104},
            {"name":"block_size_in_bytes","type":"long","field-id":105}]}}]}
            """
        var writer = AvroFileWriter(schema: schema, metadata: [], file: "v1.avro")
        writer.record.appendAvroInt(0)
        writer.record.appendAvroPresence(false)
        writer.record.appendAvroString("s3://b/1.parquet")
        writer.record.appendAvroString("parquet")
        writer.record.appendAvroPresence(true)
        writer.record.appendAvroInt(19_000)
        for number: Int64 in [5, 600, 64] { writer.record.appendAvroLong(number) }
        try writer.endRecord()
        return try writer.finish()
    }

    @Test("a manifest of version 1, without numbers and with older fields, is read")
    func versionOne() throws {
        var manifest = try write { _ in }.manifest
        manifest.sequenceNumber = 0
        manifest.specID = 4
        let contents = try ManifestReader.read(try versionOneManifest(), manifest: manifest)
        let entry = try #require(contents.entries.first)
        #expect(entry.dataSequenceNumber == 0)
        #expect(entry.fileSequenceNumber == 0)
        #expect(entry.snapshotID == 77)
        #expect(entry.file.content == .data)
        #expect(entry.file.recordCount == 5)
        #expect(entry.file.specID == 4)
        #expect(
            entry.file.partition.fields
                == [PartitionTuple.Field(fieldID: 1000, value: .integer(19_000))]
        )
    }

    @Test("an existing entry without a number is refused, not taken for a new one")
    func lostNumber() throws {
        let manifest = try write { _ in }.manifest
        let error = #expect(throws: FormatError.self) {
            try ManifestReader.read(try versionOneManifest(), manifest: manifest)
        }
        #expect(
            error?.message
                == "the entry of s3://b/1.parquet has status existing and no sequence number"
        )
    }

    @Test("any byte of a manifest may be changed without a trap")
    func everyByte() throws {
        let (bytes, manifest) = try write { writer in
            try writer.add(Self.fullFile)
            try writer.keep(entry(dataFile("b"), number: 3))
        }
        for index in bytes.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = bytes
                damaged[index] ^= change
                _ = try? ManifestReader.read(damaged, manifest: manifest)
                _ = try? ManifestList.read(damaged, file: "x")
            }
        }
    }
}
