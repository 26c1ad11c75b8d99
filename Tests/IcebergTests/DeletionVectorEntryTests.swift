import Iceberg
import ObjectStore
import TableModel
import TestKit
import Testing

/// A deletion vector in a Puffin file that several share.
func vector(of name: String, offset: Int64, rows: Int64 = 2, file: String = "v.puffin") -> DataFile
{
    .deletionVector(
        of: dataFile(name),
        puffinPath: "file:///lake/orders/data/\(file)",
        fileSizeBytes: 1000,
        offset: offset,
        sizeBytes: 40,
        deletedRows: rows
    )
}

@Suite("Deletion vectors in snapshots")
struct DeletionVectorEntryTests {
    let store = MemoryObjectStore()

    func tableWithVectors() async throws -> TableMetadata {
        var table = try await emptyTable(["format-version": "3"]).committing(
            RowDelta(dataFiles: ["a", "b", "c"].map { dataFile($0) }),
            to: store
        )
        table = try await table.committing(
            RowDelta(
                deleteFiles: [vector(of: "a", offset: 4), vector(of: "b", offset: 44)],
                basis: .snapshot(table.currentSnapshotID)
            ),
            to: store
        )
        return table
    }

    /// Data file, Puffin file, offset and deleted rows of each live vector.
    func vectors(_ table: TableMetadata) async throws -> [String] {
        try await table.liveFiles(store: store).deleteFiles.map { live in
            let data = live.file.referencedDataFile?.split(separator: "/").last ?? ""
            return "\(data) \(live.file.name) \(live.file.contentOffset ?? -1) "
                + "\(live.file.contentSizeBytes ?? -1) \(live.file.recordCount)"
        }.sorted()
    }

    @Test("vectors of one Puffin file are entries of their own, and counted as such")
    func sharedFile() async throws {
        let table = try await tableWithVectors()
        #expect(try await vectors(table) == ["a v.puffin 4 40 2", "b v.puffin 44 40 2"])
        let summary = try #require(table.currentSnapshot?.summary)
        #expect(summary.operation == .delete)
        #expect(summary["added-dvs"] == "2")
        #expect(summary["added-delete-files"] == "2")
        #expect(summary["added-position-delete-files"] == nil)
        #expect(summary["added-position-deletes"] == "4")
        #expect(summary["added-files-size"] == "80")
        #expect(summary["total-delete-files"] == "2")
    }

    @Test("a vector takes the place of its data file's old one, and of no other in the same file")
    func replaced() async throws {
        var table = try await tableWithVectors()
        let old = try await table.liveFiles(store: store).deleteFiles.first {
            $0.file.referencedDataFile == dataFile("a").path
        }
        var delta = RowDelta(
            deleteFiles: [vector(of: "a", offset: 4, rows: 5, file: "w.puffin")],
            basis: .snapshot(table.currentSnapshotID)
        )
        delta.remove(try #require(old))
        #expect(delta.removedPaths.isEmpty)
        table = try await table.committing(delta, to: store)
        #expect(try await vectors(table) == ["a w.puffin 4 40 5", "b v.puffin 44 40 2"])
        let summary = try #require(table.currentSnapshot?.summary)
        #expect(summary["removed-dvs"] == "1")
        #expect(summary["removed-position-deletes"] == "2")
        #expect(summary["total-position-deletes"] == "7")
        #expect(summary["total-files-size"] == "380")
    }

    @Test("a second vector of a data file is a conflict, unless it replaces the first")
    func second() async throws {
        let table = try await tableWithVectors()
        let error = await #expect(throws: SnapshotError.self) {
            try await table.committing(
                RowDelta(deleteFiles: [vector(of: "a", offset: 4, file: "w.puffin")]),
                to: store
            )
        }
        #expect(
            error
                == SnapshotError(
                    .conflict,
                    "file:///lake/orders/data/a of file:///lake/orders has a deletion vector that "
                        + "is not to be replaced"
                )
        )
    }

    @Test("a data file's vector goes with it")
    func dataFileGoes() async throws {
        let table = try await tableWithVectors().committing(
            RowDelta(removedPaths: [dataFile("b").path]),
            to: store
        )
        #expect(try await vectors(table) == ["a v.puffin 4 40 2"])
        #expect(table.currentSnapshot?.summary["removed-dvs"] == "1")
    }

    @Test("a vector that is not live cannot be removed")
    func missing() async throws {
        let table = try await tableWithVectors()
        let error = await #expect(throws: SnapshotError.self) {
            try await table.committing(
                RowDelta(removedVectors: [vector(of: "a", offset: 5).key]),
                to: store
            )
        }
        #expect(error?.kind == .conflict)
    }

    @Test("a vector replaces the position delete files that an upgraded table has")
    func upgradedTable() async throws {
        var table = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
            to: store
        )
        var deletes = positionDeletes("p")
        deletes.referencedDataFile = dataFile("a").path
        table = try await table.committing(
            RowDelta(deleteFiles: [deletes, positionDeletes("shared")]),
            to: store
        )
        table = try table.applying(
            [.upgradeFormatVersion(3)],
            requirements: [],
            nowMilliseconds: 3000
        )
        table = try await table.committing(
            RowDelta(deleteFiles: [vector(of: "a", offset: 4)], removedPaths: [deletes.path]),
            to: store
        )
        #expect(
            try await vectors(table) == [" shared -1 -1 2", "a v.puffin 4 40 2"]
        )
    }

    @Test("each format version has its own deletes by position")
    func versions() async throws {
        let three = try emptyTable(["format-version": "3"])
        let cases: [(TableMetadata, DataFile, String)] = [
            (
                three, positionDeletes("p"),
                "file:///lake/orders/data/p is a PARQUET file; deletes by position are deletion "
                    + "vectors in format version 3"
            ),
            (
                try emptyTable(), vector(of: "a", offset: 4),
                "file:///lake/orders/data/v.puffin is a PUFFIN file; deletes by position are "
                    + "Parquet files in format version 2"
            ),
        ]
        for (table, file, message) in cases {
            let error = await #expect(throws: SnapshotError.self) {
                try await table.committing(RowDelta(deleteFiles: [file]), to: store)
            }
            #expect(error == SnapshotError(.unusable, message))
        }
        var nameless = vector(of: "a", offset: 4)
        nameless.referencedDataFile = nil
        let twice = [vector(of: "a", offset: 4), vector(of: "a", offset: 44)]
        for files in [[nameless], twice] {
            let error = await #expect(throws: SnapshotError.self) {
                try await three.committing(RowDelta(deleteFiles: files), to: store)
            }
            #expect(error?.kind == .unusable)
        }
    }

    @Test("totals equal what the manifests hold, after a hundred commits with vectors")
    func totals() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var table = try emptyTable(["format-version": "3"])
        for number in 0..<100 {
            let live = try await table.liveFiles(store: store)
            var delta = RowDelta(
                dataFiles: [dataFile("d\(number)", rows: Int64(10 + generator.next() % 50))],
                basis: .snapshot(table.currentSnapshotID)
            )
            let chosen = live.dataFiles.filter { _ in generator.next() % 3 == 0 }
            for (index, data) in chosen.enumerated() {
                let old = live.deleteFiles.first { $0.file.referencedDataFile == data.file.path }
                if let old { delta.remove(old) }
                if generator.next() % 5 == 0 {
                    if let old { delta.removedVectors.remove(old.file.key) }
                    delta.remove(data)
                    continue
                }
                delta.deleteFiles.append(
                    vector(
                        of: data.file.name,
                        offset: Int64(4 + 40 * index),
                        rows: Int64(1 + generator.next() % 9),
                        file: "v\(number).puffin"
                    )
                )
            }
            table = try await table.committing(delta, to: store)
        }
        let files = try await table.liveFiles(store: store)
        let summary = try #require(table.currentSnapshot?.summary)
        let data = files.dataFiles.map(\.file)
        let deletes = files.deleteFiles.map(\.file)
        let size =
            data.map(\.fileSizeBytes).reduce(0, +)
            + deletes.compactMap(\.contentSizeBytes).reduce(0, +)
        #expect(summary["total-data-files"] == String(data.count), "seed \(seed)")
        #expect(summary["total-delete-files"] == String(deletes.count), "seed \(seed)")
        #expect(
            summary["total-position-deletes"]
                == String(deletes.map(\.recordCount).reduce(0, +)),
            "seed \(seed)"
        )
        #expect(summary["total-files-size"] == String(size), "seed \(seed)")
        #expect(
            Set(deletes.compactMap(\.referencedDataFile)).count == deletes.count,
            "one vector a data file, seed \(seed)"
        )
        #expect(
            Set(deletes.compactMap(\.referencedDataFile)).isSubset(of: data.map(\.path)),
            "vectors of live files only, seed \(seed)"
        )
        #expect(deletes.count > 5)
    }
}
