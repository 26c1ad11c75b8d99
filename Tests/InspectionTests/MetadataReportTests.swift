import Bytes
import Codecs
import Iceberg
import Inspection
import Testing

@Suite("Reports on table metadata")
struct MetadataReportTests {
    static func table() throws -> TableMetadata {
        var metadata = try ordersTable()
        let summary = SnapshotSummary(
            operation: .overwrite,
            properties: [
                "frazil.pipeline": "shop.eu", "frazil.epoch": "12", "frazil.epoch-start": "0-1-40",
                "frazil.epoch-end": "0-1-42", "added-records": "1500", "total-records": "2000",
            ]
        )
        metadata.snapshots = [
            Snapshot(
                snapshotID: 3_055_729_675_574_597_004,
                parentSnapshotID: nil,
                sequenceNumber: 1,
                timestampMilliseconds: 1_555_100_955_770,
                summary: summary,
                manifestList: "mem:/lake/orders/metadata/snap.avro",
                schemaID: 0
            )
        ]
        metadata.currentSnapshotID = 3_055_729_675_574_597_004
        metadata.refs["main"] = SnapshotReference(
            snapshotID: 3_055_729_675_574_597_004,
            kind: .branch
        )
        return metadata
    }

    @Test("people see head, pipelines, schema tree, specs and snapshots with their positions")
    func text() async throws {
        let report = try await report(on: try Self.table().serialized(), "mem:/v1.json")
        #expect(
            report.text == """
                Iceberg table metadata mem:/v1.json
                format version         2
                table uuid             9c12d441-03fe-4693-9a96-a0705ddf69c1
                location               mem:/lake/orders
                last updated at        1970-01-01T00:00:01.000Z
                last sequence number   0
                last column id         6
                last partition id      1000
                current schema id      0
                default spec id        0
                default sort order id  0
                current snapshot id    3055729675574597004

                pipelines
                  pipeline  position  source
                  shop.eu   0-1-42    shop.orders

                properties
                  frazil.shop.eu.position  0-1-42
                  frazil.shop.eu.source    shop.orders
                  write.format.default     parquet

                schemas
                  schema 0 (current)
                    identifier field ids  1
                    schema
                      id  field        type           required  doc
                       1  id           long           yes
                       2  name         string                   as on the door
                       3  place        struct
                       4    lat        double
                       5    tags       list
                       6      element  decimal(9, 2)  yes

                partition specs
                  id  fields
                   0  id_bucket = bucket[4](id)

                sort orders
                  id  fields
                   0  unsorted

                refs
                  name  kind            snapshot id
                  main  branch  3055729675574597004

                snapshots
                                   id  sequence number  at                        operation  schema id  rows added  rows in files  epoch  epoch end  epoch start  pipeline
                  3055729675574597004                1  2019-04-12T20:29:15.770Z  overwrite          0       1,500          2,000  12     0-1-42     0-1-40       shop.eu

                """
        )
    }

    @Test("machines get every member, packed or not")
    func json() async throws {
        let metadata = try Self.table()
        let packed = try metadata.serialized(forFile: "x.gz.metadata.json")
        #expect(packed.starts(with: [0x1F, 0x8B]))
        let document = try parsed(await report(on: packed))
        #expect(try document == parsed(await report(on: metadata.serialized())))
        #expect(document["kind"] == "metadata")
        #expect(document["schemas"]?[0]?["fields"]?[2]?["fields"]?[1]?["element"]?["id"] == 6)
        #expect(document["partition_specs"]?[0]?["fields"]?[0]?["transform"] == "bucket[4]")
        let snapshot = document["snapshots"]?[0]
        #expect(snapshot?["id"] == 3_055_729_675_574_597_004)
        #expect(snapshot?["parent_id"] == .null)
        #expect(snapshot?["epoch_end"] == "0-1-42")
        #expect(snapshot?["summary"]?["added-records"] == "1500")
        #expect(document["next_row_id"] == .null)
    }

    @Test(
        "times before 1970 and at the ends of 64 bits are shown",
        arguments: [
            (-1, "1969-12-31T23:59:59.999Z"), (Int64.min, "-292275055-05-16T16:47:04.192Z"),
            (Int64.max, "+292278994-08-17T07:12:55.807Z"),
        ] as [(Int64, String)]
    )
    func times(milliseconds: Int64, text: String) async throws {
        var metadata = try ordersTable()
        metadata.lastUpdatedMilliseconds = milliseconds
        let document = try parsed(await report(on: metadata.serialized()))
        #expect(document["last_updated_at"] == .string(text))
    }
}
