import Diagnostics
import Iceberg
import ObjectStore
import TableModel
import TestKit
import Testing

@Suite("SnapshotProducer")
struct SnapshotProducerTests {
    let store = MemoryObjectStore()

    /// Name, data sequence number and snapshot of every live file, by name.
    func live(_ table: TableMetadata) async throws -> [String: (Int64, Int64)] {
        let files = try await table.liveFiles(store: store)
        return Dictionary(
            uniqueKeysWithValues: (files.dataFiles + files.deleteFiles).map {
                ($0.file.name, ($0.dataSequenceNumber, $0.snapshotID))
            }
        )
    }

    @Test("the first snapshot appends, has no parent, and counts from one")
    func firstSnapshot() async throws {
        let produced = try await SnapshotProducer.produce(
            base: try emptyTable(),
            delta: RowDelta(dataFiles: [dataFile("a")], summaryProperties: ["frazil.epoch": "4"]),
            store: store,
            fileNamePrefix: "pipe",
            newSnapshotID: 12,
            nowMilliseconds: 2000
        )
        #expect(produced.snapshot.snapshotID == 12)
        #expect(produced.snapshot.parentSnapshotID == nil)
        #expect(produced.snapshot.sequenceNumber == 1)
        #expect(produced.snapshot.timestampMilliseconds == 2000)
        #expect(produced.snapshot.schemaID == 0)
        #expect(produced.writtenFiles.sorted() == store.paths)
        #expect(store.paths.allSatisfy { $0.hasPrefix("file:///lake/orders/metadata/pipe-") })
        #expect(produced.snapshot.summary.operation == .append)
        #expect(
            produced.snapshot.summary.properties == [
                "frazil.epoch": "4", "added-data-files": "1", "added-records": "10",
                "added-files-size": "100", "changed-partition-count": "1",
                "total-data-files": "1", "total-records": "10", "total-files-size": "100",
                "total-delete-files": "0", "total-position-deletes": "0",
                "total-equality-deletes": "0",
            ]
        )
        #expect(
            produced.requirements.last == .assertReferenceSnapshotID(reference: "main", nil)
        )
    }

    @Test("a branch keeps its retention settings when a snapshot moves it")
    func retention() async throws {
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        table.refs["main"]?.minSnapshotsToKeep = 9
        table = try await table.committing(RowDelta(dataFiles: [dataFile("b")]), to: store)
        #expect(table.refs["main"]?.minSnapshotsToKeep == 9)
        #expect(table.refs["main"]?.snapshotID == table.currentSnapshotID)
    }

    @Test("a snapshot is never older than the table")
    func clockSetBack() async throws {
        let table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store,
            nowMilliseconds: 1
        )
        #expect(table.currentSnapshot?.timestampMilliseconds == 1000)
    }

    @Test("the operation follows from the files")
    func operations() async throws {
        var table = try emptyTable()
        let deltas: [(RowDelta, SnapshotSummary.Operation)] = [
            (RowDelta(dataFiles: [dataFile("a")]), .append),
            (RowDelta(), .append),
            (RowDelta(deleteFiles: [positionDeletes("p")]), .delete),
            (RowDelta(dataFiles: [dataFile("b")], deleteFiles: [equalityDeletes("e")]), .overwrite),
            (RowDelta(dataFiles: [dataFile("c")], removedPaths: [dataFile("b").path]), .overwrite),
            (
                RowDelta(
                    dataFiles: [dataFile("d")],
                    removedPaths: [dataFile("c").path],
                    operation: .replace
                ), .replace
            ),
            (RowDelta(replacesAllFiles: true), .delete),
        ]
        for (delta, operation) in deltas {
            table = try await table.committing(delta, to: store)
            #expect(table.currentSnapshot?.summary.operation == operation)
        }
    }

    @Test("replacing all files leaves them as DELETED entries once, then not at all")
    func replacesAll() async throws {
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")], deleteFiles: [positionDeletes("p")]),
            to: store
        )
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("b", rows: 7)], replacesAllFiles: true),
            to: store
        )
        #expect(try await live(table).keys.sorted() == ["b"])
        let summary = try #require(table.currentSnapshot?.summary)
        #expect(summary.operation == .overwrite)
        #expect(summary["deleted-data-files"] == "1")
        #expect(summary["deleted-records"] == "10")
        #expect(summary["removed-delete-files"] == "1")
        #expect(summary["removed-position-deletes"] == "2")
        #expect(summary["removed-files-size"] == "120")
        #expect(summary["total-data-files"] == "1")
        #expect(summary["total-records"] == "7")
        #expect(summary["total-delete-files"] == "0")
        var manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.count == 3)
        #expect(manifests.compactMap(\.deleted?.files).reduce(0, +) == 2)
        table = try await table.committing(RowDelta(dataFiles: [dataFile("c")]), to: store)
        manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.count == 2)
        #expect(try await live(table).keys.sorted() == ["b", "c"])
    }

    @Test("removing some files keeps the others with their numbers")
    func removesSome() async throws {
        let first = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
            to: store
        )
        let table = try await first.committing(
            RowDelta(dataFiles: [dataFile("c")], removedPaths: [dataFile("a").path]),
            to: store
        )
        let files = try await live(table)
        #expect(files.keys.sorted() == ["b", "c"])
        #expect(files["b"]?.0 == 1)
        #expect(files["b"]?.1 == first.currentSnapshotID)
        #expect(files["c"]?.0 == 2)
    }

    @Test("removing a file that is not live is a conflict, and leaves no files behind")
    func removesMissing() async throws {
        let table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        let before = store.paths
        let error = await #expect(throws: SnapshotError.self) {
            try await table.committing(
                RowDelta(removedPaths: [dataFile("a").path, dataFile("x").path]),
                to: store
            )
        }
        #expect(error?.kind == .conflict)
        #expect(
            error?.message
                == "1 of 2 files to remove are not in file:///lake/orders any more, "
                + "file:///lake/orders/data/x among them"
        )
        #expect(store.paths == before)
    }

    @Test("after many commits manifests are few, and every file kept its numbers and snapshot")
    func merging() async throws {
        var table = try emptyTable()
        var expected: [String: (Int64, Int64)] = [:]
        for number in 1...230 {
            table = try await table.committing(
                RowDelta(
                    dataFiles: [dataFile("d\(number)")],
                    deleteFiles: [equalityDeletes("e\(number)")]
                ),
                to: store
            )
            for name in ["d\(number)", "e\(number)"] {
                expected[name] = (Int64(number), try #require(table.currentSnapshotID))
            }
        }
        let manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.count <= 2 * (SnapshotProducer.smallManifestsMax + 1))
        #expect(manifests.filter { ($0.existing?.files ?? 0) > 1 }.count == 2)
        #expect(
            manifests.filter { ($0.existing?.files ?? 0) > 1 }.allSatisfy {
                $0.minSequenceNumber == 1
            }
        )
        let files = try await live(table)
        #expect(files.count == expected.count)
        for (name, numbers) in expected {
            #expect(files[name]?.0 == numbers.0, "sequence number of \(name)")
            #expect(files[name]?.1 == numbers.1, "snapshot of \(name)")
        }
    }

    @Test("totals equal what the manifests hold, after a hundred commits of all kinds")
    func totals() async throws {
        var table = try emptyTable()
        var generator = SeededGenerator(seed: 42)
        for number in 0..<100 {
            var delta = RowDelta()
            if generator.next() % 4 != 0 {
                delta.dataFiles = [dataFile("d\(number)", rows: Int64(generator.next() % 50))]
            }
            if generator.next() % 2 == 0 {
                delta.deleteFiles = [positionDeletes("p\(number)"), equalityDeletes("e\(number)")]
            }
            if generator.next() % 3 == 0 {
                let files = try await table.liveFiles(store: store)
                let all = (files.dataFiles + files.deleteFiles).map(\.file.path).sorted()
                if !all.isEmpty {
                    delta.removedPaths = [all[Int(generator.next() % UInt64(all.count))]]
                }
            }
            delta.replacesAllFiles = generator.next() % 40 == 0
            table = try await table.committing(delta, to: store)
        }
        let files = try await table.liveFiles(store: store)
        let summary = try #require(table.currentSnapshot?.summary)
        let deletes = files.deleteFiles.map(\.file)
        func rows(_ content: DataFile.Content) -> Int64 {
            deletes.filter { $0.content == content }.map(\.recordCount).reduce(0, +)
        }
        let all = files.dataFiles.map(\.file) + deletes
        #expect(summary["total-data-files"] == String(files.dataFiles.count))
        #expect(summary["total-delete-files"] == String(deletes.count))
        #expect(
            summary["total-records"]
                == String(files.dataFiles.map(\.file.recordCount).reduce(0, +))
        )
        #expect(summary["total-position-deletes"] == String(rows(.positionDeletes)))
        #expect(summary["total-equality-deletes"] == String(rows(.equalityDeletes)))
        #expect(summary["total-files-size"] == String(all.map(\.fileSizeBytes).reduce(0, +)))
        #expect(files.dataFiles.count > 5)
    }

    @Test("totals that a foreign snapshot left out are counted from its manifests")
    func missingTotals() async throws {
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")], deleteFiles: [positionDeletes("p")]),
            to: store
        )
        table.snapshots[0].summary["total-records"] = nil
        table = try await table.committing(RowDelta(dataFiles: [dataFile("b")]), to: store)
        #expect(table.currentSnapshot?.summary["total-records"] == "20")
        #expect(table.currentSnapshot?.summary["total-position-deletes"] == "2")
        #expect(table.currentSnapshot?.summary["total-files-size"] == "220")
    }

    @Test("a store that fails half-way is left without the attempt's files")
    func failingStore() async throws {
        let failing = FailingStore(files: store, failsAtCreate: 3)
        await #expect(throws: StoreError.self) {
            try await emptyTable().committing(
                RowDelta(dataFiles: [dataFile("a")], deleteFiles: [positionDeletes("p")]),
                to: failing
            )
        }
        #expect(store.paths == [])
    }

    @Test("files that do not fit the table are refused before anything is written")
    func refusals() async throws {
        var partitioned = try emptyTable()
        partitioned.partitionSpecs = [
            PartitionSpec(
                specID: 0,
                fields: [
                    PartitionField(
                        sourceIDs: [1],
                        fieldID: 1000,
                        name: "day",
                        transform: .identity
                    )
                ]
            )
        ]
        let table = try emptyTable()
        let cases: [(TableMetadata, RowDelta, String)] = [
            (
                partitioned, RowDelta(dataFiles: [dataFile("a")]),
                "file:///lake/orders/data/a has no partition value for day of spec 0"
            ),
            (
                table, RowDelta(dataFiles: [dataFile("a"), dataFile("a")]),
                "file:///lake/orders/data/a is added twice"
            ),
            (
                table, RowDelta(dataFiles: [positionDeletes("p")]),
                "file:///lake/orders/data/p is a delete file among the data files"
            ),
            (
                table, RowDelta(deleteFiles: [dataFile("a")]),
                "file:///lake/orders/data/a is a data file among the delete files"
            ),
            (
                table, RowDelta(dataFiles: [dataFile("a")], schemaID: 6),
                "no schema of file:///lake/orders has the id 6"
            ),
        ]
        for (table, delta, message) in cases {
            let error = await #expect(throws: SnapshotError.self) {
                try await table.committing(delta, to: store)
            }
            #expect(error == SnapshotError(.unusable, message))
        }
        #expect(store.paths == [])
    }
}

/// A store on which the creation of one file fails.
final class FailingStore: WrappingObjectStore, @unchecked Sendable {
    let files: MemoryObjectStore
    /// Counted down by the one task that uses the store.
    private var createsLeft: Int

    init(files: MemoryObjectStore, failsAtCreate: Int) {
        self.files = files
        createsLeft = failsAtCreate
    }

    func create(_ path: String) async throws -> any ObjectUpload {
        createsLeft -= 1
        guard createsLeft > 0 else { throw StoreError(.full, "no space") }
        return try await files.create(path)
    }

    var wrapped: any ObjectStore { files }
}
