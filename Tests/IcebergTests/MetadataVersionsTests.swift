import Bytes
import Diagnostics
import Iceberg
import TableModel
import Testing

/// A table of format version 3 with everything that the version added.
let versionThreeText = #"""
    {"format-version":3,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"s3://b/t",
    "last-sequence-number":7,"last-updated-ms":1602638573590,"last-column-id":2,
    "current-schema-id":0,"schemas":[{"type":"struct","schema-id":0,"fields":[
    {"id":1,"name":"x","required":true,"type":"long","initial-default":1,"write-default":2},
    {"id":2,"name":"v","required":false,"type":"variant"}]}],
    "default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[
    {"name":"p","transform":"zorder[2]","source-ids":[1,2],"field-id":1000},
    {"name":"q","transform":"truncate[9]","source-id":1,"field-id":1001}]}],
    "last-partition-id":1001,"default-sort-order-id":4,"sort-orders":[{"order-id":4,"fields":[
    {"transform":"zorder","source-ids":[2,1],"direction":"desc","null-order":"nulls-last"}]}],
    "properties":{},"current-snapshot-id":9007199254740993,"next-row-id":9007199254740995,
    "encryption-keys":[{"key-id":"k1","encrypted-key-metadata":"aWNl","encrypted-by-id":"k0",
    "properties":{"a":"b"}}],
    "refs":{"main":{"snapshot-id":9007199254740993,"type":"branch","min-snapshots-to-keep":3,
    "max-snapshot-age-ms":4,"max-ref-age-ms":5}},
    "snapshots":[{"snapshot-id":9007199254740993,"sequence-number":7,"timestamp-ms":1,
    "summary":{"operation":"append"},"manifest-list":"s3://b/l.avro","schema-id":0,
    "first-row-id":9007199254740993,"added-rows":2,"key-id":"k1"}],
    "snapshot-log":[{"timestamp-ms":1,"snapshot-id":9007199254740993}],"metadata-log":[]}
    """#

extension JSONValue {
    /// The same document with the members of each object in the order of their names.
    var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.name < $1.name }.map {
                        .init($0.name, $0.value.sorted)
                    }
                )
            )
        default: self
        }
    }

    /// The same document with one more member in each object, but for maps of strings.
    func addingUnknownMembers(isMap: Bool = false) -> JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map { $0.addingUnknownMembers() })
        case .object(let object):
            var added = JSONObject(
                object.members.map { member in
                    let maps = [
                        "properties", "summary", "refs", "initial-default", "write-default",
                    ]
                    let isMap = maps.contains(member.name)
                    // The members of `refs` are objects of their own again.
                    let value =
                        member.name == "refs"
                        ? member.value.addingUnknownMembersToValues()
                        : member.value.addingUnknownMembers(isMap: isMap)
                    return .init(member.name, value)
                }
            )
            if !isMap { added.append("x-later", ["deep": [1, .number("2.50")]]) }
            return .object(added)
        default: return self
        }
    }

    private func addingUnknownMembersToValues() -> JSONValue {
        guard let object = objectValue else { return self }
        return .object(
            JSONObject(object.members.map { .init($0.name, $0.value.addingUnknownMembers()) })
        )
    }
}

@Suite("Format versions of metadata")
struct MetadataVersionsTests {
    @Test(
        "each file of the specification's own tests is taken or refused as its name says",
        .enabled(if: Corpora.isPresent, Corpora.absence)
    )
    func corpus() throws {
        let refusals = [
            "TableMetadataUnsupportedVersion.json":
                "the table has format version 42, versions 1 to 3 are supported",
            "TableMetadataV1MissingSchemaType.json": #"schema: "type" is missing"#,
            "TableMetadataV2CurrentSchemaNotFound.json":
                "current-schema-id is 2, no schema has that id",
            "TableMetadataV2MissingLastPartitionId.json": #""last-partition-id" is missing"#,
            "TableMetadataV2MissingPartitionSpecs.json": #""partition-specs" is missing"#,
            "TableMetadataV2MissingSchemas.json": #""schemas" is missing"#,
            "TableMetadataV2MissingSortOrder.json": #""sort-orders" is missing"#,
        ]
        let names = try Corpora.names(in: "iceberg").filter {
            $0.hasPrefix("TableMetadata") && $0.hasSuffix(".json")
        }
        #expect(names.count >= 13)
        for name in names {
            let bytes = try Corpora.bytes("iceberg/\(name)")
            if let message = refusals[name] {
                let error = #expect(throws: FormatError.self, "\(name)") {
                    try TableMetadata(parsing: bytes, file: name)
                }
                #expect(error?.message == message, "\(name)")
                continue
            }
            let metadata = try TableMetadata(parsing: bytes, file: name)
            _ = try metadata.currentSchema()
            let again = try TableMetadata(parsing: metadata.serialized(), file: name)
            #expect(again == metadata, "\(name)")
            #expect(name.contains("V\(metadata.formatVersion)") || metadata.formatVersion == 2)
        }
    }

    @Test("everything that version 3 added is read")
    func versionThree() throws {
        let metadata = try TableMetadata(parsing: Array(versionThreeText.utf8), file: "v3.json")
        #expect(metadata.hasRowLineage)
        #expect(metadata.nextRowID == 9_007_199_254_740_995)
        let snapshot = try #require(metadata.currentSnapshot)
        #expect(snapshot.firstRowID == 9_007_199_254_740_993)
        #expect(snapshot.addedRows == 2)
        #expect(snapshot.keyID == "k1")
        #expect(metadata.encryptionKeys.map(\.keyID) == ["k1"])
        #expect(metadata.encryptionKeys[0].encryptedByID == "k0")
        #expect(metadata.encryptionKeys[0].properties == ["a": "b"])
        #expect(metadata.partitionSpecs[0].fields[0].sourceIDs == [1, 2])
        #expect(metadata.partitionSpecs[0].fields[0].transform == .unknown("zorder[2]"))
        #expect(metadata.partitionSpecs[0].fields[1].transform == .truncate(width: 9))
        #expect(
            metadata.sortOrders == [
                SortOrder(
                    orderID: 4,
                    fields: [
                        SortField(
                            sourceIDs: [2, 1],
                            transform: .unknown("zorder"),
                            direction: .descending,
                            nullOrder: .last
                        )
                    ]
                )
            ]
        )
        let main = try #require(metadata.refs["main"])
        #expect(main.minSnapshotsToKeep == 3)
        #expect(main.maxSnapshotAgeMilliseconds == 4)
        #expect(main.maxReferenceAgeMilliseconds == 5)
        #expect(try metadata.currentSchema().fields[0].initialDefault == 1)
    }

    @Test("statistics files are read")
    func statistics() throws {
        let metadata = try parseFullMetadata()
        #expect(metadata.statistics.map(\.footerSizeBytes) == [42, 43])
        let file = metadata.statistics[1]
        #expect(file.path == "s3://a/b/t.puffin")
        #expect(file.fileSizeBytes == 414)
        #expect(file.keyMetadata == "a2V5")
        #expect(
            file.blobs == [
                StatisticsFile.Blob(
                    type: "ndv",
                    snapshotID: 3_055_729_675_574_597_004,
                    sequenceNumber: 1,
                    fieldIDs: [1, 2],
                    properties: ["ndv": "12"]
                )
            ]
        )
        #expect(
            metadata.partitionStatistics == [
                PartitionStatisticsFile(
                    snapshotID: 3_051_729_675_574_597_004,
                    path: "s3://a/b/p.parquet",
                    fileSizeBytes: 90
                )
            ]
        )
    }

    @Test(
        "what is written says the same as what was read, with unknown members in every object",
        arguments: [fullMetadataText, versionThreeText]
    )
    func unknownMembers(_ text: String) throws {
        let document = try JSONValue(parsing: text).addingUnknownMembers()
        let added = document.text.split(separator: "x-later").count - 1
        #expect(added >= 13)
        let metadata = try TableMetadata(parsing: document.serialized(), file: "later.json")
        #expect(JSONValue.object(metadata.json).sorted == document.sorted)
        #expect(try TableMetadata(parsing: metadata.serialized(), file: "again") == metadata)
    }

    @Test("a table of version 1 is written with what readers of version 1 go by")
    func versionOne() throws {
        let text = #"""
            {"format-version":1,"location":"s3://b/t","last-updated-ms":5,"last-column-id":1,
            "schemas":[{"type":"struct","schema-id":4,"fields":[
            {"id":1,"name":"x","required":true,"type":"long"}]}],"current-schema-id":4,
            "partition-specs":[{"spec-id":2,"fields":[
            {"name":"x","transform":"identity","source-id":1}]}],"default-spec-id":2}
            """#
        let metadata = try TableMetadata(parsing: Array(text.utf8), file: "v1.json")
        #expect(metadata.partitionSpecs[0].fields[0].fieldID == 1000)
        #expect(metadata.sortOrders == [.unsorted])
        #expect(metadata.json["schema"] == .object(metadata.schemas[0].json))
        #expect(
            metadata.json["partition-spec"] == [
                ["source-id": 1, "field-id": 1000, "name": "x", "transform": "identity"]
            ]
        )
        #expect(metadata.json["last-sequence-number"] == nil)
    }

    @Test(
        "a member of version 3 that is missing or wrong is named",
        arguments: [
            (#""next-row-id":9007199254740995,"#, "", #""next-row-id" is missing"#),
            (
                #""next-row-id":9007199254740995"#, #""next-row-id":-1"#, "next-row-id is -1"
            ),
            (
                #""added-rows":2"#, #""added-rows":-2"#,
                #"snapshots[0]: "first-row-id" or "added-rows" is negative"#
            ),
            (
                #""source-ids":[1,2]"#, #""source-ids":[]"#,
                #"partition-specs[0].fields[0]: "source-ids" is empty"#
            ),
            (
                #""direction":"desc""#, #""direction":"down""#,
                #"sort-orders[0].fields[0]: "direction" is down, expected asc or desc"#
            ),
            (
                #""null-order":"nulls-last""#, #""null-order":"last""#,
                #"sort-orders[0].fields[0]: "null-order" is last, expected nulls-first or nulls-last"#
            ),
            (
                #""default-sort-order-id":4"#, #""default-sort-order-id":5"#,
                "default-sort-order-id is 5, no sort order has that id"
            ),
            (
                #""key-id":"k1","encrypted-key"#, #""id":"k1","encrypted-key"#,
                #"encryption-keys[0]: "key-id" is missing"#
            ),
            (
                #""main":{"snapshot-id":9007199254740993"#, #""main":{"snapshot-id":12"#,
                "branch main is at 12, no snapshot has that id"
            ),
            (
                #""current-snapshot-id":9007199254740993"#, #""current-snapshot-id":null"#,
                "current-snapshot-id is not set, but branch main is at 9007199254740993"
            ),
        ]
    )
    func refusal(_ part: String, _ replacement: String, _ message: String) throws {
        let text = versionThreeText.replacing(part, with: replacement)
        try #require(text != versionThreeText)
        let error = #expect(throws: FormatError.self) {
            try TableMetadata(parsing: Array(text.utf8), file: "broken.json")
        }
        #expect(error?.message == message)
    }

    @Test("types and defaults of version 3 need a table of version 3")
    func newTypes() throws {
        func create(_ field: SchemaField, version: String) throws -> TableMetadata {
            try TableMetadata(
                creating: Schema(schemaID: 0, fields: [field], identifierFieldIDs: []),
                properties: ["format-version": version],
                location: "/t",
                nowMilliseconds: 0
            )
        }
        let nanos = SchemaField(id: 1, name: "t", type: .timestampNanos, isRequired: false)
        #expect(try create(nanos, version: "3").formatVersion == 3)
        var error = #expect(throws: TableUpdateError.self) { try create(nanos, version: "2") }
        #expect(
            error?.message
                == "column t has the type timestamp_ns, which needs format version 3; the table has "
                + "version 2"
        )
        var withDefault = SchemaField(id: 1, name: "n", type: .int, isRequired: false)
        withDefault.writeDefault = 5
        #expect(try create(withDefault, version: "3").currentSchema().fields == [withDefault])
        error = #expect(throws: TableUpdateError.self) { try create(withDefault, version: "2") }
        #expect(
            error?.message
                == "column n has a default, which needs format version 3; the table has version 2"
        )
        withDefault.writeDefault = "5"
        error = #expect(throws: TableUpdateError.self) { try create(withDefault, version: "3") }
        #expect(
            error?.message
                == "the default of column n: expected a value of the type int: it is a string, not "
                + "an integer of its width"
        )
        error = #expect(throws: TableUpdateError.self) { try create(nanos, version: "4") }
        #expect(error?.message == "format version 4 was asked for, versions 2 and 3 can be written")
    }

    @Test("an unknown column is optional, and a struct's default holds no values")
    func defaults() throws {
        func create(_ field: SchemaField) throws -> TableMetadata {
            try TableMetadata(
                creating: Schema(schemaID: 0, fields: [field], identifierFieldIDs: []),
                properties: ["format-version": "3"],
                location: "/t",
                nowMilliseconds: 0
            )
        }
        var error = #expect(throws: TableUpdateError.self) {
            try create(SchemaField(id: 1, name: "u", type: .unknown, isRequired: true))
        }
        #expect(error?.message == "column u is unknown and cannot be required")
        let x = SchemaField(id: 2, name: "x", type: .int, isRequired: false)
        var point = SchemaField(id: 1, name: "p", type: .structure([x]), isRequired: false)
        point.initialDefault = [:]
        _ = try create(point)
        point.initialDefault = ["2": 7]
        error = #expect(throws: TableUpdateError.self) { try create(point) }
        #expect(
            error?.message
                == "the default of column p holds values of the fields inside, which have defaults "
                + "of their own"
        )
    }
}
