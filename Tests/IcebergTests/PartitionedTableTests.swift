import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("Partitioned tables")
struct PartitionedTableTests {
    let store = MemoryObjectStore()

    /// A table partitioned by region, with one unpartitioned spec beside.
    func table() throws -> TableMetadata {
        let table = try TableMetadata(
            creating: Schema(
                schemaID: 0,
                fields: [
                    SchemaField(id: 1, name: "id", type: .long, isRequired: true),
                    SchemaField(id: 2, name: "region", type: .string, isRequired: false),
                ],
                identifierFieldIDs: [1]
            ),
            partitionSpec: PartitionSpec(
                specID: 0,
                fields: [PartitionField(sourceIDs: [2], name: "region", transform: .identity)]
            ),
            location: "file:///lake/orders",
            nowMilliseconds: 0
        )
        return try table.applying(
            [.addPartitionSpec(.unpartitioned)],
            requirements: [],
            nowMilliseconds: 0
        )
    }

    func file(_ name: String, in region: String?) -> DataFile {
        var file = dataFile(name)
        file.partition = PartitionTuple(
            fields: [.init(fieldID: 1000, value: region.map { .text($0) })]
        )
        return file
    }

    @Test("files of several partitions go into one manifest, which sums their values up")
    func summaries() async throws {
        let table = try await table().committing(
            RowDelta(
                dataFiles: [file("a", in: "eu"), file("b", in: "us"), file("c", in: nil)]
            ),
            to: store
        )
        let manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.count == 1)
        #expect(
            manifests[0].partitions == [
                PartitionFieldSummary(
                    containsNull: true,
                    containsNaN: false,
                    lowerBound: Array("eu".utf8),
                    upperBound: Array("us".utf8)
                )
            ]
        )
        let live = try await table.liveFiles(store: store)
        #expect(live.dataFiles.map { $0.file.partition[1000] } == [.text("eu"), .text("us"), nil])
        #expect(table.currentSnapshot?.summary["changed-partition-count"] == "3")
    }

    @Test("deletes of files of an older spec go into a manifest of that spec")
    func olderSpec() async throws {
        var table = try await table().committing(
            RowDelta(dataFiles: [file("a", in: "eu")]),
            to: store
        )
        table = try table.applying([.setDefaultSpec(1)], requirements: [], nowMilliseconds: 1)
        var deletes = positionDeletes("p")
        deletes.partition = file("a", in: "eu").partition
        var new = dataFile("b")
        new.specID = 1
        var global = equalityDeletes("e")
        global.specID = 1
        table = try await table.committing(
            RowDelta(dataFiles: [new], deleteFiles: [deletes, global]),
            to: store
        )
        let manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(
            manifests.map { "\($0.content) \($0.specID) \($0.added?.files ?? 0)" } == [
                "data 1 1", "deletes 0 1", "deletes 1 1", "data 0 1",
            ]
        )
        let live = try await table.liveFiles(store: store)
        #expect(live.deleteFiles.map(\.file.partition) == [deletes.partition, .unpartitioned])
    }

    @Test("a partition may be replaced, with its deletes and no other's")
    func replacedPartition() async throws {
        var deletes = equalityDeletes("e")
        deletes.partition = file("a", in: "eu").partition
        var table = try await table().committing(
            RowDelta(
                dataFiles: [file("a", in: "eu"), file("b", in: "us"), file("c", in: nil)],
                deleteFiles: [deletes]
            ),
            to: store
        )
        table = try await table.committing(
            RowDelta(
                dataFiles: [file("d", in: "eu")],
                replacedPartitions: [deletes.inPartition]
            ),
            to: store
        )
        let live = try await table.liveFiles(store: store)
        #expect(live.dataFiles.map(\.file.name).sorted() == ["b", "c", "d"])
        #expect(live.deleteFiles.isEmpty)
        #expect(table.currentSnapshot?.summary.operation == .overwrite)
        #expect(table.currentSnapshot?.summary["changed-partition-count"] == "1")
    }

    @Test("values that the spec does not have, or has and they miss, are refused")
    func refusals() async throws {
        let table = try table()
        var foreign = dataFile("a")
        foreign.partition = PartitionTuple(
            fields: [
                .init(fieldID: 1000, value: .text("eu")), .init(fieldID: 1001, value: .integer(1)),
            ]
        )
        var wrong = file("a", in: "eu")
        wrong.partition.fields[0].value = .integer(4)
        for (file, message) in [
            (
                dataFile("a"),
                "file:///lake/orders/data/a has no partition value for region of spec 0"
            ),
            (
                foreign,
                "file:///lake/orders/data/a has partition values for the fields [1000, 1001], spec 0 "
                    + "has [1000]"
            ),
        ] {
            let error = await #expect(throws: SnapshotError.self) {
                try await table.committing(RowDelta(dataFiles: [file]), to: store)
            }
            #expect(error == SnapshotError(.unusable, message))
        }
        await #expect(throws: (any Error).self) {
            try await table.committing(RowDelta(dataFiles: [wrong]), to: store)
        }
        var unknown = table
        unknown.partitionSpecs[0].fields[0].transform = .unknown("zorder")
        let later = unknown
        let error = await #expect(throws: SnapshotError.self) {
            try await later.committing(RowDelta(dataFiles: [file("a", in: "eu")]), to: store)
        }
        #expect(error?.kind == .unusable)
        #expect(store.paths == [])
    }

    @Test("manifests of a transform that is not known are rewritten as they are")
    func unknownTransform() async throws {
        var table = try await table().committing(
            RowDelta(dataFiles: [file("a", in: "eu"), file("b", in: "us")]),
            to: store
        )
        table.partitionSpecs[0].fields[0].transform = .unknown("zorder")
        table = try await table.committing(
            RowDelta(removedPaths: [dataFile("a").path]),
            to: store
        )
        let live = try await table.liveFiles(store: store)
        #expect(live.dataFiles.map { $0.file.partition[1000] } == [.text("us")])
    }

    @Test("manifests stay readable when their column is promoted or dropped between merges")
    func evolvedColumn() async throws {
        var table = try TableMetadata(
            creating: Schema(
                schemaID: 0,
                fields: [SchemaField(id: 1, name: "n", type: .int, isRequired: false)],
                identifierFieldIDs: []
            ),
            partitionSpec: PartitionSpec(
                specID: 0,
                fields: [PartitionField(sourceIDs: [1], name: "n", transform: .identity)]
            ),
            location: "file:///lake/orders",
            nowMilliseconds: 0
        )
        func file(_ number: Int64) -> DataFile {
            var file = dataFile("d\(number)")
            file.partition = PartitionTuple(
                fields: [.init(fieldID: 1000, value: .integer(number))]
            )
            return file
        }
        for number in 0..<150 {
            if number == 60 {
                let wide = Schema(
                    schemaID: 0,
                    fields: [SchemaField(id: 1, name: "n", type: .long, isRequired: false)],
                    identifierFieldIDs: []
                )
                table = try table.applying(
                    [.addSchema(wide), .setCurrentSchema(-1)],
                    requirements: [],
                    nowMilliseconds: 0
                )
            }
            table = try await table.committing(
                RowDelta(dataFiles: [file(Int64(number))]),
                to: store
            )
        }
        let manifests = try await table.manifests(of: table.currentSnapshot, store: store)
        #expect(manifests.count < 110)
        let live = try await table.liveFiles(store: store)
        #expect(
            live.dataFiles.compactMap { $0.file.partition[1000] }.sorted { $0.precedes($1) }
                == (0..<150).map { .integer($0) }
        )
    }
}
