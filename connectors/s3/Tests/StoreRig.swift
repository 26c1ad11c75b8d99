import AWSSigning
import HTTPClient
import HTTPTestKit
import ObjectStore
import S3ObjectStore
import Synchronization
import Testing

/// A store that talks to a fake S3, and never really waits.
struct StoreRig: Sendable {
    static let partBytes = 1 << 20

    let fake: FakeS3
    let store: S3ObjectStore
    let waits = WaitLog()

    final class WaitLog: Sendable {
        private let log = Mutex<[Int]>([])
        func add(_ milliseconds: Int) { log.withLock { $0.append(milliseconds) } }
        var all: [Int] { log.withLock { $0 } }
    }

    init(
        _ fake: FakeS3,
        credentials: (any AWSCredentialsSource)? = FixedCredentials(FakeS3.credentials),
        clockSeconds: Int = 1_800_000_000,
        change: (inout S3Configuration) -> Void = { _ in }
    ) {
        self.fake = fake
        var configuration = S3Configuration(
            endpoint: fake.endpoint,
            partBytes: Self.partBytes,
            listPageObjectsMax: 10,
            client: HTTPClientConfiguration(
                timeouts: HTTPTimeouts(idleMilliseconds: 20_000),
                proxy: .none
            ),
            retries: RetryPolicy(attemptsMax: 4)
        )
        change(&configuration)
        let waits = waits
        store = S3ObjectStore(
            configuration,
            credentials: credentials,
            surroundings: RetrySurroundings(
                nowMilliseconds: { 0 },
                sleepMilliseconds: { waits.add($0) },
                random: { $0.upperBound }
            ),
            clockSeconds: { clockSeconds }
        )
    }

    init(_ plan: @escaping FakeS3.Plan) throws { self.init(try FakeS3(plan: plan)) }

    /// Fails the first requests of one kind.
    init(_ kind: FakeS3.Kind, _ faults: FakeS3.Fault...) throws {
        try self.init { asked, number in
            asked == kind && number <= faults.count ? faults[number - 1] : nil
        }
    }

    func uploads() -> Int { fake.state.withLock { $0.uploads.count } }

    /// The error of a call, which never tells a secret.
    func error(_ body: () async throws -> Void) async throws -> StoreError {
        let error = await #expect(throws: StoreError.self) { try await body() }
        let found = try #require(error)
        #expect(!"\(found)".contains("hidden"), "\(found)")
        return found
    }
}

/// Bytes of several parts.
let largeBytes = (0..<3_500_000).map { UInt8(truncatingIfNeeded: $0 / 3) }

extension S3ObjectStore {
    /// Writes in pieces that cross the parts' bounds.
    func writeLarge(_ path: String, _ bytes: [UInt8] = largeBytes) async throws {
        let upload = try await create(path)
        do {
            var written = 0
            while written < bytes.count {
                let count = min(700_001, bytes.count - written)
                try await upload.writeAll(Array(bytes[written..<written + count]))
                written += count
            }
            try await upload.complete()
        } catch {
            await upload.abort()
            throw error
        }
    }
}
