import Iceberg
import ObjectStore
import TableModel
import TestKit
import Testing

@Suite("SnapshotExpiration")
struct SnapshotExpirationTests {
    let store = MemoryObjectStore()

    /// A table with snapshots on main, one each second from 1000 on, named in their properties.
    func table(_ deltas: [RowDelta], version: String = "2") async throws -> TableMetadata {
        var table = try emptyTable(["format-version": version])
        for (number, delta) in deltas.enumerated() {
            table = try await table.committing(
                delta,
                to: store,
                nowMilliseconds: Int64(number + 1) * 1000
            )
        }
        return table
    }

    func appends(_ names: [String]) -> [RowDelta] {
        names.map { RowDelta(dataFiles: [dataFile($0)]) }
    }

    func apply(
        _ expiration: SnapshotExpiration,
        to table: TableMetadata
    ) throws -> TableMetadata {
        try table.applying(
            expiration.updates,
            requirements: expiration.requirements,
            nowMilliseconds: 99_000
        )
    }

    /// Ages of main's snapshots that stay, counted in snapshots from the newest one.
    func kept(
        _ table: TableMetadata,
        _ retention: SnapshotRetention? = nil,
        now: Int64
    ) throws -> [Int] {
        let order = table.ancestorSnapshotIDs()
        let expiration = try SnapshotExpiration(
            of: table,
            retention: retention,
            nowMilliseconds: now
        )
        let left = try apply(expiration, to: table).snapshots.map(\.snapshotID)
        return left.compactMap { order.firstIndex(of: $0) }.sorted()
    }

    @Test("a branch keeps its newest snapshots, by number and by age")
    func branch() async throws {
        // At 1000, 2000, ... 6000.
        var table = try await table(appends(["a", "b", "c", "d", "e", "f"]))
        func retention(_ count: Int, _ age: Int64) -> SnapshotRetention {
            SnapshotRetention(minSnapshotsToKeep: count, maxSnapshotAgeMilliseconds: age)
        }
        #expect(try kept(table, retention(1, 1), now: 60_000) == [0])
        #expect(try kept(table, retention(3, 1), now: 60_000) == [0, 1, 2])
        #expect(try kept(table, retention(1, 2000), now: 6000) == [0, 1, 2])
        #expect(try kept(table, retention(1, 1999), now: 6000) == [0, 1])
        #expect(try kept(table, retention(9, 1), now: 60_000) == [0, 1, 2, 3, 4, 5])
        #expect(try kept(table, now: 6000) == [0, 1, 2, 3, 4, 5])
        #expect(try kept(table, now: 60_000 + 5 * 86_400_000) == [0])
        table.properties = [
            "history.expire.min-snapshots-to-keep": "2",
            "history.expire.max-snapshot-age-ms": "1",
        ]
        #expect(try kept(table, now: 60_000) == [0, 1])
        // The branch's own word counts more.
        table.refs["main"]?.minSnapshotsToKeep = 4
        #expect(try kept(table, now: 60_000) == [0, 1, 2, 3])
        table.refs["main"]?.maxSnapshotAgeMilliseconds = 60_000
        #expect(try kept(table, now: 60_000) == [0, 1, 2, 3, 4, 5])
    }

    @Test("a clock that was set back expires nothing")
    func clockSetBack() async throws {
        let table = try await table(appends(["a", "b"]))
        #expect(
            try kept(table, SnapshotRetention(maxSnapshotAgeMilliseconds: 1), now: 0) == [0, 1]
        )
    }

    @Test("tags keep their snapshot, branches theirs, until they are too old themselves")
    func references() async throws {
        var table = try await table(appends(["a", "b", "c", "d", "e", "f"]))
        let ids = table.ancestorSnapshotIDs()
        table.refs["tag"] = SnapshotReference(snapshotID: ids[5], kind: .tag)
        table.refs["side"] = SnapshotReference(
            snapshotID: ids[3],
            kind: .branch,
            minSnapshotsToKeep: 2
        )
        table.refs["short"] = SnapshotReference(
            snapshotID: ids[1],
            kind: .tag,
            maxReferenceAgeMilliseconds: 500
        )
        let retention = SnapshotRetention(maxSnapshotAgeMilliseconds: 1)
        let expiration = try SnapshotExpiration(
            of: table,
            retention: retention,
            nowMilliseconds: 60_000
        )
        #expect(expiration.references == ["short"])
        #expect(try kept(table, retention, now: 60_000) == [0, 3, 4, 5])
        #expect(try apply(expiration, to: table).refs.keys.sorted() == ["main", "side", "tag"])
        let strict = SnapshotRetention(
            maxSnapshotAgeMilliseconds: 1,
            maxReferenceAgeMilliseconds: 1
        )
        #expect(try kept(table, strict, now: 60_000) == [0])
    }

    @Test("a snapshot on no branch stays while it is young")
    func staged() async throws {
        var table = try await table(appends(["a", "b"]))
        table.snapshots.append(
            Snapshot(
                snapshotID: 5,
                parentSnapshotID: table.currentSnapshotID,
                sequenceNumber: 3,
                timestampMilliseconds: 10_000,
                summary: SnapshotSummary(operation: .append),
                manifestList: table.currentSnapshot?.manifestList,
                schemaID: 0
            )
        )
        let retention = SnapshotRetention(maxSnapshotAgeMilliseconds: 3000)
        let young = try SnapshotExpiration(of: table, retention: retention, nowMilliseconds: 12_000)
        #expect(!young.snapshots.contains { $0.snapshotID == 5 })
        let old = try SnapshotExpiration(of: table, retention: retention, nowMilliseconds: 14_000)
        #expect(old.snapshots.contains { $0.snapshotID == 5 })
    }

    @Test("snapshots of a branch that goes stay while they are young, as those on no branch do")
    func youngOfOldBranch() async throws {
        var table = try await table(appends(["a", "b", "c"]))
        let ids = table.ancestorSnapshotIDs()
        table.refs["side"] = SnapshotReference(
            snapshotID: ids[0],
            kind: .branch,
            maxReferenceAgeMilliseconds: 1
        )
        table.refs["main"]?.snapshotID = ids[2]
        table.currentSnapshotID = ids[2]
        let expiration = try SnapshotExpiration(
            of: table,
            retention: SnapshotRetention(maxSnapshotAgeMilliseconds: 2000),
            nowMilliseconds: 4500
        )
        #expect(expiration.references == ["side"])
        #expect(expiration.snapshots.map(\.snapshotID) == [ids[1]])
    }

    @Test("a table whose garbage is not to be collected keeps its snapshots")
    func noCollection() async throws {
        var table = try await table(appends(["a", "b"]))
        table.properties["gc.enabled"] = "FALSE"
        let error = #expect(throws: TableUpdateError.self) {
            try SnapshotExpiration(of: table, nowMilliseconds: .max)
        }
        #expect(error?.kind == .invalid)
    }

    @Test("a schema that alone knows a dropped column stays")
    func droppedColumn() async throws {
        var table = try await table(appends(["a"]))
        for change in 0..<3 {
            var evolution = try SchemaEvolution(of: table)
            if change == 0 { try evolution.add("gone", .int) }
            if change == 1 { try evolution.setDoc("a number", of: 3) }
            if change == 2 { try evolution.drop(3) }
            table = try table.applying(
                try evolution.updates(),
                requirements: evolution.requirements,
                nowMilliseconds: 1500
            )
        }
        table = try await table.committing(RowDelta(dataFiles: [dataFile("b")]), to: store)
        let expiration = try SnapshotExpiration(
            of: table,
            retention: SnapshotRetention(maxSnapshotAgeMilliseconds: 1),
            nowMilliseconds: 60_000
        )
        #expect(table.schemas.map(\.schemaID) == [0, 1, 2])
        #expect(table.currentSchemaID == 0)
        #expect(try await expiration.unusedMetadata(store: store) == [.removeSchemas([1])])
    }

    @Test("a branch that moved since the plan is a conflict")
    func moved() async throws {
        let table = try await table(appends(["a", "b"]))
        let expiration = try SnapshotExpiration(
            of: table,
            retention: SnapshotRetention(maxSnapshotAgeMilliseconds: 1),
            nowMilliseconds: 60_000
        )
        let later = try await table.committing(RowDelta(dataFiles: [dataFile("c")]), to: store)
        let error = #expect(throws: TableUpdateError.self) { try apply(expiration, to: later) }
        #expect(error?.kind == .conflict)
    }

    @Test("nothing to expire makes no updates")
    func nothing() async throws {
        let expiration = try SnapshotExpiration(
            of: try await table(appends(["a"])),
            nowMilliseconds: 60_000
        )
        #expect(expiration.isEmpty)
        #expect(expiration.updates.isEmpty)
    }

    @Test("files are unreachable that only expired snapshots had")
    func unreachable() async throws {
        var only = positionDeletes("p")
        only.referencedDataFile = dataFile("a").path
        var table = try await table(
            [
                RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
                RowDelta(dataFiles: [dataFile("c")], deleteFiles: [only]),
                RowDelta(dataFiles: [dataFile("d")], removedPaths: [dataFile("a").path]),
                RowDelta(removedPaths: [dataFile("c").path]),
            ]
        )
        let ids = table.ancestorSnapshotIDs()
        table.statistics = [
            StatisticsFile(
                snapshotID: ids[3],
                path: "old.puffin",
                fileSizeBytes: 1,
                footerSizeBytes: 1,
                blobs: []
            ),
            StatisticsFile(
                snapshotID: ids[0],
                path: "new.puffin",
                fileSizeBytes: 1,
                footerSizeBytes: 1,
                blobs: []
            ),
        ]
        let expiration = try SnapshotExpiration(
            of: table,
            retention: SnapshotRetention(maxSnapshotAgeMilliseconds: 1),
            nowMilliseconds: 60_000
        )
        let files = try await expiration.unreachableFiles(store: store)
        #expect(files.contentFiles == [dataFile("a"), dataFile("c"), only].map(\.path).sorted())
        #expect(files.manifestLists.count == 3)
        #expect(files.statisticsFiles == ["old.puffin"])
        let after = try apply(expiration, to: table)
        for path in files.all { try await store.delete(path) }
        // All that is left can still be read, and nothing else is left.
        let live = try await after.liveFiles(store: store)
        #expect(live.dataFiles.map(\.file.name).sorted() == ["b", "d"])
        let manifests = try await after.manifests(of: after.currentSnapshot, store: store)
        let used = manifests.map(\.path) + [after.currentSnapshot?.manifestList ?? ""]
        #expect(store.paths == used.sorted())
    }

    @Test("a Puffin file is reachable while one of its vectors is")
    func sharedVectors() async throws {
        let table = try await table(
            [
                RowDelta(dataFiles: [dataFile("a"), dataFile("b")]),
                RowDelta(deleteFiles: [vector(of: "a", offset: 4), vector(of: "b", offset: 44)]),
                RowDelta(
                    deleteFiles: [vector(of: "a", offset: 4, file: "w.puffin")],
                    removedVectors: [vector(of: "a", offset: 4).key]
                ),
            ],
            version: "3"
        )
        let expiration = try SnapshotExpiration(
            of: table,
            retention: SnapshotRetention(maxSnapshotAgeMilliseconds: 1),
            nowMilliseconds: 60_000
        )
        #expect(try await expiration.unreachableFiles(store: store).contentFiles.isEmpty)
    }

    @Test("random histories leave exactly the files of the snapshots that stay")
    func random() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var table = try emptyTable()
        var data: Set<String> = []
        for number in 1...60 {
            let live = try await table.liveFiles(store: store)
            var delta = RowDelta(dataFiles: [dataFile("d\(number)")])
            if let gone = live.dataFiles.randomElement(using: &generator), number % 3 == 0 {
                delta.remove(gone)
            }
            table = try await table.committing(
                delta,
                to: store,
                nowMilliseconds: Int64(number) * 1000
            )
            data.formUnion(delta.dataFiles.map(\.path))
            if number % 10 == 0, let id = table.currentSnapshotID {
                table.refs["t\(number)"] = SnapshotReference(snapshotID: id, kind: .tag)
            }
            guard number % 7 == 0 else { continue }
            let expiration = try SnapshotExpiration(
                of: table,
                retention: SnapshotRetention(
                    minSnapshotsToKeep: Int(1 + generator.next() % 4),
                    maxSnapshotAgeMilliseconds: Int64(generator.next() % 6000),
                    maxReferenceAgeMilliseconds: 25_000
                ),
                nowMilliseconds: Int64(number) * 1000
            )
            let files = try await expiration.unreachableFiles(store: store)
            table = try apply(expiration, to: table)
            for path in files.all { try await store.delete(path) }
            data.subtract(files.contentFiles)
            var reachable: Set<String> = []
            var used: Set<String> = []
            for snapshot in table.snapshots {
                used.insert(try #require(snapshot.manifestList))
                used.formUnion(
                    try await table.manifests(of: snapshot, store: store).map(\.path)
                )
                let live = try await table.liveFiles(of: snapshot, store: store)
                reachable.formUnion(live.dataFiles.map(\.file.path))
            }
            #expect(data == reachable, "seed \(seed), commit \(number)")
            #expect(Set(store.paths) == used, "seed \(seed), commit \(number)")
        }
    }

    @Test("specs and schemas go that no snapshot which stays has")
    func unusedMetadata() async throws {
        var table = try await table(appends(["a"]))
        let spec = PartitionSpec(
            specID: 0,
            fields: [PartitionField(sourceIDs: [2], name: "name", transform: .identity)]
        )
        var wider = ordersSchema
        wider.fields.append(SchemaField(id: 3, name: "c", type: .int, isRequired: false))
        table = try table.applying(
            [
                .addPartitionSpec(spec), .setDefaultSpec(-1), .addSchema(wider),
                .setCurrentSchema(-1),
            ],
            requirements: [],
            nowMilliseconds: 1500
        )
        func unused(_ table: TableMetadata) async throws -> [TableUpdate] {
            let expiration = try SnapshotExpiration(
                of: table,
                retention: SnapshotRetention(maxSnapshotAgeMilliseconds: 1),
                nowMilliseconds: 60_000
            )
            return try await expiration.unusedMetadata(store: store)
        }
        #expect(try await unused(table).isEmpty)
        var file = dataFile("b")
        file.specID = 1
        file.partition = PartitionTuple(fields: [.init(fieldID: 1000, value: .text("x"))])
        table = try await table.committing(
            RowDelta(dataFiles: [file], replacesAllFiles: true),
            to: store
        )
        // The manifest that says what went is still there, and is of the old spec.
        #expect(try await unused(table) == [.removeSchemas([0])])
        var next = file
        next.path += "2"
        table = try await table.committing(RowDelta(dataFiles: [next]), to: store)
        #expect(try await unused(table) == [.removePartitionSpecs([0]), .removeSchemas([0])])
    }
}
