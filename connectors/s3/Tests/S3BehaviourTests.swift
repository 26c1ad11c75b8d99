import AWSSigning
import HTTPClient
import HTTPTestKit
import ObjectStore
import ObjectStoreTestKit
import S3ObjectStore
import Synchronization
import Testing

@Suite("S3 does what every store does")
struct S3BehaviourTests {
    @Test("buckets in the path", arguments: ObjectStoreBehaviour.claims)
    func pathStyle(_ claim: ObjectStoreBehaviour.Claim) async throws {
        let rig = StoreRig(try FakeS3())
        try await claim.verify(rig.store, root: "s3://bucket/ware house")
        #expect(rig.uploads() == 0, "uploads that nobody ended")
    }

    @Test("buckets in the host's name", arguments: ObjectStoreBehaviour.claims)
    func virtualStyle(_ claim: ObjectStoreBehaviour.Claim) async throws {
        let fake = try FakeS3()
        let rig = StoreRig(fake) {
            $0.endpoint = "http://localhost:\(fake.port)"
            $0.usesPathStyle = false
        }
        try await claim.verify(rig.store, root: "s3a://bucket")
        #expect(
            rig.fake.state.withLock { state in
                state.requests.allSatisfy { $0.headers["host"] == "bucket.localhost:\(fake.port)" }
            }
        )
    }

    @Test(
        "every request may fail once in every way, and the store does what every store does",
        arguments: ObjectStoreBehaviour.claims
    )
    func faults(_ claim: ObjectStoreBehaviour.Claim) async throws {
        let faults: [FakeS3.Fault] = [
            .refused(503, "SlowDown"), .doneAndDropped, .dropped,
            .doneAndRefused(500, "InternalError"),
            .refused(500, "InternalError"), .doneAndRefused(503, "ServiceUnavailable"),
            .refused(429, "TooManyRequests"), .cut,
        ]
        // Two of three requests fail.
        let fake = try FakeS3 { _, number in
            number % 3 == 0 ? nil : faults[number / 3 % faults.count]
        }
        let rig = StoreRig(fake) { $0.retries.attemptsMax = 20 }
        try await claim.verify(rig.store, root: "s3://bucket/root")
    }

    @Test("a server without conditions is looked at before a write", arguments: [false, true])
    func withoutConditions(isLarge: Bool) async throws {
        let rig = StoreRig(try FakeS3()) { $0.writesConditionally = false }
        let path = "s3://bucket/file"
        let bytes = isLarge ? largeBytes : [1]
        try await rig.store.writeLarge(path, bytes)
        let error = try await rig.error { try await rig.store.writeLarge(path, bytes) }
        #expect(error.kind == .alreadyExists)
        #expect(
            rig.fake.state.withLock { state in
                state.requests.allSatisfy { $0.headers["if-none-match"] == nil }
            }
        )
        #expect(rig.uploads() == 0)
    }

    @Test(
        "a key is sent byte for byte, whatever is in it",
        arguments: [
            ("s3://bucket/a b+c=d&e?f#g%20h", "/bucket/a%20b%2Bc%3Dd%26e%3Ff%23g%2520h"),
            ("s3://bucket//x//y/", "/bucket//x//y/"),
            ("s3n://bucket/./../é", "/bucket/./../%C3%A9"),
            ("S3A://b.u-c_k3t/x", "/b.u-c_k3t/x"),
        ]
    )
    func keys(_ path: String, _ target: String) async throws {
        let rig = StoreRig(try FakeS3())
        try await rig.store.put(path, [7])
        let request = rig.fake.state.withLock { $0.requests[0] }
        #expect(request.target == target)
        #expect(try await rig.store.read(path, range: 0..<1) == [7])
    }

    @Test(
        "paths that name no object in a bucket are refused",
        arguments: [
            "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3:/bucket/key", "/bucket/key",
            "file:///key", "s3://buck et/key", "s3://bücket/key", "s3://user@host/key",
            "s3://bucket:80/key", "", "s3://bucket/" + String(repeating: "k", count: 1025),
        ]
    )
    func badPaths(_ path: String) async throws {
        let rig = StoreRig(try FakeS3())
        let error = try await rig.error { _ = try await rig.store.read(path, range: nil) }
        #expect(error.kind == .permission)
        #expect(error.message.contains(path))
        #expect(rig.fake.state.withLock { $0.requests.isEmpty })
    }

    @Test("a whole bucket is listed, in the words that it was asked for")
    func wholeBucket() async throws {
        let rig = StoreRig(try FakeS3())
        try await rig.store.put("s3://bucket/a/b", [1])
        for (folder, expected) in [
            ("s3a://bucket", "s3a://bucket/a/b"), ("s3://bucket/", "s3://bucket/a/b"),
            ("s3n://bucket/a", "s3n://bucket/a/b"), ("s3://bucket/a/", "s3://bucket/a/b"),
        ] {
            #expect(try await rig.store.list(below: folder).map(\.path) == [expected])
        }
        #expect(try await rig.store.list(below: "s3://bucket/a/b") == [])
    }

    @Test("what stands for a folder in a listing is no file")
    func folderMarkers() async throws {
        let rig = StoreRig(try FakeS3())
        for name in ["bucket/a/", "bucket/a/b/"] { rig.fake.put(name, []) }
        rig.fake.put("bucket/a/file", [1])
        #expect(
            try await rig.store.list(below: "s3://bucket/a").map(\.path) == ["s3://bucket/a/file"]
        )
    }

    @Test("requests without a name carry no signature")
    func anonymous() async throws {
        let rig = StoreRig(try FakeS3(expected: nil), credentials: nil)
        try await rig.store.put("s3://bucket/file", [1])
        #expect(try await rig.store.read("s3://bucket/file", range: nil) == [1])
        #expect(
            rig.fake.state.withLock { state in
                state.requests.allSatisfy { $0.headers["authorization"] == nil }
            }
        )
    }

    @Test(
        "the URLs of AWS itself",
        arguments: [
            ("eu-west-1", "bucket", "https://bucket.s3.eu-west-1.amazonaws.com/key"),
            ("us-east-1", "dotted.bucket", "https://s3.us-east-1.amazonaws.com/dotted.bucket/key"),
            ("cn-north-1", "bucket", "https://bucket.s3.cn-north-1.amazonaws.com.cn/key"),
        ]
    )
    func awsURLs(_ region: String, _ bucket: String, _ url: String) async throws {
        // Nobody answers: the error names the URL that was tried.
        let store = S3ObjectStore(
            S3Configuration(
                region: region,
                client: HTTPClientConfiguration(
                    timeouts: HTTPTimeouts(connectMilliseconds: 1),
                    proxy: .none
                ),
                retries: .once
            ),
            credentials: FixedCredentials(FakeS3.credentials)
        )
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.read("s3://\(bucket)/key", range: nil)
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("GET \(url):") == true, "\(error?.message ?? "")")
    }
}
