import Glibc
import ObjectStore
import TestKit
import Testing

@Suite("LocalObjectStore")
struct LocalObjectStoreTests {
    func expectError(
        _ kind: StoreError.Kind,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.kind == kind, "\(error?.message ?? "")")
    }

    @Test(
        "locations that are no local files are refused",
        arguments: [
            "s3://bucket/file", "relative/file", "file://host/file", "file:relative", "",
        ]
    )
    func foreignLocations(_ location: String) async {
        await expectError(.permission) { try await LocalObjectStore().put(location, []) }
    }

    @Test("a file in the place of a folder is named, and a folder is no file")
    func wrongKinds() async throws {
        let store = LocalObjectStore()
        let scratch = TemporaryFolder()
        defer { withExtendedLifetime(scratch) {} }
        let root = scratch.path
        try await store.put("\(root)/file", [1])
        let error = await #expect(throws: StoreError.self) {
            try await store.put("\(root)/file/below/x", [1])
        }
        #expect(error?.kind == .permission)
        #expect(error?.message.contains("\(root)/file") == true)
        await expectError(.permission) { _ = try await store.read(root, range: nil) }
    }

    @Test("no temporary file stays beside what was written, given up or refused")
    func noLeftovers() async throws {
        let store = LocalObjectStore()
        let scratch = TemporaryFolder()
        defer { withExtendedLifetime(scratch) {} }
        let root = scratch.path
        try await store.put("\(root)/file", [1])
        try? await store.put("\(root)/file", [2])
        let upload = try await store.create("\(root)/other")
        await upload.abort()
        let folder = try #require(opendir(root))
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // The file itself, "." and "..".
        #expect(count == 3)
    }

    @Test("what a crash left of an upload is not listed, and a replacement leaves nothing behind")
    func hiddenParts() async throws {
        let store = LocalObjectStore()
        let scratch = TemporaryFolder()
        defer { withExtendedLifetime(scratch) {} }
        let root = scratch.path
        try await store.put("\(root)/file", [1])
        let upload = try await store.create("\(root)/other")
        try await upload.writeAll([1])
        let version = try await store.put("\(root)/file", [2], when: .always)
        _ = try? await store.put("\(root)/file", [3], when: .unchanged(ObjectVersion(tag: "x")))
        #expect(try await store.list(below: root).map(\.path) == ["\(root)/file"])
        #expect(try await store.status(of: "\(root)/file").version == version)
        await upload.abort()
        let folder = try #require(opendir(root))
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // The file itself, "." and "..".
        #expect(count == 3)
    }

    @Test("links to files are followed, links to folders and other things are left out")
    func strangeEntries() async throws {
        let store = LocalObjectStore()
        let scratch = TemporaryFolder()
        defer { withExtendedLifetime(scratch) {} }
        let root = scratch.path
        try await store.put("\(root)/folder/file", [1, 2])
        symlink("\(root)/folder/file", "\(root)/link")
        symlink("\(root)/folder", "\(root)/loop")
        symlink("\(root)/nowhere", "\(root)/dangling")
        mkfifo("\(root)/pipe", 0o600)
        let found = try await store.list(below: root)
        #expect(found.map(\.path) == ["\(root)/folder/file", "\(root)/link"])
        #expect(found.map(\.byteCount) == [2, 2])
    }
}
