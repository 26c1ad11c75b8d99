import Diagnostics
import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("PendingSnapshot")
struct PendingSnapshotTests {
    let store = MemoryObjectStore()

    func pending(_ delta: RowDelta) -> PendingSnapshot {
        PendingSnapshot(delta: delta, store: store, fileNamePrefix: "p", snapshotID: 77)
    }

    func apply(_ produced: ProducedSnapshot, to table: TableMetadata) throws -> TableMetadata {
        try table.applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: 5000
        )
    }

    @Test("another attempt writes another list, and uses the manifests of the first")
    func retry() async throws {
        let base = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
            to: store
        )
        var pending = pending(
            RowDelta(
                dataFiles: [dataFile("c")],
                deleteFiles: [equalityDeletes("e")],
                removedPaths: [dataFile("a").path]
            )
        )
        let first = try await pending.produce(on: base, nowMilliseconds: 5000)
        let other = try await base.committing(RowDelta(dataFiles: [dataFile("x")]), to: store)
        #expect(throws: TableUpdateError.self) { try apply(first, to: other) }
        let second = try await pending.produce(on: other, nowMilliseconds: 5000)
        #expect(second.writtenFiles.count == first.writtenFiles.count + 1)
        #expect(second.unusedFiles == [try #require(first.snapshot.manifestList)])
        #expect(first.snapshot.sequenceNumber == 2)
        #expect(second.snapshot.sequenceNumber == 3)
        #expect(second.snapshot.parentSnapshotID == other.currentSnapshotID)
        let table = try apply(second, to: other)
        let files = try await table.liveFiles(store: store)
        let numbers = Dictionary(
            uniqueKeysWithValues: (files.dataFiles + files.deleteFiles).map {
                ($0.file.name, $0.dataSequenceNumber)
            }
        )
        #expect(numbers == ["b": 1, "x": 2, "c": 3, "e": 3])
        let firstList = try await base.manifests(of: first.snapshot, store: store)
        let secondList = try await table.manifests(of: second.snapshot, store: store)
        #expect(Set(firstList.map(\.path)).isSubset(of: secondList.map(\.path)))
        #expect(table.currentSnapshot?.summary["total-data-files"] == "3")
    }

    @Test("what a failed commit wrote can be taken back whole")
    func takenBack() async throws {
        let base = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        let before = store.paths
        var pending = pending(RowDelta(dataFiles: [dataFile("b")]))
        _ = try await pending.produce(on: base, nowMilliseconds: 1)
        _ = try await pending.produce(on: base, nowMilliseconds: 1)
        #expect(store.paths.count > before.count)
        await pending.deleteWrittenFiles()
        #expect(store.paths == before)
    }

    @Test("manifests are written anew when the table got another version or spec meanwhile")
    func upgradedMeanwhile() async throws {
        let base = try emptyTable()
        var pending = pending(RowDelta(dataFiles: [dataFile("a")]))
        let first = try await pending.produce(on: base, nowMilliseconds: 1)
        let upgraded = try base.applying(
            [.upgradeFormatVersion(3)],
            requirements: [],
            nowMilliseconds: 2
        )
        let second = try await pending.produce(on: upgraded, nowMilliseconds: 1)
        #expect(second.unusedFiles.sorted() == first.writtenFiles.sorted())
        let table = try apply(second, to: upgraded)
        #expect(try await table.liveFiles(store: store).dataFiles[0].file.firstRowID == 0)
    }

    @Test("a snapshot may go to another branch, which main does not see")
    func branch() async throws {
        let base = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        var pending = pending(RowDelta(dataFiles: [dataFile("b")], branch: "staging"))
        let produced = try await pending.produce(on: base, nowMilliseconds: 1)
        #expect(produced.snapshot.parentSnapshotID == nil)
        let table = try apply(produced, to: base)
        #expect(table.currentSnapshotID == base.currentSnapshotID)
        #expect(table.refs["staging"]?.snapshotID == 77)
        #expect(table.snapshotLog == base.snapshotLog)
        var tagged = base
        tagged.refs["t"] = SnapshotReference(
            snapshotID: try #require(base.currentSnapshotID),
            kind: .tag
        )
        let table2 = tagged
        let error = await #expect(throws: SnapshotError.self) {
            try await table2.committing(RowDelta(branch: "t"), to: store)
        }
        #expect(error?.message == "t of file:///lake/orders is a tag, no branch")
    }

    // MARK: Conflicts

    /// A table with two data files, and what others committed since.
    func conflict(
        _ delta: (TableMetadata) -> RowDelta,
        with foreign: RowDelta,
        version: String = "3"
    ) async throws -> SnapshotError? {
        let base = try await emptyTable(["format-version": version]).committing(
            RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
            to: store
        )
        var mine = delta(base)
        mine.basis = .snapshot(base.currentSnapshotID)
        var pending = pending(mine)
        _ = try await pending.produce(on: base, nowMilliseconds: 1)
        let other = try await base.committing(foreign, to: store)
        do {
            _ = try await pending.produce(on: other, nowMilliseconds: 1)
            return nil
        } catch let error as SnapshotError {
            #expect(error.kind == .conflict)
            return error
        }
    }

    @Test("appends of others conflict with nothing")
    func foreignAppend() async throws {
        #expect(
            try await conflict(
                { _ in RowDelta(deleteFiles: [vector(of: "a", offset: 4)]) },
                with: RowDelta(dataFiles: [dataFile("x")])
            ) == nil
        )
    }

    @Test("rows of a file that others took away cannot be deleted by position")
    func dataFileGone() async throws {
        let error = try await conflict(
            { _ in RowDelta(deleteFiles: [vector(of: "a", offset: 4)]) },
            with: RowDelta(dataFiles: [dataFile("ab")], removedPaths: [dataFile("a").path])
        )
        #expect(
            error?.message.hasPrefix(
                "rows of file:///lake/orders/data/a are to be deleted, but snapshot "
            ) == true
        )
        #expect(error?.message.hasSuffix(" of file:///lake/orders took the file away") == true)
    }

    @Test("two commits cannot both give a data file a deletion vector")
    func concurrentVectors() async throws {
        let error = try await conflict(
            { _ in RowDelta(deleteFiles: [vector(of: "a", offset: 4)]) },
            with: RowDelta(deleteFiles: [vector(of: "a", offset: 4, file: "w.puffin")])
        )
        #expect(error?.message.contains("got a deletion vector in snapshot") == true)
        #expect(
            try await conflict(
                { _ in RowDelta(deleteFiles: [vector(of: "a", offset: 4)]) },
                with: RowDelta(deleteFiles: [vector(of: "b", offset: 4, file: "w.puffin")])
            ) == nil
        )
    }

    @Test("a rewrite conflicts with deletes that came later, unless they still apply to it")
    func rewrite() async throws {
        func rewrite(of base: TableMetadata, number: Int64?) -> RowDelta {
            RowDelta(
                dataFiles: [dataFile("ab")],
                dataSequenceNumber: number,
                removedPaths: [dataFile("a").path, dataFile("b").path],
                operation: .replace
            )
        }
        let byKey = RowDelta(deleteFiles: [equalityDeletes("e")])
        #expect(try await conflict({ rewrite(of: $0, number: nil) }, with: byKey) != nil)
        #expect(
            try await conflict(
                { rewrite(of: $0, number: $0.lastSequenceNumber) },
                with: byKey
            ) == nil
        )
        let byPosition = RowDelta(deleteFiles: [vector(of: "a", offset: 4)])
        #expect(
            try await conflict(
                { rewrite(of: $0, number: $0.lastSequenceNumber) },
                with: byPosition
            ) != nil
        )
        #expect(
            try await conflict(
                { rewrite(of: $0, number: $0.lastSequenceNumber) },
                with: RowDelta(deleteFiles: [positionDeletes("shared")]),
                version: "2"
            ) != nil
        )
    }

    @Test("a branch that was set back has no history to go by")
    func setBack() async throws {
        let first = try await emptyTable().committing(
            RowDelta(dataFiles: [dataFile("a")]),
            to: store
        )
        let second = try await first.committing(RowDelta(dataFiles: [dataFile("b")]), to: store)
        var pending = pending(
            RowDelta(dataFiles: [dataFile("c")], basis: .snapshot(second.currentSnapshotID))
        )
        var back = second
        back.currentSnapshotID = first.currentSnapshotID
        back.refs["main"] = first.refs["main"]
        let error = await #expect(throws: SnapshotError.self) {
            try await pending.produce(on: back, nowMilliseconds: 1)
        }
        #expect(error?.kind == .conflict)
        #expect(error?.message.contains("which does not follow") == true)
    }

    // MARK: Hints

    @Test("only the manifests that hold what goes are read, where they are known")
    func likelyManifests() async throws {
        var table = try emptyTable()
        for number in 0..<10 {
            table = try await table.committing(
                RowDelta(dataFiles: [dataFile("d\(number)")]),
                to: store
            )
        }
        let live = try await table.liveFiles(store: store)
        let file = try #require(live.dataFiles.first { $0.file.name == "d4" })
        var delta = RowDelta()
        delta.remove(file)
        #expect(delta.likelyManifests.count == 1)
        let reads = ReadCountingStore(files: store)
        _ = try await table.committing(delta, to: reads)
        // The list and one manifest.
        #expect(reads.paths.count == 2)
        // A stale hint costs reads, and nothing else.
        delta.likelyManifests = ["file:///lake/orders/metadata/gone.avro"]
        table = try await table.committing(delta, to: store)
        #expect(try await table.liveFiles(store: store).dataFiles.count == 9)
    }
}

/// A store that remembers what is read from it.
final class ReadCountingStore: WrappingObjectStore, @unchecked Sendable {
    private let files: MemoryObjectStore
    /// Only the one task that uses the store touches it.
    private(set) var paths: [String] = []

    init(files: MemoryObjectStore) { self.files = files }

    func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        paths.append(path)
        return try await files.read(path, range: range)
    }

    var wrapped: any ObjectStore { files }
}
