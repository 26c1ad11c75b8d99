import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("Overwrite and replace")
struct OverwriteAndReplaceTests {
    let store = MemoryObjectStore()

    /// The entries of the current snapshot: `name status data-sequence file-sequence`, and whose.
    func entries(_ table: TableMetadata) async throws -> [String] {
        var lines: [String] = []
        for manifest in try await table.manifests(of: table.currentSnapshot, store: store) {
            for entry in try await ManifestReader.read(manifest, store: store).entries {
                let number = table.snapshots.firstIndex { $0.snapshotID == entry.snapshotID }
                lines.append(
                    "\(entry.file.name) \(entry.status) \(entry.dataSequenceNumber ?? -1) "
                        + "\(entry.fileSequenceNumber ?? -1) by \((number ?? -2) + 1)"
                )
            }
        }
        return lines.sorted()
    }

    /// Two data files, the second of them in a manifest with a third.
    func table(version: String = "2") async throws -> TableMetadata {
        try await emptyTable(["format-version": version])
            .committing(RowDelta(dataFiles: [dataFile("a", rows: 10, bytes: 100)]), to: store)
            .committing(
                RowDelta(
                    dataFiles: [
                        dataFile("b", rows: 20, bytes: 200), dataFile("c", rows: 40, bytes: 400),
                    ]
                ),
                to: store
            )
    }

    func files(_ names: String..., in table: TableMetadata) async throws -> [LiveFile] {
        try await table.liveFiles(store: store).dataFiles.filter { names.contains($0.file.name) }
    }

    @Test("an overwrite changes rows: what comes is new, what stays keeps its numbers")
    func overwrite() async throws {
        var table = try await table()
        table = try await table.committing(
            .overwrite(
                of: try await files("a", "b", in: table),
                as: [dataFile("d", rows: 25, bytes: 250)],
                basis: .snapshot(table.currentSnapshotID)
            ),
            to: store
        )
        #expect(
            try await entries(table) == [
                "a deleted 1 1 by 3", "b deleted 2 2 by 3", "c existing 2 2 by 2",
                "d added 3 3 by 3",
            ]
        )
        #expect(
            table.currentSnapshot?.summary
                == SnapshotSummary(
                    operation: .overwrite,
                    properties: [
                        "added-data-files": "1", "added-records": "25", "added-files-size": "250",
                        "deleted-data-files": "2", "deleted-records": "30",
                        "removed-files-size": "300", "changed-partition-count": "1",
                        "total-data-files": "2", "total-delete-files": "0", "total-records": "65",
                        "total-files-size": "650", "total-position-deletes": "0",
                        "total-equality-deletes": "0",
                    ]
                )
        )
    }

    @Test("an overwrite that leaves no rows is a delete")
    func overwriteWithNothing() async throws {
        let table = try await table()
        let delta = RowDelta.overwrite(
            of: try await files("a", in: table),
            as: [],
            basis: .snapshot(table.currentSnapshotID)
        )
        let after = try await table.committing(delta, to: store)
        #expect(after.currentSnapshot?.summary.operation == .delete)
    }

    @Test("a replace changes no rows: the new file is as old as what was read")
    func replace() async throws {
        var table = try await table()
        let read = table
        // Nobody read this one, and its rows are newer than the rewrite.
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("e", rows: 1, bytes: 10)]),
            to: store
        )
        table = try await table.committing(
            .rewrite(
                of: try await files("a", "b", in: table),
                as: [dataFile("ab", rows: 30, bytes: 210)],
                dataSequenceNumber: read.lastSequenceNumber
            ),
            to: store
        )
        #expect(
            try await entries(table) == [
                "a deleted 1 1 by 4", "ab added 2 4 by 4", "b deleted 2 2 by 4",
                "c existing 2 2 by 2", "e added 3 3 by 3",
            ]
        )
        #expect(
            table.currentSnapshot?.summary
                == SnapshotSummary(
                    operation: .replace,
                    properties: [
                        "added-data-files": "1", "added-records": "30", "added-files-size": "210",
                        "deleted-data-files": "2", "deleted-records": "30",
                        "removed-files-size": "300", "changed-partition-count": "1",
                        "total-data-files": "3", "total-delete-files": "0", "total-records": "71",
                        "total-files-size": "620", "total-position-deletes": "0",
                        "total-equality-deletes": "0",
                    ]
                )
        )
    }

    @Test("a partition that is overwritten says so, and is refused when it got rows meanwhile")
    func overwrittenPartitions() async throws {
        var table = try PartitionedTableTests().table()
        func file(_ name: String, _ region: String) -> DataFile {
            PartitionedTableTests().file(name, in: region)
        }
        table = try await table.committing(
            RowDelta(dataFiles: [file("a", "eu"), file("b", "us")]),
            to: store
        )
        let delta = RowDelta.overwrite(
            with: [file("c", "eu")],
            basis: .snapshot(table.currentSnapshotID)
        )
        let after = try await table.committing(delta, to: store)
        #expect(after.currentSnapshot?.summary.operation == .overwrite)
        #expect(after.currentSnapshot?.summary["replace-partitions"] == "true")
        #expect(
            try await after.liveFiles(store: store).dataFiles.map(\.file.name).sorted()
                == ["b", "c"]
        )
        let elsewhere = try await table.committing(
            RowDelta(dataFiles: [file("x", "us")]),
            to: store
        )
        _ = try await elsewhere.committing(delta, to: store)
        let rewritten = try await table.committing(
            .rewrite(
                of: try await files("a", in: table),
                as: [file("a2", "eu")],
                dataSequenceNumber: 1
            ),
            to: store
        )
        _ = try await rewritten.committing(delta, to: store)
        let hit = try await table.committing(RowDelta(dataFiles: [file("x", "eu")]), to: store)
        let error = await #expect(throws: SnapshotError.self) {
            try await hit.committing(delta, to: store)
        }
        #expect(error?.kind == .conflict)
        #expect(
            error?.message.hasSuffix(
                "added file:///lake/orders/data/x to a partition that is replaced"
            ) == true
        )
        var blind = delta
        blind.basis = .unknown
        let all = try await hit.committing(blind, to: store)
        #expect(
            try await all.liveFiles(store: store).dataFiles.map(\.file.name).sorted()
                == ["b", "c"]
        )
    }

    @Test("an operation is refused that the files belie")
    func belied() async throws {
        let table = try await table()
        func refusal(_ delta: RowDelta) async throws -> String? {
            let before = store.paths
            let error = await #expect(throws: SnapshotError.self) {
                try await table.committing(delta, to: store)
            }
            #expect(error?.kind == .unusable)
            #expect(store.paths == before)
            return error?.message
        }
        let (a, d) = (dataFile("a").path, dataFile("d", rows: 11))
        #expect(
            try await refusal(RowDelta(removedPaths: [a], operation: .append))
                == "a snapshot that takes rows away is no append"
        )
        #expect(
            try await refusal(RowDelta(deleteFiles: [equalityDeletes("e")], operation: .append))
                == "a snapshot that takes rows away is no append"
        )
        #expect(
            try await refusal(RowDelta(dataFiles: [d], removedPaths: [a], operation: .delete))
                == "a snapshot that adds data files is no delete"
        )
        #expect(
            try await refusal(RowDelta(dataFiles: [d], operation: .replace))
                == "a snapshot that takes no files away is no replace"
        )
        #expect(
            try await refusal(
                RowDelta(
                    deleteFiles: [equalityDeletes("e")],
                    removedPaths: [a],
                    operation: .replace
                )
            ) == "a snapshot that deletes rows by their values is no replace"
        )
        #expect(
            try await refusal(RowDelta(dataFiles: [d], removedPaths: [a], operation: .replace))
                == "11 rows are to take the place of 10 in file:///lake/orders, which is no replace"
        )
    }

    @Test(
        "a rewrite is refused when deletes by position came later, though nobody told its basis",
        arguments: ["2", "3"]
    )
    func laterDeletes(version: String) async throws {
        let read = try await table(version: version)
        var named = version == "3" ? vector(of: "a", offset: 4) : positionDeletes("p")
        named.referencedDataFile = dataFile("a").path
        let table = try await read.committing(RowDelta(deleteFiles: [named]), to: store)
        func rewrite(_ name: String, number: Int64) async throws -> RowDelta {
            .rewrite(
                of: try await files(name, in: table),
                as: [dataFile("new", rows: 10)],
                dataSequenceNumber: number
            )
        }
        let error = await #expect(throws: SnapshotError.self) {
            try await table.committing(rewrite("a", number: 2), to: store)
        }
        #expect(error?.kind == .conflict)
        #expect(
            error?.message.hasSuffix(
                "deletes rows of files in file:///lake/orders that are rewritten as of sequence "
                    + "number 2; it has the sequence number 3"
            ) == true
        )
        // Another file's rows are not touched, and rows that were read after the delete are known.
        _ = try await table.committing(rewrite("b", number: 2), to: store)
        let after = try await table.committing(rewrite("a", number: 3), to: store)
        #expect(try await after.liveFiles(store: store).deleteFiles.isEmpty)
        guard version == "2" else { return }
        let shared = try await read.committing(
            RowDelta(deleteFiles: [positionDeletes("shared")]),
            to: store
        )
        await #expect(throws: SnapshotError.self) {
            try await shared.committing(rewrite("b", number: 2), to: store)
        }
    }
}
