import Diagnostics
import Iceberg
import Inspection
import ObjectStore
import TestKit
import Testing

@Suite("A table's folder")
struct TableFolderTests {
    let folder = TemporaryFolder()
    let store = LocalObjectStore()
    var path: String { folder.path }

    func write(_ name: String, _ bytes: [UInt8] = []) async throws {
        try await store.put("\(path)/metadata/\(name)", bytes)
    }

    func current() async throws -> String {
        let file = try await TableFolder(path: path).currentMetadataFile(store: store)
        return String(file.dropFirst(path.count + 1))
    }

    @Test("of a catalog's files the highest version is the current one, as a number")
    func highest() async throws {
        try await write("00009-a.metadata.json")
        try await write("00010-b.gz.metadata.json")
        try await write("99999.metadata.json")
        try await write("snap-20-c.avro")
        #expect(try await current() == "metadata/00010-b.gz.metadata.json")
    }

    @Test("of two files of one version it is the one that was updated last")
    func tie() async throws {
        var older = try ordersTable()
        older.lastUpdatedMilliseconds = 900
        try await write("00003-z.metadata.json", older.serialized())
        try await write("00003-b.metadata.json", ordersTable().serialized())
        #expect(try await current() == "metadata/00003-b.metadata.json")
    }

    @Test("a version hint is believed, where there is the file it names")
    func hint() async throws {
        try await write("v2.metadata.json")
        try await write("v3.metadata.json")
        try await write("version-hint.text", Array("2\n".utf8))
        #expect(try await current() == "metadata/v2.metadata.json")
    }

    @Test("folders without metadata are refused")
    func none() async throws {
        let first = await #expect(throws: FormatError.self) { try await current() }
        #expect(first?.message == "the folder holds no table: it has no folder metadata")
        try await write("notes.txt")
        let second = await #expect(throws: FormatError.self) { try await current() }
        #expect(
            second?.message == "the folder holds no table: its folder metadata has no metadata file"
        )
    }
}
