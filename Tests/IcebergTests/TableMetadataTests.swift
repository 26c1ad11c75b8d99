import Bytes
import Codecs
import Diagnostics
import Iceberg
import TableModel
import Testing

@Suite("TableMetadata")
struct TableMetadataTests {
    @Test("another engine's file is read whole")
    func reading() throws {
        let metadata = try parseFullMetadata()
        #expect(metadata.currentSnapshotID == 3_055_729_675_574_597_004)
        #expect(metadata.currentSnapshot?.summary.properties == ["k": "v"])
        #expect(metadata.currentSnapshot?.summary.operation == .append)
        #expect(
            metadata.ancestorSnapshotIDs() == [
                3_055_729_675_574_597_004, 3_051_729_675_574_597_004,
            ]
        )
        #expect(metadata.defaultPartitionSpec?.isUnpartitioned == false)
        #expect(metadata.refs["old"]?.kind == .tag)
        #expect(
            try metadata.currentSchema()
                == Schema(
                    schemaID: 1,
                    fields: [
                        SchemaField(
                            id: 1,
                            name: "x",
                            type: .long,
                            isRequired: true,
                            doc: "comment"
                        ),
                        SchemaField(
                            id: 2,
                            name: "y",
                            type: .decimal(precision: 9, scale: 2),
                            isRequired: false
                        ),
                    ],
                    identifierFieldIDs: [1]
                )
        )
    }

    @Test("what is written says the same as what was read, unknown members included")
    func roundTrip() throws {
        let metadata = try parseFullMetadata()
        #expect(
            JSONValue.object(metadata.json).sorted
                == (try JSONValue(parsing: fullMetadataText)).sorted
        )
        #expect(try TableMetadata(parsing: metadata.serialized(), file: "again") == metadata)
    }

    @Test("a column whose type is not known is named when its schema is asked for, and kept")
    func unknownType() throws {
        let text = fullMetadataText.replacing(#""element":"string""#, with: #""element":"strong""#)
        let metadata = try TableMetadata(parsing: Array(text.utf8), file: "later.json")
        let error = #expect(throws: FormatError.self) { try metadata.schema(id: 0) }
        #expect(
            error?.message
                == "schema 0.fields[1].type: column tags has the type strong, which is not supported"
        )
        #expect(metadata.storedSchema(id: 0)?.highestFieldID == 5)
        #expect(try metadata.currentSchema().fields.count == 2)
    }

    @Test("a table of version 1 is read")
    func versionOne() throws {
        let text = #"""
            {"format-version":1,"location":"s3://b/t","last-updated-ms":5,"last-column-id":1,
            "schema":{"type":"struct","fields":[
            {"id":1,"name":"x","required":true,"type":"long"}]},
            "partition-spec":[{"name":"x","transform":"identity","source-id":1}],
            "properties":{},"current-snapshot-id":-1,"snapshots":[
            {"snapshot-id":1,"timestamp-ms":4,"manifests":["s3://b/m.avro"]}]}
            """#
        let metadata = try TableMetadata(parsing: Array(text.utf8), file: "v1.json")
        #expect(metadata.currentSnapshotID == nil)
        #expect(metadata.currentSchemaID == 0)
        #expect(metadata.partitionSpecs[0].fields[0].fieldID == 1000)
        #expect(metadata.lastPartitionID == 1000)
        #expect(metadata.snapshots[0].manifests == ["s3://b/m.avro"])
        let error = #expect(throws: TableUpdateError.self) {
            try metadata.applying(
                [.setProperties(["a": "b"])],
                requirements: [],
                nowMilliseconds: 9
            )
        }
        #expect(error?.kind == .invalid)
        let upgraded = try metadata.applying(
            [.upgradeFormatVersion(2)],
            requirements: [],
            nowMilliseconds: 9
        )
        #expect(upgraded.formatVersion == 2)
        let reread = try TableMetadata(parsing: upgraded.serialized(), file: "v2.json")
        #expect(reread.currentSchemaID == 0)
    }

    @Test("a gzip file is read")
    func gzip() throws {
        let packed = try Deflate.compress(Array(fullMetadataText.utf8), format: .gzip)
        #expect(
            try TableMetadata(parsing: packed, file: "x.gz.metadata.json") == parseFullMetadata()
        )
    }

    @Test(
        "a member that is missing or wrong is named",
        arguments: [
            (
                #""format-version":2"#, #""format-version":4"#,
                "the table has format version 4, versions 1 to 3 are supported"
            ),
            (
                #""table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","#, "",
                #""table-uuid" is missing"#
            ),
            (
                #""last-sequence-number":34"#, #""last-sequence-number":"34""#,
                #""last-sequence-number" is a string, expected a 64-bit integer"#
            ),
            (
                #""current-schema-id":1"#, #""current-schema-id":2"#,
                "current-schema-id is 2, no schema has that id"
            ),
            (
                #""default-spec-id":0"#, #""default-spec-id":9"#,
                "default-spec-id is 9, no partition spec has that id"
            ),
            (#""last-partition-id":1000,"#, "", #""last-partition-id" is missing"#),
            (
                #""properties":{"b":"2""#, #""properties":{"b":2"#,
                #""properties" is an object, expected an object of strings"#
            ),
            (
                #""current-snapshot-id":3055729675574597004"#, #""current-snapshot-id":12"#,
                "current-snapshot-id is 12, no snapshot has that id"
            ),
            (
                #""manifest-list":"s3://a/b/1.avro""#, #""x":1"#,
                #"snapshots[0]: "manifest-list" is missing"#
            ),
            (
                #""type":"tag""#, #""type":"twig""#,
                #"refs.old: "type" is twig, expected branch or tag"#
            ),
        ]
    )
    func refusal(_ part: String, _ replacement: String, _ message: String) throws {
        let text = fullMetadataText.replacing(part, with: replacement)
        try #require(text != fullMetadataText)
        let error = #expect(throws: FormatError.self) {
            try TableMetadata(parsing: Array(text.utf8), file: "broken.json")
        }
        #expect(error?.message == message)
    }

    @Test("a new table numbers its fields from 1, and writes a file that is read again")
    func creating() throws {
        let schema = Schema(
            schemaID: 9,
            fields: [
                SchemaField(id: 70, name: "a", type: .string, isRequired: true),
                SchemaField(id: 60, name: "b", type: .uuid, isRequired: false),
            ],
            identifierFieldIDs: [70]
        )
        let metadata = try TableMetadata(
            creating: schema,
            partitionSpec: PartitionSpec(
                specID: 4,
                fields: [
                    PartitionField(sourceIDs: [60], fieldID: 5, name: "b", transform: .identity)
                ]
            ),
            properties: ["format-version": "2", "k": "v"],
            location: "/lake/t",
            nowMilliseconds: 77
        )
        #expect(try metadata.currentSchema().fields.map(\.id) == [1, 2])
        #expect(try metadata.currentSchema().identifierFieldIDs == [1])
        #expect(metadata.partitionSpecs[0].fields[0].sourceIDs == [2])
        #expect(metadata.partitionSpecs[0].fields[0].fieldID == 1000)
        #expect(metadata.lastColumnID == 2)
        #expect(metadata.lastPartitionID == 1000)
        #expect(metadata.properties == ["k": "v"])
        #expect(try TableMetadata(parsing: metadata.serialized(), file: "new") == metadata)
        #expect(try emptyTable().lastPartitionID == 999)
    }

    @Test("an optional or float identifier field is refused")
    func identifierFields() {
        for (type, isRequired) in [(IcebergType.double, true), (.long, false)] {
            let field = SchemaField(id: 1, name: "k", type: type, isRequired: isRequired)
            let error = #expect(throws: TableUpdateError.self) {
                try TableMetadata(
                    creating: Schema(schemaID: 0, fields: [field], identifierFieldIDs: [1]),
                    location: "/lake/t",
                    nowMilliseconds: 0
                )
            }
            #expect(
                error?.message
                    == "column k (\(type)) cannot be an identifier field: "
                    + "it must be required, and neither float nor double"
            )
        }
    }

    @Test("random UUIDs have version 4 and the variant of RFC 9562")
    func uuids() {
        for _ in 0..<200 {
            let parts = randomUUIDText().split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "4")
            #expect("89ab".contains(parts[3].first ?? "x"))
        }
    }
}
