import Diagnostics
import Iceberg
import ObjectStore
import TableModel
import TestKit
import Testing

@Suite("Row lineage")
struct RowLineageTests {
    let store = MemoryObjectStore()

    func versionThree() throws -> TableMetadata { try emptyTable(["format-version": "3"]) }

    /// The row ids of every live data file, by name.
    func rowIDs(_ table: TableMetadata) async throws -> [String: Int64?] {
        let files = try await table.liveFiles(store: store)
        return Dictionary(
            uniqueKeysWithValues: files.dataFiles.map { ($0.file.name, $0.file.firstRowID) }
        )
    }

    @Test("a snapshot gives its files ids from the table's next one on")
    func assignment() async throws {
        var table = try await versionThree().committing(
            RowDelta(dataFiles: [dataFile("a", rows: 5), dataFile("b", rows: 7)]),
            to: store
        )
        #expect(table.currentSnapshot?.firstRowID == 0)
        #expect(table.currentSnapshot?.addedRows == 12)
        #expect(table.nextRowID == 12)
        #expect(try await rowIDs(table) == ["a": 0, "b": 5])
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("c", rows: 3)]),
            to: store
        )
        #expect(table.currentSnapshot?.firstRowID == 12)
        #expect(table.nextRowID == 15)
        #expect(try await rowIDs(table) == ["a": 0, "b": 5, "c": 12])
    }

    @Test("a snapshot without data files gives out no ids, and says so")
    func noData() async throws {
        var table = try await versionThree().committing(
            RowDelta(dataFiles: [dataFile("a", rows: 5)]),
            to: store
        )
        table = try await table.committing(
            RowDelta(deleteFiles: [equalityDeletes("e")]),
            to: store
        )
        #expect(table.currentSnapshot?.firstRowID == 5)
        #expect(table.currentSnapshot?.addedRows == 0)
        let files = try await table.liveFiles(store: store)
        #expect(files.deleteFiles[0].file.firstRowID == nil)
    }

    @Test("a manifest that is written anew keeps the ids of the files that stay")
    func rewrittenManifest() async throws {
        var table = try await versionThree().committing(
            RowDelta(
                dataFiles: [
                    dataFile("a", rows: 5), dataFile("b", rows: 7), dataFile("c", rows: 2),
                ]
            ),
            to: store
        )
        table = try await table.committing(
            RowDelta(dataFiles: [dataFile("d", rows: 4)], removedPaths: [dataFile("a").path]),
            to: store
        )
        #expect(try await rowIDs(table) == ["b": 5, "c": 12, "d": 14])
        #expect(table.currentSnapshot?.addedRows == 4)
        #expect(table.nextRowID == 18)
    }

    @Test("an attempt after a conflict takes ids that are free then, in the same manifests")
    func retry() async throws {
        let base = try await versionThree().committing(
            RowDelta(dataFiles: [dataFile("a", rows: 5)]),
            to: store
        )
        var pending = PendingSnapshot(
            delta: RowDelta(dataFiles: [dataFile("b", rows: 3)]),
            store: store,
            fileNamePrefix: "p",
            snapshotID: 77
        )
        _ = try await pending.produce(on: base, nowMilliseconds: 9)
        let other = try await base.committing(
            RowDelta(dataFiles: [dataFile("x", rows: 100)]),
            to: store
        )
        let produced = try await pending.produce(on: other, nowMilliseconds: 9)
        #expect(produced.snapshot.firstRowID == 105)
        let table = try other.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 9
        )
        #expect(table.nextRowID == 108)
        #expect(try await rowIDs(table) == ["a": 0, "x": 5, "b": 105])
    }

    @Test("a snapshot that took ids which are gone is a conflict")
    func overtaken() async throws {
        let base = try versionThree()
        let produced = try await SnapshotProducer.produce(
            base: base,
            delta: RowDelta(dataFiles: [dataFile("b", rows: 3)]),
            store: store,
            fileNamePrefix: "p",
            newSnapshotID: 77,
            nowMilliseconds: 9
        )
        var later = base
        later.nextRowID = 2
        let error = #expect(throws: TableUpdateError.self) {
            try later.applying(produced.updates, requirements: [], nowMilliseconds: 9)
        }
        #expect(
            error
                == TableUpdateError(
                    .conflict,
                    "snapshot 77 gives out row ids from 0, the table's next one is 2"
                )
        )
        var without = produced.snapshot
        without.firstRowID = nil
        #expect(throws: TableUpdateError.self) {
            try base.applying([.addSnapshot(without)], requirements: [], nowMilliseconds: 9)
        }
    }

    @Test("the first snapshot after an upgrade gives ids to the files that were there")
    func upgrade() async throws {
        var table = try emptyTable()
        for name in ["a", "b"] {
            table = try await table.committing(
                RowDelta(dataFiles: [dataFile(name, rows: 5)]),
                to: store
            )
        }
        table = try table.applying(
            [.upgradeFormatVersion(3)],
            requirements: [],
            nowMilliseconds: 9
        )
        #expect(table.nextRowID == 0)
        #expect(try await rowIDs(table) == ["a": nil, "b": nil])
        let upgraded = table
        table = try await upgraded.committing(
            RowDelta(dataFiles: [dataFile("c", rows: 2)]),
            to: store
        )
        #expect(try await rowIDs(table) == ["c": 0, "b": 2, "a": 7])
        #expect(table.currentSnapshot?.addedRows == 12)
        // The same where the manifest of old files is written anew in that very commit.
        let other = try await upgraded.committing(
            RowDelta(dataFiles: [dataFile("c", rows: 2)], removedPaths: [dataFile("a").path]),
            to: store
        )
        #expect(try await rowIDs(other) == ["c": 0, "b": 2])
        #expect(other.nextRowID == 7)
    }

    @Test("ids are unique and stay with their files over many commits, merges and rewrites")
    func manyCommits() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var table = try versionThree()
        var known: [String: Int64] = [:]
        for number in 0..<130 {
            var delta = RowDelta(
                dataFiles: (0...(generator.next() % 3)).map {
                    dataFile("d\(number)-\($0)", rows: Int64(1 + generator.next() % 50))
                }
            )
            if generator.next() % 6 == 0 {
                let live = try await table.liveFiles(store: store).dataFiles
                if let gone = live.randomElement(using: &generator) { delta.remove(gone) }
            }
            table = try await table.committing(delta, to: store)
            guard number % 8 == 0 || number > 120 else { continue }
            let after = try await table.liveFiles(store: store).dataFiles
            var ranges: [Range<Int64>] = []
            for file in after {
                let first = try #require(file.file.firstRowID, "seed \(seed)")
                #expect(known[file.file.path] ?? first == first, "seed \(seed)")
                known[file.file.path] = first
                ranges.append(first..<first + file.file.recordCount)
            }
            ranges.sort { $0.lowerBound < $1.lowerBound }
            for (left, right) in zip(ranges, ranges.dropFirst()) {
                #expect(left.upperBound <= right.lowerBound, "seed \(seed), commit \(number)")
            }
            #expect(ranges.last?.upperBound ?? 0 <= table.nextRowID)
        }
        // Nothing but added rows takes ids, however often manifests are written anew.
        let added = table.snapshots.compactMap { $0.summary["added-records"].flatMap { Int64($0) } }
        #expect(table.nextRowID == added.reduce(0, +))
    }

    @Test("ids beyond 64 bits are refused")
    func overflow() async throws {
        var table = try versionThree()
        table.nextRowID = .max - 3
        let full = table
        let error = await #expect(throws: FormatError.self) {
            try await full.committing(RowDelta(dataFiles: [dataFile("a", rows: 4)]), to: store)
        }
        #expect(error?.message == "its row ids run beyond 64 bits")
    }
}
