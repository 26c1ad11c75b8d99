import Catalog
import Iceberg
import ObjectStore
import TableModel
import Testing

@Suite("Metadata files")
struct MetadataFilesTests {
    let store = MemoryObjectStore()
    let identifier = TableIdentifier(namespace: ["shop"], name: "orders")

    /// The table after its properties were set so many times, each time as a catalog does it.
    func committing(
        _ properties: [String: String],
        times: Int
    ) async throws -> (LoadedTable, obsolete: [String]) {
        let first = MetadataFiles.stageCreation(try emptyTable(properties))
        try await MetadataFiles.write([first], store: store)
        var table = LoadedTable(
            identifier: identifier,
            metadata: first.metadata,
            metadataLocation: first.location
        )
        var obsolete: [String] = []
        for number in 0..<times {
            let staged = try MetadataFiles.stage(
                TableChange(
                    identifier: identifier,
                    base: table,
                    requirements: [],
                    updates: [.setProperties(["n": String(number)])]
                ),
                current: table,
                nowMilliseconds: Int64(2000 + number)
            )
            try await MetadataFiles.write([staged], store: store)
            obsolete += staged.obsoleteLocations
            table.metadata = staged.metadata
            table.metadataLocation = staged.location
        }
        return (table, obsolete)
    }

    @Test("the log of former metadata files is capped, and they are deleted where the table asks")
    func capped() async throws {
        let (table, obsolete) = try await committing(
            [
                "write.metadata.previous-versions-max": "3",
                "write.metadata.delete-after-commit.enabled": "true",
            ],
            times: 10
        )
        let versions = table.metadata.metadataLog.map { entry in
            entry.metadataFile.split(separator: "/").last?.prefix(5) ?? ""
        }
        #expect(versions == ["00007", "00008", "00009"])
        #expect(obsolete.count == 7)
        await MetadataFiles.remove(obsolete, store: store)
        let left = table.metadata.metadataLog.map(\.metadataFile) + [table.metadataLocation]
        #expect(store.paths == left.sorted())
    }

    @Test("former metadata files stay where the table does not ask for their deletion")
    func kept() async throws {
        let (table, obsolete) = try await committing([:], times: 105)
        #expect(table.metadata.metadataLog.count == MetadataFiles.previousVersionsMaxDefault)
        #expect(obsolete.isEmpty)
    }

    @Test("a table may ask for packed metadata files")
    func packed() async throws {
        let (table, _) = try await committing(
            ["write.metadata.compression-codec": "gzip"],
            times: 2
        )
        #expect(table.metadataLocation.hasSuffix(".gz.metadata.json"))
        let bytes = try await store.read(table.metadataLocation, range: nil)
        #expect(bytes.starts(with: [0x1F, 0x8B]))
        #expect(
            try await MetadataFiles.read(table.metadataLocation, store: store) == table.metadata
        )
    }
}
