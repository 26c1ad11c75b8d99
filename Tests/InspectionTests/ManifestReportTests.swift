import Avro
import Bytes
import Diagnostics
import Iceberg
import Inspection
import ObjectStore
import TableModel
import Testing

@Suite("Reports on manifests and manifest lists")
struct ManifestReportTests {
    static let file = DataFile(
        content: .data,
        path: "mem:/lake/orders/data/a.parquet",
        partition: PartitionTuple(fields: [
            .init(fieldID: 1000, value: .integer(3))
        ]),
        recordCount: 1200,
        fileSizeBytes: 45_678,
        columnSizes: [1: 900, 2: 4000],
        valueCounts: [1: 1200, 2: 1200, 9: 5],
        nullValueCounts: [1: 0, 2: 100],
        lowerBounds: [1: bytes(-5), 2: Array("Ada \"1\"".utf8), 6: [0xFF, 0x9C], 9: [1, 2]],
        upperBounds: [1: bytes(9_007_199_254_740_993), 6: [0x01, 0x00]],
        splitOffsets: [4]
    )

    static func bytes(_ number: Int64) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    static func manifest() throws -> [UInt8] {
        let table = try ordersTable()
        var writer = ManifestWriter(
            path: "mem:/m.avro",
            content: .data,
            spec: try #require(table.defaultPartitionSpec),
            partitionType: PartitionType(
                fields: [.init(fieldID: 1000, name: "id_bucket", type: .int)]
            ),
            schema: try #require(table.schemas.first),
            snapshotID: 77
        )
        try writer.add(file)
        try writer.delete(
            ManifestEntry(
                status: .added,
                snapshotID: 5,
                dataSequenceNumber: 3,
                fileSequenceNumber: 4,
                file: file
            )
        )
        return try writer.finish().bytes
    }

    @Test("people see each entry with its numbers, and its bounds as values")
    func text() async throws {
        let bytes = try Self.manifest()
        let text = try await report(on: bytes, "mem:/m.avro").text
        let entry = """
              added data mem:/lake/orders/data/a.parquet
                snapshot id           77
                sequence number       inherited
                file sequence number  inherited
                format                PARQUET
                partition
                  id_bucket  3
                rows           1,200
                bytes          45,678
                split offsets  4
                columns
                  id  name                bytes  values  nulls  lower        upper
                   1  id                    900   1,200      0  -5           9007199254740993
                   2  name                4,000   1,200    100  "Ada \\"1\\""
                   6  place.tags.element                        -1.00        2.56
                   9                                  5         0x0102

            """
        #expect(text.contains(entry), "\(text)")
        #expect(text.contains("  deleted data mem:/lake/orders/data/a.parquet\n"), "\(text)")
        #expect(text.contains("added rows      1,200\n"), "\(text)")
    }

    @Test("machines get bounds in the form of rows, and null for what is inherited")
    func json() async throws {
        let document = try parsed(await report(on: try Self.manifest()))
        #expect(document["kind"] == "manifest")
        #expect(document["content"] == "data")
        let added = document["entries"]?[0]
        #expect(added?["sequence_number"] == .null)
        #expect(added?["partition"] == ["id_bucket": 3])
        #expect(added?["columns"]?[0]?["upper"] == "9007199254740993")
        #expect(added?["columns"]?[2]?["lower"] == "-1.00")
        #expect(added?["columns"]?[3]?["lower"] == ["base64": "AQI="])
        let deleted = document["entries"]?[1]
        #expect(deleted?["status"] == "deleted")
        #expect(deleted?["sequence_number"] == 3)
        #expect(deleted?["file_sequence_number"] == 4)
        #expect(deleted?["snapshot_id"] == 77)
        #expect(document["entry_counts"]?["deleted_files"] == 1)
    }

    @Test("a manifest list shows each manifest with its counts")
    func list() async throws {
        let manifest = ManifestFile(
            path: "mem:/m.avro",
            lengthBytes: 7000,
            specID: 0,
            content: .deletes,
            sequenceNumber: 9,
            minSequenceNumber: 3,
            addedSnapshotID: 77,
            added: ManifestCounts(files: 1, rows: 1200),
            existing: ManifestCounts(files: 2, rows: 30),
            deleted: ManifestCounts(files: 3, rows: 40),
            partitions: [
                PartitionFieldSummary(
                    containsNull: false,
                    containsNaN: nil,
                    lowerBound: [0, 0, 0, 0],
                    upperBound: [3, 0, 0, 0]
                )
            ]
        )
        let bytes = try ManifestList.write(
            [manifest],
            snapshotID: 77,
            parentSnapshotID: nil,
            sequenceNumber: 9,
            file: "mem:/list.avro"
        )
        let report = try await report(on: bytes)
        let document = try parsed(report)
        #expect(document["kind"] == "manifest_list")
        #expect(document["metadata"]?["snapshot-id"] == "77")
        let entry = document["manifests"]?[0]
        #expect(entry?["content"] == "deletes")
        #expect(entry?["existing_files"] == 2)
        #expect(entry?["deleted_rows"] == 40)
        #expect(entry?["partitions"]?[0]?["upper"] == ["base64": "AwAAAA=="])
        #expect(report.text.contains("  delete files   3\n"), "\(report.text)")
        #expect(report.text.contains("  deletes        1,230\n"), "\(report.text)")
    }

    @Test("a damaged manifest is the reader's error")
    func damaged() async throws {
        var bytes = try Self.manifest()
        bytes[bytes.count - 5] ^= 1
        let error = await #expect(throws: FormatError.self) {
            try await report(on: bytes, "mem:/m.avro")
        }
        #expect(error?.file == "mem:/m.avro")
        #expect(error?.message.hasPrefix("the head of a block: ") == true, "\(error as Any)")
    }
}
