import Columns
import Diagnostics
import Iceberg
import ObjectStore
import TableModel
import Testing

@testable import TableScan

@Suite("TableScan")
struct TableScanTests {
    @Test("a table without a snapshot has no rows")
    func noSnapshot() async throws {
        #expect(try await TestLake().liveRows() == [])
    }

    @Test("files come in the order of their commits, row groups with their place in the file")
    func order() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("z", [1, 2, 3, 4, 5], rowGroupRows: 2)])
        try await lake.commit(data: [lake.rows("a", [6])])
        var places: [String] = []
        try await lake.scan.forEachBatch(fields: [TestLake.id]) { batch in
            places.append("\(batch.filePath) \(batch.firstPosition) \(batch.rowCount)")
            #expect(batch.liveRows == nil)
            #expect(batch.columns.count == 1)
        }
        let (z, a) = (TestLake.path("z"), TestLake.path("a"))
        #expect(places == ["\(z) 0 2", "\(z) 2 2", "\(z) 4 1", "\(a) 0 1"])
        #expect(try await lake.liveRows() == ["1 1", "2 2", "3 3", "4 4", "5 5", "6 6"])
    }

    @Test("a column added later is NULL in older files")
    func addedColumn() async throws {
        let lake = try TestLake(fields: [TestLake.id])
        try await lake.commit(data: [lake.write("old", [TestLake.id], [longs([1, 2])])])
        try lake.setFields([TestLake.id, TestLake.name])
        try await lake.commit(data: [lake.rows("new", [3])])
        #expect(try await lake.liveRows() == ["1 NULL", "2 NULL", "3 3"])
    }

    @Test("a column widened from int to long reads as long from both kinds of files")
    func promotion() async throws {
        let narrow = SchemaField(id: 1, name: "id", type: .int, isRequired: true)
        let lake = try TestLake(fields: [narrow, TestLake.name])
        try await lake.commit(
            data: [
                lake.write("narrow", [narrow, TestLake.name], [ints([-7]), strings(["seven"])])
            ]
        )
        try lake.setFields([TestLake.id, TestLake.name])
        try await lake.commit(data: [lake.rows("wide", [1 << 40])])
        #expect(try await lake.liveRows() == ["-7 seven", "1099511627776 1099511627776"])
    }

    @Test("only the bytes of the columns asked for are read")
    func columnsAskedFor() async throws {
        let lake = try TestLake()
        // Noise, so that the payload stays large when it is compressed.
        var state: UInt64 = 1
        let noise = (0..<20_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return String(state, radix: 36) + String(state &* 0x9E37_79B9, radix: 36)
        }
        let file = try await lake.write(
            "wide",
            [TestLake.id, TestLake.name],
            [longs((0..<20_000).map { $0 }), strings(noise)]
        )
        try await lake.commit(data: [file])
        let counting = CountingStore(base: lake.store)
        try await TableScan(table: lake.metadata, store: counting)
            .forEachBatch(fields: [TestLake.id]) { _ in }
        let read = counting.bytesRead(of: file.path)
        #expect(file.fileSizeBytes > 350_000)
        #expect(read > 0 && read < 65_536 + 8 * 20_000 + 1_000)
    }

    @Test("files of other formats are refused by name")
    func otherFormat() async throws {
        let lake = try TestLake()
        var file = try await lake.rows("orc", [1])
        file.format = "ORC"
        try await lake.commit(data: [file])
        await #expect(
            throws: FormatError(file: file.path, "its format is ORC; only Parquet is read")
        ) { try await lake.liveRows() }
    }
}

@Suite("TableScan.fetchRows")
struct FetchRowsTests {
    @Test("gives the cells at the rows asked for, across row groups, twice where asked twice")
    func rows() async throws {
        let lake = try TestLake()
        let file = try await lake.rows("a", [10, 11, 12, 13, 14], prefix: "n", rowGroupRows: 2)
        let missing = SchemaField(id: 9, name: "later", type: .int, isRequired: false)
        let columns = try await TableScan.fetchRows(
            filePath: file.path,
            positions: [1, 1, 4],
            fields: [TestLake.name, missing],
            store: lake.store
        )
        #expect((0..<3).map { columns[0].string(at: $0) } == ["n11", "n11", "n14"])
        #expect(columns[1].rowCount == 3)
        #expect(columns[1].nullCount == 3)
    }

    @Test("a row that the file does not have is an error with both numbers")
    func beyondTheEnd() async throws {
        let lake = try TestLake()
        let file = try await lake.rows("a", [10, 11])
        await #expect(
            throws: FormatError(
                file: file.path,
                "row 2 was asked for, the file has 2 rows"
            )
        ) {
            try await TableScan.fetchRows(
                filePath: file.path,
                positions: [0, 2],
                fields: [TestLake.name],
                store: lake.store
            )
        }
    }

    @Test("a file too short to be Parquet is an error with both numbers")
    func notParquet() async throws {
        let store = MemoryObjectStore()
        try await store.put("mem:/short", [1, 2, 3])
        await #expect(
            throws: FormatError(
                file: "mem:/short",
                "it has 3 bytes, the shortest Parquet ending has 8"
            )
        ) {
            try await TableScan.fetchRows(
                filePath: "mem:/short",
                positions: [0],
                fields: [TestLake.name],
                store: store
            )
        }
    }
}
