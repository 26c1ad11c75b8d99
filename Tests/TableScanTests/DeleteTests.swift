import Avro
import Columns
import Diagnostics
import Iceberg
import TableModel
import Testing

@testable import TableScan

@Suite("Position deletes")
struct PositionDeleteTests {
    /// How a delete file says which data file it speaks of.
    enum Naming: CaseIterable {
        case referencedDataFile
        case equalBounds
        case rowsOnly
    }

    @Test("rows go by their position over all row groups", arguments: Naming.allCases)
    func fileScoped(naming: Naming) async throws {
        let lake = try TestLake()
        try await lake.commit(
            data: [lake.rows("a", [10, 11, 12, 13, 14], rowGroupRows: 2), lake.rows("b", [20])]
        )
        var delete = try await lake.positionDeletes(
            "del",
            [("a", 1), ("a", 2), ("a", 2), ("a", 99)],
            referencedDataFile: naming == .referencedDataFile ? "a" : nil
        )
        if naming == .rowsOnly {
            delete.lowerBounds = [:]
            delete.upperBounds = [:]
        }
        try await lake.commit(deletes: [delete])
        #expect(try await lake.liveRows() == ["10 10", "13 13", "14 14", "20 20"])
    }

    @Test("one delete file may speak of several data files")
    func shared() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [10, 11]), lake.rows("b", [20, 21])])
        try await lake.commit(
            deletes: [lake.positionDeletes("del", [("a", 0), ("b", 1), ("gone", 0)])]
        )
        #expect(try await lake.liveRows() == ["11 11", "20 20"])
    }

    @Test("several delete files of one data file add up")
    func several() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [10, 11, 12, 13])])
        for position in [0, 2] {
            try await lake.commit(
                deletes: [
                    lake.positionDeletes(
                        "del\(position)",
                        [("a", Int64(position))],
                        referencedDataFile: "a"
                    )
                ]
            )
        }
        #expect(try await lake.liveRows() == ["11 11", "13 13"])
    }

    @Test("a delete of the same commit applies, one of an earlier commit does not")
    func sequence() async throws {
        let lake = try TestLake()
        let early = try await lake.positionDeletes("early", [("a", 0)], referencedDataFile: "a")
        let earlyShared = try await lake.positionDeletes("shared", [("a", 0), ("b", 0)])
        try await lake.commit(data: [lake.rows("b", [20])], deletes: [early, earlyShared])
        try await lake.commit(
            data: [lake.rows("a", [10, 11])],
            deletes: [lake.positionDeletes("same", [("a", 1)], referencedDataFile: "a")]
        )
        #expect(try await lake.liveRows() == ["10 10"])
    }

    @Test("row groups without live rows are left out, others number rows from their own start")
    func deadRowGroup() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [10, 11, 12, 13], rowGroupRows: 2)])
        try await lake.commit(
            deletes: [lake.positionDeletes("del", [("a", 0), ("a", 1), ("a", 2)])]
        )
        var batches: [ScanBatch] = []
        try await lake.scan.forEachBatch(fields: [TestLake.id]) { batches.append($0) }
        #expect(batches.map(\.firstPosition) == [2])
        #expect(batches.map(\.liveRows) == [[1]])
    }
}

@Suite("Equality deletes")
struct EqualityDeleteTests {
    @Test("a key deleted and written in one commit is replaced")
    func upsert() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2, 3], prefix: "old")])
        try await lake.commit(
            data: [lake.rows("b", [2], prefix: "new")],
            deletes: [lake.equalityDeletes("del", [TestLake.id], [longs([2, 9])])]
        )
        #expect(try await lake.liveRows() == ["1 old1", "3 old3", "2 new2"])
        // A later delete file of the same columns brings the older ones' keys no further.
        try await lake.commit(
            deletes: [lake.equalityDeletes("later", [TestLake.id], [longs([3])])]
        )
        #expect(try await lake.liveRows() == ["1 old1", "2 new2"])
    }

    @Test("rows written after a delete stay, until a later delete of their key")
    func sequence() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1])])
        try await lake.commit(
            deletes: [lake.equalityDeletes("del1", [TestLake.id], [longs([1, 2])])]
        )
        try await lake.commit(data: [lake.rows("b", [1, 2, 3], prefix: "b")])
        #expect(try await lake.liveRows() == ["1 b1", "2 b2", "3 b3"])
        try await lake.commit(
            deletes: [lake.equalityDeletes("del2", [TestLake.id], [longs([2])])]
        )
        #expect(try await lake.liveRows() == ["1 b1", "3 b3"])
    }

    @Test("int and long are one value, in the data or in the delete", arguments: [true, false])
    func promotion(deleteIsNarrow: Bool) async throws {
        let narrow = SchemaField(id: 1, name: "id", type: .int, isRequired: true)
        let lake = try TestLake(fields: [narrow, TestLake.name])
        try await lake.commit(
            data: [
                lake.write("a", [narrow, TestLake.name], [ints([-1, 2]), strings(["x", "y"])])
            ]
        )
        if !deleteIsNarrow { try lake.setFields([TestLake.id, TestLake.name]) }
        try await lake.commit(
            deletes: [
                lake.equalityDeletes(
                    "del",
                    [deleteIsNarrow ? narrow : TestLake.id],
                    [deleteIsNarrow ? ints([-1]) : longs([-1])]
                )
            ]
        )
        if deleteIsNarrow { try lake.setFields([TestLake.id, TestLake.name]) }
        #expect(try await lake.liveRows() == ["2 y"])
    }

    @Test(
        "NULL is equal to NULL and to nothing else, in a column of its own or missing in the file"
    )
    func null() async throws {
        let lake = try TestLake(fields: [TestLake.id])
        try await lake.commit(data: [lake.write("old", [TestLake.id], [longs([1])])])
        try lake.setFields([TestLake.id, TestLake.name])
        try await lake.commit(
            data: [
                lake.write(
                    "new",
                    [TestLake.id, TestLake.name],
                    [longs([1, 1, 2]), strings([nil, "", nil])]
                )
            ]
        )
        try await lake.commit(
            deletes: [
                lake.equalityDeletes(
                    "del",
                    [TestLake.id, TestLake.name],
                    [longs([1]), strings([nil])]
                )
            ]
        )
        #expect(try await lake.liveRows() == ["1 ", "2 NULL"])
    }

    @Test("deletes by different columns apply side by side, beside position deletes")
    func severalColumnSets() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2, 3, 4, 5])])
        try await lake.commit(
            deletes: [
                lake.equalityDeletes("byID", [TestLake.id], [longs([1])]),
                lake.equalityDeletes("byName", [TestLake.name], [strings(["3"])]),
                lake.positionDeletes("byPlace", [("a", 4)]),
            ]
        )
        #expect(try await lake.liveRows() == ["2 2", "4 4"])
        // The deletes' own columns are read even when nobody asks for them.
        var ids: [Int64] = []
        try await lake.scan.forEachBatch(fields: [TestLake.id]) { batch in
            for row in batch.liveRows ?? [] {
                ids.append(batch.columns[0].value(at: Int(row), as: Int64.self))
            }
        }
        #expect(ids == [2, 4])
    }

    @Test("a delete by a column that was dropped since still applies")
    func droppedColumn() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2])])
        try await lake.commit(
            deletes: [lake.equalityDeletes("del", [TestLake.name], [strings(["2"])])]
        )
        try lake.setFields([TestLake.id])
        var ids: [Int32]? = []
        try await lake.scan.forEachBatch(fields: [TestLake.id]) { ids = $0.liveRows }
        #expect(ids == [0])
    }

    @Test("a delete of one partition leaves the others; one of an unpartitioned spec does not")
    func partitions() async throws {
        let lake = try TestLake(
            partitionSpec: PartitionSpec(
                specID: 0,
                fields: [
                    PartitionField(sourceIDs: [2], fieldID: 1000, name: "n", transform: .identity)
                ]
            )
        )
        var metadata = lake.metadata
        metadata.partitionSpecs.append(PartitionSpec(specID: 1, fields: []))
        func live(_ file: DataFile, _ partition: String?, _ number: Int64) -> LiveFile {
            var file = file
            file.specID = partition == nil ? 1 : 0
            file.partition = PartitionTuple(
                fields: partition.map { [.init(fieldID: 1000, value: .text($0))] }
                    ?? []
            )
            return LiveFile(
                file: file,
                dataSequenceNumber: number,
                fileSequenceNumber: number,
                snapshotID: number
            )
        }
        let data = [
            live(try await lake.rows("x", [1, 2, 3]), "x", 1),
            live(try await lake.rows("y", [1, 2, 3]), "y", 1),
        ]
        let deletes = [
            live(try await lake.equalityDeletes("d", [TestLake.id], [longs([1])]), "x", 2),
            live(try await lake.equalityDeletes("g", [TestLake.id], [longs([2])]), nil, 2),
        ]
        var left: [[Int32]?] = []
        try await TableScan(table: metadata, store: lake.store).forEachBatch(
            of: LiveFiles(dataFiles: data, deleteFiles: deletes),
            fields: [TestLake.id]
        ) { left.append($0.liveRows) }
        #expect(left == [[2], [0, 2]])
    }

    @Test("more delete rows than memory may hold are refused with both numbers")
    func limit() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1])])
        var file = try await lake.equalityDeletes("del", [TestLake.id], [longs([1])])
        file.recordCount = 50_000_001
        try await lake.commit(deletes: [file])
        await #expect(
            throws: FormatError(
                file: file.path,
                "it and the table's other equality delete files hold 50000001 rows, at most "
                    + "50000000 can be read; compact the table"
            )
        ) { try await lake.liveRows() }
    }
}
