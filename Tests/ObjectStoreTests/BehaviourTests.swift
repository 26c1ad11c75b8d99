import ObjectStore
import ObjectStoreTestKit
import TestKit
import Testing

/// Gives `body` a folder that goes with all that is in it.
private func withScratchFolder(_ body: (String) async throws -> Void) async throws {
    let folder = TemporaryFolder()
    try await body(folder.path)
    withExtendedLifetime(folder) {}
}

@Suite("What every store does")
struct BehaviourTests {
    static let local = LocalObjectStore(pageObjectsMax: ObjectStoreBehaviour.pageObjects)

    @Test("a store in memory", arguments: ObjectStoreBehaviour.claims)
    func memory(_ claim: ObjectStoreBehaviour.Claim) async throws {
        try await claim.verify(MemoryObjectStore(), root: "mem:///root")
    }

    @Test("files of this machine, by URL", arguments: ObjectStoreBehaviour.claims)
    func localURL(_ claim: ObjectStoreBehaviour.Claim) async throws {
        try await withScratchFolder { try await claim.verify(Self.local, root: "file://\($0)") }
    }

    @Test("files of this machine, by short URL", arguments: ObjectStoreBehaviour.claims)
    func localShortURL(_ claim: ObjectStoreBehaviour.Claim) async throws {
        try await withScratchFolder { try await claim.verify(Self.local, root: "file:\($0)") }
    }

    @Test("files of this machine, by path", arguments: ObjectStoreBehaviour.claims)
    func localPath(_ claim: ObjectStoreBehaviour.Claim) async throws {
        try await withScratchFolder { try await claim.verify(Self.local, root: $0) }
    }

    @Test("stores that are chosen by the scheme", arguments: ObjectStoreBehaviour.claims)
    func routed(_ claim: ObjectStoreBehaviour.Claim) async throws {
        let store = RoutedObjectStore(["mem": MemoryObjectStore(), "file": Self.local])
        try await claim.verify(store, root: "MEM:///root")
        try await withScratchFolder { try await claim.verify(store, root: $0) }
    }
}

@Suite("RoutedObjectStore")
struct RoutedObjectStoreTests {
    @Test("files go where their scheme says, also many at once")
    func routing() async throws {
        let (left, right) = (MemoryObjectStore(), MemoryObjectStore())
        let store = RoutedObjectStore(["left": left, "right": right])
        for path in ["left://a/1", "right://a/1", "left://a/2"] { try await store.put(path, [1]) }
        #expect(left.paths == ["left://a/1", "left://a/2"])
        #expect(right.paths == ["right://a/1"])
        try await store.delete(["right://a/1", "left://a/1"])
        #expect(left.paths == ["left://a/2"])
        #expect(right.paths == [])
    }

    @Test("a scheme without a store is named, with those that have one")
    func unknownScheme() async throws {
        let store = RoutedObjectStore(["s3": MemoryObjectStore(), "file": LocalObjectStore()])
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.read("gs://bucket/key", range: nil)
        }
        #expect(error?.kind == .permission)
        #expect(
            error?.message
                == "could not use gs://bucket/key: there is no store for gs://, only for file, s3"
        )
    }
}
