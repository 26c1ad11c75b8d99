import Iceberg
import Puffin
import TableModel
import Testing

@testable import TableScan

@Suite("Rows that were deleted by key")
struct RowsDeletedByKeyTests {
    private func rows(_ found: RowsDeletedByKey) -> [String: [Int]] {
        Dictionary(
            uniqueKeysWithValues: found.rows.map {
                (String($0.key.dropLast(".parquet".count).suffix(1)), $0.value.positions())
            }
        )
    }

    @Test("are told by position, file by file, with what else is deleted there")
    func positions() async throws {
        let lake = try TestLake()
        try await lake.commit(
            data: [
                lake.rows("a", [10, 11, 12, 13, 14], rowGroupRows: 2), lake.rows("b", [20, 21]),
                lake.rows("c", [30, 31]),
            ]
        )
        try await lake.commit(
            deletes: [
                // The first row group of a is dead already; one row of c is.
                lake.positionDeletes("p", [("a", 0), ("a", 1)], referencedDataFile: "a"),
                lake.positionDeletes("q", [("c", 1)], referencedDataFile: "c"),
            ]
        )
        try await lake.commit(
            data: [lake.rows("d", [13])],
            deletes: [lake.equalityDeletes("e", [TestLake.id], [longs([10, 13, 20, 21, 99])])]
        )
        let found = try await lake.scan.rowsDeletedByKey()
        #expect(found.deleteFiles.map(\.path) == [TestLake.path("e")])
        #expect(found.olderDataFiles == Set(["a", "b", "c"].map(TestLake.path)))
        #expect(rows(found) == ["a": [0, 1, 3], "b": [0, 1]])
    }

    @Test("are none of a file that is as new as the delete, and of a table without such deletes")
    func none() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [10])])
        #expect(try await lake.scan.rowsDeletedByKey().deleteFiles.isEmpty)
        try await lake.commit(
            deletes: [lake.equalityDeletes("e", [TestLake.id], [longs([99])])]
        )
        let found = try await lake.scan.rowsDeletedByKey()
        #expect(found.olderDataFiles == [TestLake.path("a")])
        #expect(found.rows.isEmpty)
    }

    @Test("are found by whatever columns the deletes go, NULL equal to NULL")
    func otherColumns() async throws {
        let lake = try TestLake()
        let file = try await lake.write(
            "a",
            [TestLake.id, TestLake.name],
            [longs([1, 2, 3, 4]), strings(["x", nil, "y", "x"])]
        )
        try await lake.commit(data: [file])
        try await lake.commit(
            data: [lake.rows("b", [2])],
            deletes: [
                lake.equalityDeletes("e", [TestLake.id], [longs([2, 3])]),
                lake.equalityDeletes("f", [TestLake.name], [strings([nil, "x"])]),
            ]
        )
        let found = try await lake.scan.rowsDeletedByKey()
        #expect(Set(found.deleteFiles.map(\.path)) == Set(["e", "f"].map(TestLake.path)))
        #expect(rows(found) == ["a": [0, 1, 2, 3]])
    }
}
