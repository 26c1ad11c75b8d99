import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("Changes between snapshots")
struct SnapshotChangesTests {
    let store = MemoryObjectStore()

    @Test("each snapshot says what it added and removed, oldest first")
    func changes() async throws {
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
            to: store
        )
        let start = table.currentSnapshotID
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("c")], deleteFiles: [equalityDeletes("e")]),
            to: store
        )
        table = try await table.committing(
            RowDelta(
                dataFiles: [dataFile("ab")],
                removedPaths: [dataFile("a").path, dataFile("b").path],
                operation: .replace
            ),
            to: store
        )
        let head = try #require(table.currentSnapshotID)
        let changes = try #require(await table.changes(from: start, to: head, store: store))
        #expect(changes.map { $0.addedDataFiles.map(\.file.name) } == [["c"], ["ab"]])
        #expect(changes.map { $0.removedDataFiles.map(\.name) } == [[], ["a", "b"]])
        #expect(changes.map { $0.addedDeleteFiles.map(\.file.name) } == [["e"], []])
        #expect(changes.map(\.removedDeleteFiles) == [[], []])
        #expect(changes.map(\.changesRows) == [true, false])
        let all = try #require(await table.changes(from: nil, to: head, store: store))
        #expect(all.map { $0.addedDataFiles.map(\.file.name) } == [["a", "b"], ["c"], ["ab"]])
        #expect(try #require(await table.changes(from: head, to: head, store: store)).isEmpty)
    }

    @Test("manifests that were merged since do not hide what a snapshot added")
    func merged() async throws {
        var table = try emptyTable()
        var expected: [[String]] = []
        for number in 0..<130 {
            table = try await table.committing(
                RowDelta(dataFiles: [dataFile("d\(number)")]),
                to: store
            )
            expected.append(["d\(number)"])
        }
        let head = try #require(table.currentSnapshotID)
        let changes = try #require(await table.changes(from: nil, to: head, store: store))
        #expect(changes.map { $0.addedDataFiles.map(\.file.name) } == expected)
    }

    @Test("only manifests that the snapshots added are read")
    func reads() async throws {
        var table = try emptyTable()
        for number in 0..<20 {
            table = try await table.committing(
                RowDelta(dataFiles: [dataFile("d\(number)")]),
                to: store
            )
        }
        let ids = table.ancestorSnapshotIDs()
        let counting = ReadCountingStore(files: store)
        _ = try await table.changes(from: ids[2], to: ids[0], store: counting)
        // Two lists and one manifest of each.
        #expect(counting.paths.count == 4)
    }

    @Test("a snapshot that is no ancestor gives no changes")
    func noAncestor() async throws {
        var table = try emptyTable()
        for name in ["a", "b", "c"] {
            table = try await table.committing(RowDelta(dataFiles: [dataFile(name)]), to: store)
        }
        let ids = table.ancestorSnapshotIDs()
        #expect(try await table.changes(from: ids[0], to: ids[1], store: store) == nil)
        #expect(try await table.changes(from: 5, to: ids[0], store: store) == nil)
        #expect(try await table.changes(from: nil, to: 5, store: store) == nil)
        table.snapshots.removeFirst()
        #expect(try await table.changes(from: nil, to: ids[0], store: store) == nil)
        #expect(try await table.changes(from: ids[1], to: ids[0], store: store)?.count == 1)
    }
}
