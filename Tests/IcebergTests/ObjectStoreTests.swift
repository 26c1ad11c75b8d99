import Glibc
import ObjectStore
import Testing

@Suite("ObjectStore")
struct ObjectStoreTests {
    /// A store, and where in it a test may put files.
    struct Subject: CustomStringConvertible {
        var description: String
        var store: any ObjectStore
        var root: String
    }

    static func subjects() -> [Subject] {
        let tag = "\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let folder = "/tmp/frazil-store-\(tag)"
        return [
            Subject(description: "memory", store: MemoryObjectStore(), root: "mem:///\(tag)"),
            Subject(description: "file:///", store: LocalObjectStore(), root: "file://\(folder)/a"),
            Subject(description: "file:/", store: LocalObjectStore(), root: "file:\(folder)/b"),
            Subject(description: "path", store: LocalObjectStore(), root: "\(folder)/c"),
        ]
    }

    func expectError(
        _ kind: StoreError.Kind,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.kind == kind, "\(error?.message ?? "")")
    }

    @Test("what is put can be read, whole and in parts", arguments: subjects())
    func reading(_ subject: Subject) async throws {
        let path = "\(subject.root)/deep/er/é file.bin"
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try await subject.store.put(path, bytes)
        #expect(try await subject.store.read(path, range: nil) == bytes)
        #expect(try await subject.store.read(path, range: 5..<9) == Array(bytes[5..<9]))
        #expect(try await subject.store.read(path, range: 9..<9) == [])
        #expect(try await subject.store.byteCount(of: path) == bytes.count)
        await expectError(.notFound) {
            _ = try await subject.store.read(path, range: 999_999..<1_000_001)
        }
    }

    @Test("writes of all sizes come out in order", arguments: subjects())
    func writing(_ subject: Subject) async throws {
        let path = "\(subject.root)/file"
        let upload = try await subject.store.create(path)
        var expected: [UInt8] = []
        for (number, count) in [0, 1, 300_000, 7, 262_144, 262_143, 2].enumerated() {
            let piece = [UInt8](repeating: UInt8(number), count: count)
            try await upload.writeAll(piece)
            expected += piece
        }
        await expectError(.notFound) { _ = try await subject.store.byteCount(of: path) }
        try await upload.complete()
        #expect(try await subject.store.read(path, range: nil) == expected)
    }

    @Test("an empty file is a file", arguments: subjects())
    func emptyFile(_ subject: Subject) async throws {
        let path = "\(subject.root)/empty"
        try await subject.store.put(path, [])
        #expect(try await subject.store.read(path, range: nil) == [])
    }

    @Test("a name that is taken is never overwritten", arguments: subjects())
    func noOverwrite(_ subject: Subject) async throws {
        let path = "\(subject.root)/file"
        let late = try await subject.store.create(path)
        try await late.writeAll([9])
        try await subject.store.put(path, [1])
        await expectError(.alreadyExists) { try await late.complete() }
        await expectError(.alreadyExists) { try await subject.store.put(path, [2]) }
        #expect(try await subject.store.read(path, range: nil) == [1])
    }

    @Test("a file that was given up leaves nothing", arguments: subjects())
    func abort(_ subject: Subject) async throws {
        let path = "\(subject.root)/file"
        let upload = try await subject.store.create(path)
        try await upload.writeAll([1, 2, 3])
        await upload.abort()
        await expectError(.notFound) { _ = try await subject.store.read(path, range: nil) }
        try await subject.store.put(path, [4])
        #expect(try await subject.store.read(path, range: nil) == [4])
    }

    @Test("deleting works, also where nothing is", arguments: subjects())
    func deleting(_ subject: Subject) async throws {
        let path = "\(subject.root)/file"
        try await subject.store.put(path, [1])
        try await subject.store.delete(path)
        try await subject.store.delete(path)
        await expectError(.notFound) { _ = try await subject.store.read(path, range: nil) }
        await expectError(.notFound) { _ = try await subject.store.byteCount(of: path) }
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
        let root = Self.subjects()[3].root
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
        let root = Self.subjects()[3].root
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
}
