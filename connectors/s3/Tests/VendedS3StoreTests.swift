import AWSSigning
import HTTPClient
import ObjectStore
import S3ObjectStore
import Synchronization
import Testing

@Suite("Buckets by credentials from a catalog")
struct VendedS3StoreTests {
    private static let now = 1_800_000_000

    /// A store whose catalog has `next` to hand out, one set for each renewal.
    private final class Rig: Sendable {
        let fake: FakeS3
        let store: VendedS3Store
        let renewals = Mutex(0)

        init(_ fake: FakeS3, endpoint: String? = nil) {
            self.fake = fake
            store = VendedS3Store(
                S3Configuration(
                    endpoint: endpoint,
                    client: HTTPClientConfiguration(proxy: .none),
                    retries: RetryPolicy(attemptsMax: 4)
                ),
                credentials: FixedCredentials(FakeS3.credentials),
                follows: VendedS3Store.Follows(endpoint: endpoint == nil),
                surroundings: RetrySurroundings(
                    nowMilliseconds: { 0 },
                    sleepMilliseconds: { _ in },
                    random: { $0.upperBound }
                ),
                clockSeconds: { VendedS3StoreTests.now }
            )
        }

        var renewalCount: Int { renewals.withLock { $0 } }

        func note(
            _ prefix: String,
            token: String?,
            endsInSeconds: Int? = nil,
            renew: @escaping @Sendable (Rig) async throws -> Void = { _ in }
        ) {
            var properties = [
                "s3.access-key-id": "AKID", "s3.secret-access-key": "hidden",
                "s3.endpoint": fake.endpoint, "client.region": "us-east-1",
            ]
            properties["s3.session-token"] = token
            properties["s3.session-token-expires-at-ms"] = endsInSeconds.map {
                "\((VendedS3StoreTests.now + $0) * 1000)"
            }
            store.note(prefix: prefix, properties: properties) { [weak self] in
                guard let self else { return }
                self.renewals.withLock { $0 += 1 }
                try await renew(self)
            }
        }
    }

    private static func fake(token: String?) throws -> FakeS3 {
        var expected = FakeS3.credentials
        expected.sessionToken = token
        return try FakeS3(expected: expected)
    }

    @Test("the longest prefix of a path decides, and others go where they always went")
    func prefixes() async throws {
        let table = try Self.fake(token: "table")
        let rest = try Self.fake(token: nil)
        let rig = Rig(table, endpoint: rest.endpoint)
        let wrong = Rig(table)
        // Of two prefixes the longer one has the token that is taken.
        wrong.note("s3://bucket/", token: "bucket")
        wrong.note("s3://bucket/shop/orders/", token: "table")
        try await wrong.store.put("s3://bucket/shop/orders/data/1", [1])
        #expect(table.bytes("bucket/shop/orders/data/1") == [1])
        #expect(try await wrong.store.list(below: "s3://bucket/shop/orders").count == 1)
        let error = await #expect(throws: StoreError.self) {
            try await wrong.store.put("s3://bucket/shop/orders2", [1])
        }
        #expect(error.map { !"\($0)".contains("hidden") } == true)
        try await rig.store.put("s3://bucket/other", [2])
        #expect(rest.bytes("bucket/other") == [2])
    }

    @Test("what the pipeline says of the server stays, only the credentials are the catalog's")
    func fixedEndpoint() async throws {
        let named = try Self.fake(token: "table")
        let elsewhere = try Self.fake(token: "table")
        let rig = Rig(elsewhere, endpoint: named.endpoint)
        rig.note("s3://bucket/", token: "table")
        try await rig.store.put("s3://bucket/file", [3])
        #expect(named.bytes("bucket/file") == [3])
        #expect(elsewhere.bytes("bucket/file") == nil)
    }

    @Test("credentials that end soon are renewed before they are used, once for many requests")
    func renewal() async throws {
        let fake = try Self.fake(token: "new")
        let rig = Rig(fake)
        rig.note("s3://bucket/", token: "old", endsInSeconds: 60) { rig in
            try await Task.sleep(for: .milliseconds(50))
            rig.note("s3://bucket/", token: "new", endsInSeconds: 3600)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { try await rig.store.put("s3://bucket/\(number)", [1]) }
            }
            try await group.waitForAll()
        }
        #expect(rig.renewalCount == 1)
        #expect(fake.count(.put) == 8)
    }

    @Test("credentials that the server no longer takes are renewed, and the request is sent again")
    func refused() async throws {
        let fake = try Self.fake(token: "new")
        let rig = Rig(fake)
        rig.note("s3://bucket/", token: "old") { $0.note("s3://bucket/", token: "new") }
        try await rig.store.put("s3://bucket/file", [1])
        #expect(rig.renewalCount == 1)
        #expect(fake.bytes("bucket/file") == [1])
    }

    @Test(
        "a catalog out of reach costs nothing while the credentials are good, and is waited for after"
    )
    func catalogAway() async throws {
        struct Away: Error {}
        let fake = try Self.fake(token: "old")
        let rig = Rig(fake)
        rig.note("s3://bucket/", token: "old", endsInSeconds: 60) { _ in throw Away() }
        try await rig.store.put("s3://bucket/file", [1])
        #expect(fake.bytes("bucket/file") == [1])
        rig.note("s3://bucket/", token: "old", endsInSeconds: 0) { _ in throw Away() }
        let error = await #expect(throws: StoreError.self) {
            try await rig.store.put("s3://bucket/again", [1])
        }
        #expect(error?.kind == .unavailable)
        #expect(fake.bytes("bucket/again") == nil)
    }

    @Test("properties of other stores change nothing")
    func otherStores() async throws {
        let fake = try Self.fake(token: nil)
        let rig = Rig(fake, endpoint: fake.endpoint)
        rig.store.note(prefix: "s3://bucket/", properties: ["gcs.oauth2.token": "x"]) {}
        try await rig.store.put("s3://bucket/file", [1])
        #expect(fake.bytes("bucket/file") == [1])
    }
}
