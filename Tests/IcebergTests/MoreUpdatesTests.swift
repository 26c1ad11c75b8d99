import Bytes
import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("Updates of specs, sort orders, statistics and keys")
struct MoreUpdatesTests {
    func apply(
        _ updates: [TableUpdate],
        to table: TableMetadata
    ) throws(TableUpdateError)
        -> TableMetadata
    {
        try table.applying(updates, requirements: [], nowMilliseconds: 5000)
    }

    func message(_ updates: [TableUpdate], of table: TableMetadata? = nil) throws -> String? {
        let table = try table ?? emptyTable()
        let error = #expect(throws: TableUpdateError.self) { try apply(updates, to: table) }
        #expect(error?.kind == .invalid)
        return error?.message
    }

    let order = SortOrder(
        orderID: 0,
        fields: [
            SortField(sourceIDs: [2], direction: .descending, nullOrder: .last),
            SortField(sourceIDs: [1], transform: .bucket(count: 4)),
        ]
    )

    @Test("a sort order gets an id, and is not added twice")
    func sortOrders() throws {
        var table = try apply(
            [.addSortOrder(order), .setDefaultSortOrder(-1), .addSortOrder(order)],
            to: try emptyTable()
        )
        #expect(table.sortOrders.map(\.orderID) == [0, 1])
        #expect(table.defaultSortOrderID == 1)
        #expect(table.sortOrders[1].fields == order.fields)
        table = try apply([.addSortOrder(.unsorted), .setDefaultSortOrder(-1)], to: table)
        #expect(table.sortOrders.map(\.orderID) == [0, 1])
        #expect(table.defaultSortOrderID == 0)
        #expect(try message([.setDefaultSortOrder(3)]) == "no sort order has the id 3")
        var wrong = order
        wrong.fields[0].sourceIDs = [7]
        #expect(
            try message([.addSortOrder(wrong)])
                == "a sort order reads column 7, which is not in the schema"
        )
        wrong.fields[0] = SortField(sourceIDs: [2], transform: .day)
        #expect(
            try message([.addSortOrder(wrong)])
                == "a sort order: day cannot be used on column name (string)"
        )
        wrong.fields[0] = SortField(sourceIDs: [2], transform: .unknown("z"))
        #expect(
            try message([.addSortOrder(wrong)])
                == "a sort order has the transform z of 1 columns, which is not known"
        )
    }

    @Test("fields of a spec get ids, those of equivalent fields where there are such")
    func partitionFieldIDs() throws {
        let bucket = PartitionField(sourceIDs: [1], name: "b", transform: .bucket(count: 4))
        let name = PartitionField(sourceIDs: [2], name: "name", transform: .identity)
        var table = try apply(
            [.addPartitionSpec(PartitionSpec(specID: 0, fields: [bucket]))],
            to: try emptyTable()
        )
        #expect(table.partitionSpecs[1].fields.map(\.fieldID) == [1000])
        var renamed = bucket
        renamed.name = "again"
        table = try apply(
            [.addPartitionSpec(PartitionSpec(specID: 0, fields: [name, renamed]))],
            to: table
        )
        #expect(table.partitionSpecs[2].fields.map(\.fieldID) == [1001, 1000])
        #expect(table.lastPartitionID == 1001)
        // The same under the same names is not added again, whatever its ids.
        var given = name
        given.fieldID = 1700
        table = try apply(
            [
                .addPartitionSpec(PartitionSpec(specID: 9, fields: [given, renamed])),
                .setDefaultSpec(-1),
            ],
            to: table
        )
        #expect(table.partitionSpecs.count == 3)
        #expect(table.defaultSpecID == 2)
        given.transform = .truncate(width: 2)
        given.name = "t"
        given.fieldID = 1000
        #expect(
            try message([.addPartitionSpec(PartitionSpec(specID: 0, fields: [given]))], of: table)
                == "partition field t has the id 1000, which is that of b"
        )
    }

    @Test(
        "a spec that no table can have is refused",
        arguments: [
            (
                [PartitionField(sourceIDs: [9], name: "p", transform: .identity)],
                "partition field p reads column 9, which is not in the schema"
            ),
            (
                [PartitionField(sourceIDs: [2], name: "p", transform: .hour)],
                "partition field p: hour cannot be used on column name (string)"
            ),
            (
                [PartitionField(sourceIDs: [1, 2], name: "p", transform: .unknown("z"))],
                "partition field p has the transform z of 2 columns, which is not known"
            ),
            (
                [PartitionField(sourceIDs: [2], name: "id", transform: .identity)],
                "partition field id has the name of a column that it is not the value of"
            ),
            (
                [PartitionField(sourceIDs: [1], name: "id", transform: .bucket(count: 2))],
                "partition field id has the name of a column that it is not the value of"
            ),
            (
                [
                    PartitionField(sourceIDs: [1], name: "p", transform: .identity),
                    PartitionField(sourceIDs: [2], name: "p", transform: .identity),
                ],
                "partition fields need names that differ, p is one of two"
            ),
            (
                [
                    PartitionField(sourceIDs: [1], name: "p", transform: .identity),
                    PartitionField(sourceIDs: [1], name: "q", transform: .identity),
                ],
                "partition field q makes nothing of its column that p does not make already"
            ),
            (
                [
                    PartitionField(sourceIDs: [1], fieldID: 1000, name: "p", transform: .identity),
                    PartitionField(sourceIDs: [2], fieldID: 1000, name: "q", transform: .identity),
                ],
                "two partition fields have the id 1000"
            ),
        ]
    )
    func specRefusals(_ fields: [PartitionField], _ text: String) throws {
        let spec = PartitionSpec(specID: 0, fields: fields)
        #expect(try message([.addPartitionSpec(spec)]) == text)
        // A new table numbers partition fields itself, and does not know the column at all.
        guard fields[0].fieldID == PartitionField.unassignedID, fields[0].sourceIDs != [9] else {
            return
        }
        let error = #expect(throws: TableUpdateError.self) {
            try TableMetadata(
                creating: ordersSchema,
                partitionSpec: spec,
                location: "/t",
                nowMilliseconds: 0
            )
        }
        #expect(error?.message == text)
    }

    @Test("days and hours of one column are one too many, and nested columns may be used")
    func timesAndNested() throws {
        let at = SchemaField(id: 2, name: "at", type: .timestamp, isRequired: false)
        let spot = SchemaField(id: 1, name: "spot", type: .structure([at]), isRequired: false)
        let list = SchemaField(
            id: 3,
            name: "list",
            type: .list(
                element: SchemaField(id: 4, name: "element", type: .int, isRequired: false)
            ),
            isRequired: false
        )
        let table = try TableMetadata(
            creating: Schema(schemaID: 0, fields: [spot, list], identifierFieldIDs: []),
            location: "/t",
            nowMilliseconds: 0
        )
        let ids = Dictionary(
            uniqueKeysWithValues: try table.currentSchema().allFields.map { ($0.name, $0.id) }
        )
        let time = try #require(ids["at"])
        let day = PartitionField(sourceIDs: [time], name: "day", transform: .day)
        let hour = PartitionField(sourceIDs: [time], name: "hour", transform: .hour)
        _ = try apply([.addPartitionSpec(PartitionSpec(specID: 0, fields: [day]))], to: table)
        #expect(
            try message(
                [.addPartitionSpec(PartitionSpec(specID: 0, fields: [day, hour]))],
                of: table
            ) == "partition field hour makes nothing of its column that day does not make already"
        )
        let element = PartitionField(
            sourceIDs: [try #require(ids["element"])],
            name: "e",
            transform: .identity
        )
        #expect(
            try message(
                [.addPartitionSpec(PartitionSpec(specID: 0, fields: [element]))],
                of: table
            )
                == "partition field e reads column element, which is inside of list (list<int>) and "
                + "has no one value for a row"
        )
    }

    @Test("specs and schemas go, but for those in use")
    func removing() throws {
        let spec = PartitionSpec(
            specID: 0,
            fields: [PartitionField(sourceIDs: [2], name: "name", transform: .identity)]
        )
        var wider = ordersSchema
        wider.fields.append(SchemaField(id: 3, name: "c", type: .int, isRequired: false))
        let table = try apply(
            [
                .addPartitionSpec(spec), .setDefaultSpec(-1), .addSchema(wider),
                .setCurrentSchema(-1),
            ],
            to: try emptyTable()
        )
        let next = try apply([.removePartitionSpecs([0]), .removeSchemas([0])], to: table)
        #expect(next.partitionSpecs.map(\.specID) == [1])
        #expect(next.schemas.map(\.schemaID) == [1])
        #expect(
            try message([.removePartitionSpecs([0, 1])], of: table)
                == "partition spec 1 is the default one and cannot be removed"
        )
        #expect(
            try message([.removeSchemas([1])], of: table)
                == "schema 1 is the current one and cannot be removed"
        )
    }

    @Test("a snapshot has one statistics file of each kind")
    func statistics() throws {
        func file(_ path: String) -> StatisticsFile {
            StatisticsFile(
                snapshotID: 5,
                path: path,
                fileSizeBytes: 10,
                footerSizeBytes: 4,
                blobs: []
            )
        }
        let partition = PartitionStatisticsFile(snapshotID: 5, path: "p", fileSizeBytes: 3)
        var table = try apply(
            [
                .setStatistics(file("a")), .setStatistics(file("b")),
                .setPartitionStatistics(partition), .setPartitionStatistics(partition),
            ],
            to: try emptyTable()
        )
        #expect(table.statistics == [file("b")])
        #expect(table.partitionStatistics == [partition])
        #expect(try TableMetadata(parsing: table.serialized(), file: "t") == table)
        table = try apply(
            [.removeStatistics(snapshotID: 5), .removePartitionStatistics(snapshotID: 5)],
            to: table
        )
        #expect(table.statistics.isEmpty)
        #expect(table.partitionStatistics.isEmpty)
    }

    @Test("an encryption key is kept under its id")
    func encryptionKeys() throws {
        let key = EncryptionKey(keyID: "k", encryptedKeyMetadata: "YQ==")
        var table = try apply(
            [.addEncryptionKey(key), .addEncryptionKey(key)],
            to: try emptyTable(["format-version": "3"])
        )
        #expect(table.encryptionKeys == [key])
        table = try apply([.removeEncryptionKey(keyID: "k")], to: table)
        #expect(table.encryptionKeys.isEmpty)
    }

    @Test("branches and tags keep to their kind, and keep a positive number of things")
    func references() throws {
        var table = try emptyTable()
        table.snapshots = [
            Snapshot(
                snapshotID: 5,
                parentSnapshotID: nil,
                sequenceNumber: 1,
                timestampMilliseconds: 0,
                summary: SnapshotSummary(operation: .append),
                manifestList: "l",
                schemaID: nil
            )
        ]
        let cases: [(String, SnapshotReference, String)] = [
            (
                "main", SnapshotReference(snapshotID: 5, kind: .tag),
                "main is a branch and cannot be a tag"
            ),
            (
                "t", SnapshotReference(snapshotID: 5, kind: .tag, minSnapshotsToKeep: 2),
                "t is a tag and keeps no other snapshots than its own"
            ),
            (
                "b", SnapshotReference(snapshotID: 5, kind: .branch, minSnapshotsToKeep: 0),
                "what is kept of b is set to 0, a positive number is needed"
            ),
        ]
        for (name, reference, text) in cases {
            #expect(
                try message([.setSnapshotReference(name: name, reference)], of: table) == text
            )
        }
    }

    @Test("a table of version 1 without a UUID gets one with the upgrade")
    func upgradedUUID() throws {
        let text = #"""
            {"format-version":1,"location":"s3://b/t","last-updated-ms":5,"last-column-id":1,
            "schema":{"type":"struct","fields":[
            {"id":1,"name":"x","required":true,"type":"long"}]},"partition-spec":[]}
            """#
        let table = try TableMetadata(parsing: Array(text.utf8), file: "v1.json")
        #expect(table.tableUUID == "")
        let upgraded = try apply([.upgradeFormatVersion(2)], to: table)
        #expect(upgraded.tableUUID.utf8.count == 36)
        #expect(
            try message([.upgradeFormatVersion(1)], of: upgraded)
                == "cannot go from format version 2 to 1"
        )
    }

    @Test("ids and numbers that a foreign file has used up are refused, and nothing traps")
    func usedUp() async throws {
        var table = try emptyTable()
        table.lastColumnID = .max
        table.lastPartitionID = .max
        table.lastSequenceNumber = .max
        table.schemas[0].schemaID = .max
        table.currentSchemaID = .max
        table.partitionSpecs[0].specID = .max
        table.defaultSpecID = .max
        func refusal(_ update: TableUpdate) -> String? {
            #expect(throws: TableUpdateError.self) {
                try table.applying([update], requirements: [], nowMilliseconds: 0)
            }?.message
        }
        var wider = ordersSchema
        wider.fields[1].doc = "changed"
        #expect(
            refusal(.addSchema(wider)) == "no ids are left for a schema, the last was 2147483647"
        )
        let field = PartitionField(sourceIDs: [2], name: "p", transform: .identity)
        #expect(
            refusal(.addPartitionSpec(PartitionSpec(specID: 0, fields: [field])))
                == "no ids are left for a partition spec, the last was 2147483647"
        )
        table.partitionSpecs[0].specID = 0
        table.defaultSpecID = 0
        #expect(
            refusal(.addPartitionSpec(PartitionSpec(specID: 0, fields: [field])))
                == "no ids are left for a partition field, the last was 2147483647"
        )
        var negative = field
        negative.fieldID = -1
        #expect(
            refusal(.addPartitionSpec(PartitionSpec(specID: 0, fields: [negative])))
                == "partition field p has the id -1, ids are positive"
        )
        var evolution = try SchemaEvolution(of: table)
        #expect(throws: TableUpdateError.self) { try evolution.add("c", .int) }
        let error = await #expect(throws: SnapshotError.self) {
            try await table.committing(
                RowDelta(dataFiles: [dataFile("a")]),
                to: MemoryObjectStore()
            )
        }
        #expect(error?.message == "file:///lake/orders has no sequence numbers left")
    }
}
