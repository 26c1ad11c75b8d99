import Bytes
import Iceberg
import TableModel
import Testing

@Suite("Updates and requirements as JSON")
struct TableUpdateJSONTests {
    /// What REST catalogs take, by the specification's own member names.
    @Test(
        "each update and requirement is spelled as the REST specification has it",
        arguments: [
            (TableUpdate.assignUUID("u").json, #"{"action":"assign-uuid","uuid":"u"}"#),
            (
                TableUpdate.upgradeFormatVersion(3).json,
                #"{"action":"upgrade-format-version","format-version":3}"#
            ),
            (
                TableUpdate.setCurrentSchema(-1).json,
                #"{"action":"set-current-schema","schema-id":-1}"#
            ),
            (TableUpdate.setDefaultSpec(2).json, #"{"action":"set-default-spec","spec-id":2}"#),
            (
                TableUpdate.setSnapshotReference(
                    name: "main",
                    SnapshotReference(snapshotID: 9_007_199_254_740_993, kind: .branch)
                ).json,
                #"{"action":"set-snapshot-ref","ref-name":"main","snapshot-id":9007199254740993,"type":"branch"}"#
            ),
            (
                TableUpdate.removeSnapshotReference(name: "old").json,
                #"{"action":"remove-snapshot-ref","ref-name":"old"}"#
            ),
            (
                TableUpdate.removeSnapshots([1, 2]).json,
                #"{"action":"remove-snapshots","snapshot-ids":[1,2]}"#
            ),
            (
                TableUpdate.setProperties(["b": "2", "a": "1"]).json,
                #"{"action":"set-properties","updates":{"a":"1","b":"2"}}"#
            ),
            (
                TableUpdate.removeProperties(["a"]).json,
                #"{"action":"remove-properties","removals":["a"]}"#
            ),
            (
                TableUpdate.setLocation("s3://b/t").json,
                #"{"action":"set-location","location":"s3://b/t"}"#
            ),
            (
                TableUpdate.removeSchemas([3]).json,
                #"{"action":"remove-schemas","schema-ids":[3]}"#
            ),
            (
                TableUpdate.removePartitionSpecs([1, 2]).json,
                #"{"action":"remove-partition-specs","spec-ids":[1,2]}"#
            ),
            (
                TableUpdate.addSortOrder(
                    SortOrder(orderID: 1, fields: [SortField(sourceIDs: [2])])
                ).json,
                #"{"action":"add-sort-order","sort-order":{"order-id":1,"fields":[{"transform":"identity","source-id":2,"direction":"asc","null-order":"nulls-first"}]}}"#
            ),
            (
                TableUpdate.setDefaultSortOrder(-1).json,
                #"{"action":"set-default-sort-order","sort-order-id":-1}"#
            ),
            (
                TableUpdate.addPartitionSpec(
                    PartitionSpec(
                        specID: 0,
                        fields: [PartitionField(sourceIDs: [1], name: "d", transform: .day)]
                    )
                ).json,
                #"{"action":"add-spec","spec":{"spec-id":0,"fields":[{"source-id":1,"name":"d","transform":"day"}]}}"#
            ),
            (
                TableUpdate.setStatistics(
                    StatisticsFile(
                        snapshotID: 5,
                        path: "p",
                        fileSizeBytes: 6,
                        footerSizeBytes: 7,
                        blobs: []
                    )
                ).json,
                #"{"action":"set-statistics","snapshot-id":5,"statistics":{"snapshot-id":5,"statistics-path":"p","file-size-in-bytes":6,"file-footer-size-in-bytes":7,"blob-metadata":[]}}"#
            ),
            (
                TableUpdate.removeStatistics(snapshotID: 5).json,
                #"{"action":"remove-statistics","snapshot-id":5}"#
            ),
            (
                TableUpdate.setPartitionStatistics(
                    PartitionStatisticsFile(snapshotID: 5, path: "p", fileSizeBytes: 6)
                ).json,
                #"{"action":"set-partition-statistics","partition-statistics":{"snapshot-id":5,"statistics-path":"p","file-size-in-bytes":6}}"#
            ),
            (
                TableUpdate.removePartitionStatistics(snapshotID: 5).json,
                #"{"action":"remove-partition-statistics","snapshot-id":5}"#
            ),
            (
                TableUpdate.addEncryptionKey(
                    EncryptionKey(keyID: "k", encryptedKeyMetadata: "YQ==")
                ).json,
                #"{"action":"add-encryption-key","encryption-key":{"key-id":"k","encrypted-key-metadata":"YQ=="}}"#
            ),
            (
                TableUpdate.removeEncryptionKey(keyID: "k").json,
                #"{"action":"remove-encryption-key","key-id":"k"}"#
            ),
            (
                TableRequirement.assertReferenceSnapshotID(reference: "main", nil).json,
                #"{"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":null}"#
            ),
            (
                TableRequirement.assertLastAssignedFieldID(7).json,
                #"{"type":"assert-last-assigned-field-id","last-assigned-field-id":7}"#
            ),
            (TableRequirement.assertCreate.json, #"{"type":"assert-create"}"#),
        ]
    )
    func spelling(json: JSONObject, expected: String) {
        #expect(JSONValue.object(json).text == expected)
    }

    @Test("sort orders, statistics, keys and removals are read again as the same")
    func moreRoundTrips() throws {
        let blob = StatisticsFile.Blob(type: "t", snapshotID: 5, sequenceNumber: 6, fieldIDs: [1])
        let updates: [TableUpdate] = [
            .removeSchemas([3]), .removePartitionSpecs([1, 2]),
            .addSortOrder(SortOrder(orderID: 1, fields: [SortField(sourceIDs: [2])])),
            .setDefaultSortOrder(-1),
            .addPartitionSpec(
                PartitionSpec(
                    specID: 0,
                    fields: [PartitionField(sourceIDs: [1], name: "d", transform: .day)]
                )
            ),
            .setStatistics(
                StatisticsFile(
                    snapshotID: 5,
                    path: "p",
                    fileSizeBytes: 6,
                    footerSizeBytes: 7,
                    keyMetadata: "YQ==",
                    blobs: [blob]
                )
            ),
            .removeStatistics(snapshotID: 5),
            .setPartitionStatistics(
                PartitionStatisticsFile(snapshotID: 5, path: "p", fileSizeBytes: 6)
            ),
            .removePartitionStatistics(snapshotID: 5),
            .addEncryptionKey(
                EncryptionKey(
                    keyID: "k",
                    encryptedKeyMetadata: "YQ==",
                    encryptedByID: "j",
                    properties: ["a": "b"]
                )
            ),
            .removeEncryptionKey(keyID: "k"),
        ]
        for update in updates {
            let text = JSONValue.object(update.json).text
            let json = try #require(JSONValue(parsing: text).objectValue)
            #expect(try TableUpdate(json: json, file: "request") == update)
        }
        // What a server may leave out of a spec that is to be added.
        let unbound = try #require(
            JSONValue(
                parsing:
                    #"{"action":"add-spec","spec":{"fields":[{"source-id":1,"name":"d","transform":"day"}]}}"#
            ).objectValue
        )
        #expect(try TableUpdate(json: unbound, file: "request") == updates[4])
    }

    @Test("what was written is read again as the same")
    func roundTrip() throws {
        let schema = Schema(
            schemaID: 3,
            fields: [
                SchemaField(id: 1, name: "id", type: .long, isRequired: true),
                SchemaField(
                    id: 2,
                    name: "tags",
                    type: .list(
                        element: SchemaField(
                            id: 3,
                            name: "element",
                            type: .string,
                            isRequired: false
                        )
                    ),
                    isRequired: false
                ),
            ],
            identifierFieldIDs: [1]
        )
        let updates: [TableUpdate] = [
            .assignUUID("u"), .upgradeFormatVersion(2), .addSchema(schema), .setCurrentSchema(-1),
            .addPartitionSpec(PartitionSpec.unpartitioned), .setDefaultSpec(0),
            .setSnapshotReference(name: "t", SnapshotReference(snapshotID: 4, kind: .tag)),
            .removeSnapshotReference(name: "t"), .removeSnapshots([4]),
            .setProperties(["a": "b"]), .removeProperties(["a"]), .setLocation("file:///x"),
        ]
        for update in updates {
            #expect(try TableUpdate(json: update.json, file: "test") == update)
        }
        let requirements: [TableRequirement] = [
            .assertCreate, .assertTableUUID("u"),
            .assertReferenceSnapshotID(reference: "main", 9_223_372_036_854_775_807),
            .assertReferenceSnapshotID(reference: "main", nil), .assertLastAssignedFieldID(1),
            .assertCurrentSchemaID(2), .assertLastAssignedPartitionID(999), .assertDefaultSpecID(0),
            .assertDefaultSortOrderID(0),
        ]
        for requirement in requirements {
            #expect(try TableRequirement(json: requirement.json, file: "test") == requirement)
        }
    }

    @Test("an action that is not known is nobody's error")
    func unknown() throws {
        #expect(try TableUpdate(json: ["action": "add-wings"], file: "test") == nil)
        #expect(try TableRequirement(json: ["type": "assert-wings"], file: "test") == nil)
    }
}
