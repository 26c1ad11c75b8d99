import Bytes
import Iceberg
import TableModel
import Testing

@Suite("Table updates")
struct TableUpdateTests {
    func apply(
        _ updates: [TableUpdate],
        to metadata: TableMetadata,
        _ requirements: [TableRequirement] = [],
        nowMilliseconds: Int64 = 5000
    ) throws(TableUpdateError) -> TableMetadata {
        try metadata.applying(
            updates,
            requirements: requirements,
            nowMilliseconds: nowMilliseconds
        )
    }

    func snapshot(_ id: Int64, sequenceNumber: Int64, time: Int64 = 3000) -> Snapshot {
        Snapshot(
            snapshotID: id,
            parentSnapshotID: nil,
            sequenceNumber: sequenceNumber,
            timestampMilliseconds: time,
            summary: SnapshotSummary(operation: .append),
            manifestList: "file:///l\(id).avro",
            schemaID: 0
        )
    }

    func toMain(_ id: Int64) -> TableUpdate {
        .setSnapshotReference(name: "main", SnapshotReference(snapshotID: id, kind: .branch))
    }

    @Test("a column may be added, and its schema made current, in one list")
    func addColumn() throws {
        let table = try emptyTable()
        var wider = ordersSchema
        wider.fields.append(SchemaField(id: 3, name: "c", type: .int, isRequired: false))
        let next = try apply(
            [.addSchema(wider), .setCurrentSchema(TableUpdate.lastAdded)],
            to: table,
            [.assertLastAssignedFieldID(2), .assertCurrentSchemaID(0)]
        )
        #expect(next.currentSchemaID == 1)
        #expect(next.lastColumnID == 3)
        #expect(try next.currentSchema().fields == wider.fields)
        // The way back finds the schema that is there already.
        let back = try apply([.addSchema(ordersSchema), .setCurrentSchema(-1)], to: next)
        #expect(back.schemas.count == 2)
        #expect(back.currentSchemaID == 0)
        #expect(back.lastColumnID == 3)
    }

    @Test("the id of a column that never was, and is not new, is refused")
    func usedFieldID() throws {
        var table = try emptyTable()
        table.lastColumnID = 8
        var wider = ordersSchema
        wider.fields.append(SchemaField(id: 5, name: "c", type: .int, isRequired: false))
        let error = #expect(throws: TableUpdateError.self) {
            try apply([.addSchema(wider)], to: table)
        }
        #expect(
            error?.message
                == "column c has the field id 5, which is not new: the last one given was 8"
        )
    }

    @Test("a snapshot moves main, the log and the sequence number")
    func addSnapshot() throws {
        let next = try apply(
            [.addSnapshot(snapshot(11, sequenceNumber: 1)), toMain(11)],
            to: try emptyTable(),
            [.assertReferenceSnapshotID(reference: "main", nil)]
        )
        #expect(next.currentSnapshotID == 11)
        #expect(next.refs["main"]?.snapshotID == 11)
        #expect(next.lastSequenceNumber == 1)
        #expect(
            next.snapshotLog == [SnapshotLogEntry(snapshotID: 11, timestampMilliseconds: 3000)]
        )
        #expect(next.lastUpdatedMilliseconds == 5000)
    }

    @Test("time does not run backwards when the clock does")
    func clockSetBack() throws {
        let table = try emptyTable()
        let next = try apply([.setProperties([:])], to: table, nowMilliseconds: 10)
        #expect(next.lastUpdatedMilliseconds == 1000)
    }

    @Test("a snapshot that another branch overtook is a conflict")
    func overtaken() throws {
        let table = try apply([.addSnapshot(snapshot(11, sequenceNumber: 1))], to: emptyTable())
        let error = #expect(throws: TableUpdateError.self) {
            try apply([.addSnapshot(snapshot(12, sequenceNumber: 1)), toMain(12)], to: table)
        }
        #expect(
            error
                == TableUpdateError(
                    .conflict,
                    "snapshot 12 has sequence number 1, the table's last one is 1"
                )
        )
    }

    @Test(
        "each requirement that fails is a conflict",
        arguments: [
            (TableRequirement.assertCreate, "the table exists already"),
            (.assertTableUUID("x"), "table uuid: expected x, found u"),
            (
                .assertReferenceSnapshotID(reference: "main", 7),
                "main: expected snapshot 7, found snapshot 11"
            ),
            (
                .assertReferenceSnapshotID(reference: "main", nil),
                "main: expected no snapshot, found snapshot 11"
            ),
            (
                .assertReferenceSnapshotID(reference: "b", 7),
                "b: expected snapshot 7, found no snapshot"
            ),
            (.assertLastAssignedFieldID(3), "last assigned field id: expected 3, found 2"),
            (.assertCurrentSchemaID(1), "current schema id: expected 1, found 0"),
            (
                .assertLastAssignedPartitionID(1),
                "last assigned partition id: expected 1, found 999"
            ),
            (.assertDefaultSpecID(1), "default spec id: expected 1, found 0"),
            (.assertDefaultSortOrderID(1), "default sort order id: expected 1, found 0"),
        ]
    )
    func requirement(_ requirement: TableRequirement, _ message: String) throws {
        let table = try apply(
            [.assignUUID("u"), .addSnapshot(snapshot(11, sequenceNumber: 1)), toMain(11)],
            to: try emptyTable()
        )
        #expect(throws: TableUpdateError(.conflict, message)) {
            try apply([], to: table, [requirement])
        }
        _ = try apply([], to: table, [.assertTableUUID("U")])
    }

    @Test("removing a snapshot takes history before it and its statistics along")
    func removeSnapshots() throws {
        var table = try parseFullMetadata()
        let old: Int64 = 3_051_729_675_574_597_004
        #expect(throws: TableUpdateError.self) { try apply([.removeSnapshots([old])], to: table) }
        table = try apply(
            [.removeSnapshotReference(name: "old"), .removeSnapshots([old])],
            to: table
        )
        #expect(table.snapshots.map(\.snapshotID) == [3_055_729_675_574_597_004])
        #expect(table.snapshotLog.map(\.snapshotID) == [3_055_729_675_574_597_004])
        #expect(table.statistics.map(\.path) == ["s3://a/b/t.puffin"])
    }

    @Test("a reference is set as the update has it, retention settings included")
    func retention() throws {
        let table = try parseFullMetadata()
        #expect(table.refs["main"]?.maxReferenceAgeMilliseconds == 7)
        let next = try apply(
            [.addSnapshot(snapshot(5, sequenceNumber: 35)), toMain(5)],
            to: table
        )
        #expect(next.refs["main"] == SnapshotReference(snapshotID: 5, kind: .branch))
    }

    @Test("properties are set and removed")
    func properties() throws {
        let table = try emptyTable(["a": "1", "b": "2"])
        let next = try apply([.setProperties(["b": "3"]), .removeProperties(["a"])], to: table)
        #expect(next.properties == ["b": "3"])
    }

    @Test("a spec that is there already is not added twice")
    func specs() throws {
        let spec = PartitionSpec(
            specID: 0,
            fields: [
                PartitionField(sourceIDs: [1], fieldID: 1000, name: "i", transform: .identity)
            ]
        )
        let next = try apply(
            [.addPartitionSpec(spec), .setDefaultSpec(-1), .addPartitionSpec(spec)],
            to: try emptyTable()
        )
        #expect(next.partitionSpecs.map(\.specID) == [0, 1])
        #expect(next.defaultSpecID == 1)
        #expect(next.lastPartitionID == 1000)
    }
}
