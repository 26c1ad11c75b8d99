import Bytes
import Columns
import KeyIndex
import TableModel
import Testing

@testable import TableScan

@Suite("TableScan.rebuildIndex")
struct RebuildIndexTests {
    private func rebuilt(
        _ lake: TestLake,
        _ field: SchemaField
    ) async throws -> (
        places: [String: RowLocation], duplicateKeys: Int, files: [String]
    ) {
        let fingerprinter = KeyFingerprinter(
            keyTypes: [field.type],
            hasher: SipHash128(key0: 1, key1: 2)
        )
        let rebuilt = try await lake.scan.rebuildIndex(
            keyFields: [field],
            fingerprinter: fingerprinter
        )
        var places: [String: RowLocation] = [:]
        for id in Int64(-10)...30 {
            let key = field.type == .string ? strings(["\(id)"]) : longs([id])
            let found = rebuilt.index.locations(of: fingerprinter.fingerprints(of: [key]))
            places["\(id)"] = found[0]
        }
        #expect(places.count == rebuilt.index.count)
        return (places, rebuilt.duplicateKeys, rebuilt.index.filePaths)
    }

    @Test("holds the live rows only, each at its place", arguments: [TestLake.id, TestLake.name])
    func liveRows(key: SchemaField) async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("a", [1, 2, 3, 4, 5], rowGroupRows: 2)])
        try await lake.commit(
            data: [lake.rows("b", [2, 6])],
            deletes: [
                lake.equalityDeletes("eq", [TestLake.id], [longs([2, 6])]),
                lake.positionDeletes("pos", [("a", 4)], referencedDataFile: "a"),
            ]
        )
        let (places, duplicateKeys, files) = try await rebuilt(lake, key)
        #expect(files == [TestLake.path("a"), TestLake.path("b")])
        #expect(
            places == [
                "1": RowLocation(file: 0, position: 0), "3": RowLocation(file: 0, position: 2),
                "4": RowLocation(file: 0, position: 3), "2": RowLocation(file: 1, position: 0),
                "6": RowLocation(file: 1, position: 1),
            ]
        )
        #expect(duplicateKeys == 0)
    }

    @Test("of rows with one key the newest is known, and the others are counted")
    func duplicates() async throws {
        let lake = try TestLake()
        try await lake.commit(data: [lake.rows("z", [1, 2, 2])])
        try await lake.commit(data: [lake.rows("a", [1])])
        let (places, duplicateKeys, files) = try await rebuilt(lake, TestLake.id)
        #expect(files == [TestLake.path("z"), TestLake.path("a")])
        #expect(
            places == [
                "1": RowLocation(file: 1, position: 0), "2": RowLocation(file: 0, position: 2),
            ]
        )
        #expect(duplicateKeys == 2)
    }

    @Test("finds keys written as int after the key became long")
    func promotedKey() async throws {
        let narrow = SchemaField(id: 1, name: "id", type: .int, isRequired: true)
        let lake = try TestLake(fields: [narrow])
        try await lake.commit(data: [lake.write("a", [narrow], [ints([-1, 7])])])
        try lake.setFields([TestLake.id])
        try await lake.commit(data: [lake.write("b", [TestLake.id], [longs([8])])])
        #expect(
            try await rebuilt(lake, TestLake.id).places == [
                "-1": RowLocation(file: 0, position: 0), "7": RowLocation(file: 0, position: 1),
                "8": RowLocation(file: 1, position: 0),
            ]
        )
    }
}

@Suite("RowHasher")
struct RowHasherTests {
    private let hasher = RowHasher(hasher: SipHash128(key0: 3, key1: 4))

    @Test("a row has the same hash in narrow and in wide columns")
    func widening() {
        let narrow = [
            ints([1, nil, -3]), column(.float, [0.5, -0.0, nil] as [Float?]),
            longs([12_345, -1, nil]), strings(["a", nil, ""]),
        ]
        let wide = [
            longs([1, nil, -3]), column(.double, [0.5, -0.0, nil] as [Double?]),
            column(.int128, [12_345, -1, nil] as [Int128?]), strings(["a", nil, ""]),
        ]
        #expect(hasher.hashes(of: narrow) == hasher.hashes(of: wide))
    }

    @Test("rows that differ in a value, a NULL or the place of a value have other hashes")
    func differences() {
        let left = strings(["a", "", nil, nil, "ab", "a", "b"])
        let right = strings(["b", "", "", nil, "c", "bc", "a"])
        #expect(Set(hasher.hashes(of: [left, right])).count == 7)
    }
}
