import Avro
import Iceberg
import TableModel
import Testing

@testable import TableScan

@Suite("Deletes by data file")
struct FileDeletesTests {
    /// What is told of one data file, by the names of files.
    struct Told: Equatable {
        var file: String
        var positionDeletes: [String] = []
        var equalityDeletes: [String] = []
        var deletedRows: Int64 = 0
    }

    func deletes(_ lake: TestLake) async throws -> [Told] {
        let live = try await lake.metadata.liveFiles(store: lake.store)
        return try await lake.scan.deletes(live).map { file in
            Told(
                file: Self.name(file.data),
                positionDeletes: file.positionDeletes.map(Self.name),
                equalityDeletes: file.equalityDeletes.map(Self.name),
                deletedRows: file.deletedRowCount
            )
        }.sorted { $0.file < $1.file }
    }

    private static func name(_ file: LiveFile) -> String {
        String(file.file.path.dropFirst("mem:/lake/table/data/".count).dropLast(".parquet".count))
    }

    @Test("rows count once, whatever deletes them and how often")
    func counted() async throws {
        let lake = try TestLake()
        try await lake.commit(
            data: [
                lake.rows("a", [10, 11, 12, 13, 14], rowGroupRows: 2), lake.rows("b", [20, 21]),
                lake.rows("c", [30]),
            ]
        )
        try await lake.commit(
            deletes: [
                lake.positionDeletes(
                    "p1",
                    [("a", 1), ("a", 1), ("a", 99)],
                    referencedDataFile: "a"
                ),
                lake.positionDeletes("p2", [("a", 1), ("a", 4), ("b", 0)]),
            ]
        )
        #expect(
            try await deletes(lake) == [
                Told(file: "a", positionDeletes: ["p1", "p2"], deletedRows: 2),
                Told(file: "b", positionDeletes: ["p2"], deletedRows: 1),
                Told(file: "c"),
            ]
        )
        try await lake.commit(
            data: [lake.rows("d", [10])],
            deletes: [lake.equalityDeletes("e", [TestLake.id], [longs([10, 11, 20])])]
        )
        // Row 11 of a and row 20 of b are gone twice; the 10 of d is as new as its delete.
        #expect(
            try await deletes(lake) == [
                Told(
                    file: "a",
                    positionDeletes: ["p1", "p2"],
                    equalityDeletes: ["e"],
                    deletedRows: 3
                ),
                Told(file: "b", positionDeletes: ["p2"], equalityDeletes: ["e"], deletedRows: 1),
                Told(file: "c", equalityDeletes: ["e"]),
                Told(file: "d"),
            ]
        )
    }

    @Test("of data files nothing but key columns is read, and only where equality deletes apply")
    func reading() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [10, 11])])
        try await lake.commit(data: [lake.rows("b", [20])])
        let store = CountingStore(base: lake.store)
        let scan = TableScan(table: lake.metadata, store: store)
        _ = try await scan.deletes(try await lake.metadata.liveFiles(store: store))
        #expect(store.bytesRead(of: TestLake.path("a")) == 0)
    }

    @Test("equality deletes of a partition leave other partitions alone")
    func partitions() async throws {
        let spec = PartitionSpec(
            specID: 0,
            fields: [PartitionField(sourceIDs: [1], fieldID: 1000, name: "p", transform: .identity)]
        )
        let lake = try TestLake(partitionSpec: spec)
        var data = LiveFile(
            file: DataFile(content: .data, path: "d", recordCount: 1, fileSizeBytes: 1),
            dataSequenceNumber: 1,
            fileSequenceNumber: 1,
            snapshotID: 1
        )
        data.file.partition = PartitionTuple(fields: [
            .init(fieldID: 1000, value: .integer(1))
        ])
        var delete = data
        delete.file.content = .equalityDeletes
        delete.dataSequenceNumber = 2
        #expect(EqualityDeletes.applies(delete, to: data, of: lake.metadata))
        delete.file.partition.fields[0].value = .integer(2)
        #expect(!EqualityDeletes.applies(delete, to: data, of: lake.metadata))
        delete.file.partition = data.file.partition
        delete.dataSequenceNumber = 1
        #expect(!EqualityDeletes.applies(delete, to: data, of: lake.metadata))
        delete.dataSequenceNumber = 2
        delete.file.content = .positionDeletes
        #expect(!EqualityDeletes.applies(delete, to: data, of: lake.metadata))
    }
}
