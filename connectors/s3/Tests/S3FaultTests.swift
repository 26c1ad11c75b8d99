import AWSSigning
import HTTPClient
import HTTPTestKit
import ObjectStore
import S3ObjectStore
import Synchronization
import Testing

@Suite("S3 and what goes wrong")
struct S3FaultTests {
    let path = "s3://bucket/folder/file"
    let name = "bucket/folder/file"

    @Test("a write whose answer was lost is found to be ours", arguments: [false, true])
    func lostAnswer(isLarge: Bool) async throws {
        let bytes = isLarge ? largeBytes : [1, 2, 3]
        let kind: FakeS3.Kind = isLarge ? .complete : .put
        for fault: FakeS3.Fault in [
            .doneAndDropped, .doneAndRefused(500, "InternalError"),
            .doneAndRefused(503, "SlowDown"),
            .cut,
        ] {
            let rig = try StoreRig(kind, fault)
            try await rig.store.writeLarge(path, bytes)
            #expect(rig.fake.bytes(name) == bytes)
            #expect(rig.fake.count(kind) == 2)
            #expect(rig.uploads() == 0)
        }
    }

    @Test(
        "a name that somebody else took meanwhile is not taken for ours",
        arguments: [false, true]
    )
    func takenMeanwhile(isLarge: Bool) async throws {
        let kind: FakeS3.Kind = isLarge ? .complete : .put
        let rig = try StoreRig(kind, .dropped)
        rig.fake.put(name, [9])
        let bytes = isLarge ? largeBytes : [1]
        let error = try await rig.error { try await rig.store.writeLarge(path, bytes) }
        #expect(error.kind == .alreadyExists)
        #expect(error.message == "could not create \(path): the name is taken")
        #expect(rig.fake.bytes(name) == [9])
        #expect(rig.uploads() == 0)
    }

    @Test("a replacement whose answer was lost is found to be ours, with its version")
    func lostReplacement() async throws {
        let rig = try StoreRig { kind, number in kind == .put && number == 2 ? .doneAndDropped : nil
        }
        let first = try await rig.store.put(path, [1], when: .absent)
        let second = try await rig.store.put(path, [2], when: .unchanged(first))
        #expect(try await rig.store.status(of: path).version == second)
        #expect(rig.fake.bytes(name) == [2])
    }

    @Test("a replacement that nobody heard of, and that was replaced, is a change")
    func replacedMeanwhile() async throws {
        let rig = try StoreRig { kind, number in kind == .put && number == 2 ? .dropped : nil }
        let first = try await rig.store.put(path, [1], when: .absent)
        rig.fake.put(name, [9])
        let error = try await rig.error {
            try await rig.store.put(path, [2], when: .unchanged(first))
        }
        #expect(error.kind == .changed)
        #expect(rig.fake.bytes(name) == [9])
    }

    @Test("an error inside of an answer with status 200 is an error")
    func embeddedError() async throws {
        let rig = try StoreRig(
            .complete,
            .failedWithSuccess("InternalError"),
            .failedWithSuccess("SlowDown")
        )
        try await rig.store.writeLarge(path)
        #expect(rig.fake.bytes(name) == largeBytes)
        #expect(rig.fake.count(.complete) == 3)

        let refusing = try StoreRig(.complete, .failedWithSuccess("InvalidPart"))
        let error = try await refusing.error { try await refusing.store.writeLarge(path) }
        #expect(error.kind == .permission)
        #expect(error.message == "could not write \(path): the answer was 200 InvalidPart")
        #expect(refusing.fake.bytes(name) == nil)
        #expect(refusing.uploads() == 0)
    }

    @Test("parts that fail are sent again, and no other")
    func failingParts() async throws {
        let rig = try StoreRig(
            .part,
            .refused(503, "SlowDown"),
            .dropped,
            .doneAndDropped,
            .refused(500, "InternalError")
        )
        try await rig.store.writeLarge(path)
        #expect(rig.fake.bytes(name) == largeBytes)
        // Four parts, four faults.
        #expect(rig.fake.count(.part) == 8)
    }

    @Test("an upload that cannot become whole is given up")
    func failingUpload() async throws {
        let rig = try StoreRig { kind, _ in kind == .part ? .refused(403, "AccessDenied") : nil }
        let error = try await rig.error { try await rig.store.writeLarge(path) }
        #expect(error.kind == .denied)
        #expect(rig.uploads() == 0)
        #expect(rig.fake.count(.abort) == 1)
        #expect(rig.fake.count(.complete) == 0)
    }

    @Test("an upload that was given up by somebody else may be tried anew")
    func vanishedUpload() async throws {
        let rig = try StoreRig { kind, _ in kind == .complete ? .refused(404, "NoSuchUpload") : nil
        }
        let error = try await rig.error { try await rig.store.writeLarge(path) }
        #expect(error.kind == .unavailable)
    }

    @Test("a cancelled writer leaves no upload behind")
    func cancelledWriter() async throws {
        let rig = try StoreRig { kind, _ in kind == .part ? .late(milliseconds: 200) : nil }
        let task = Task { try await rig.store.writeLarge(path) }
        while rig.fake.count(.part) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(rig.uploads() == 0)
        #expect(rig.fake.bytes(name) == nil)
    }

    @Test("a writer that is forgotten leaves no upload behind")
    func forgottenWriter() async throws {
        let rig = StoreRig(try FakeS3())
        do {
            let upload = try await rig.store.create(path)
            try await upload.writeAll(largeBytes)
        }
        for _ in 0..<500 where rig.fake.count(.abort) == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(rig.fake.count(.abort) == 1)
        #expect(rig.uploads() == 0)
    }

    @Test("no more parts are under way than allowed, over all files, and writers wait")
    func boundedParts() async throws {
        let rig = StoreRig(
            try FakeS3 { kind, number in
                guard kind == .part else { return nil }
                return number <= 3 ? .gathered(parts: 3) : .late(milliseconds: 20)
            }
        ) { $0.partsInFlightMax = 3 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask { try await rig.store.writeLarge("\(path)-\(number)") }
            }
            try await group.waitForAll()
        }
        #expect(rig.fake.state.withLock { $0.partsMost } == 3)
        for number in 0..<6 { #expect(rig.fake.bytes("\(name)-\(number)") == largeBytes) }
    }

    @Test("requests that keep failing end with the last reason, after growing waits")
    func givingUp() async throws {
        let rig = try StoreRig { _, _ in .refused(503, "SlowDown") }
        let error = try await rig.error { _ = try await rig.store.read(path, range: nil) }
        #expect(error.kind == .unavailable)
        #expect(
            error.message == "could not read \(path): the answer was 503 SlowDown, request REQ1"
        )
        #expect(rig.fake.count(.get) == 4)
        #expect(rig.waits.all == [100, 200, 400])
    }

    @Test("a server's wish to be left alone is kept")
    func retryAfter() async throws {
        let rig = try StoreRig(.get, .answered(503, ["Retry-After": "9"], ""))
        rig.fake.put(name, [5])
        #expect(try await rig.store.read(path, range: nil) == [5])
        #expect(rig.waits.all == [9000])
    }

    @Test("an answer that breaks off is asked for again")
    func cutRead() async throws {
        let rig = try StoreRig(.get, .cut, .cut)
        rig.fake.put(name, largeBytes)
        #expect(try await rig.store.read(path, range: nil) == largeBytes)
        #expect(try await rig.store.read(path, range: 7..<1000) == Array(largeBytes[7..<1000]))
    }

    @Test("a server that ignores ranges is found out, and not believed")
    func ignoredRange() async throws {
        let rig = try StoreRig { kind, _ in kind == .get ? .answered(200, [:], "0123456789") : nil }
        let error = try await rig.error { _ = try await rig.store.read(path, range: 2..<4) }
        #expect(error.kind == .notFound)
    }

    /// What a server answers, and the sentence that comes of it.
    struct Sentence: CustomTestStringConvertible {
        var status: Int
        var code: String
        var headers: [String: String] = [:]
        var kind: StoreError.Kind
        var sentence: String

        var testDescription: String { "\(status) \(code)" }
    }

    @Test(
        "an error says what was tried, what came, and what to do",
        arguments: [
            Sentence(
                status: 403,
                code: "AccessDenied",
                kind: .denied,
                sentence: "403 AccessDenied, request REQ1. Allow s3:GetObject on it for these"
                    + " credentials"
            ),
            Sentence(
                status: 403,
                code: "InvalidAccessKeyId",
                kind: .denied,
                sentence: "403 InvalidAccessKeyId, request REQ1. Check lake.s3.access-key and"
                    + " secret-key, or the AWS credentials"
            ),
            Sentence(
                status: 404,
                code: "NoSuchBucket",
                kind: .permission,
                sentence: "404 NoSuchBucket, request REQ1. Create the bucket, or correct"
                    + " lake.warehouse"
            ),
            Sentence(
                status: 404,
                code: "NoSuchKey",
                kind: .notFound,
                sentence: "404 NoSuchKey, request REQ1"
            ),
            Sentence(
                status: 301,
                code: "PermanentRedirect",
                headers: ["x-amz-bucket-region": "eu-west-1"],
                kind: .permission,
                sentence: "301 PermanentRedirect, request REQ1. Set lake.s3.region to eu-west-1"
            ),
            Sentence(
                status: 507,
                code: "XMinioStorageFull",
                kind: .full,
                sentence:
                    "507 XMinioStorageFull, request REQ1. Make room in the bucket, or raise its"
                    + " quota"
            ),
            Sentence(
                status: 400,
                code: "hidden <b>thing</b>",
                kind: .permission,
                sentence: "400, request REQ1"
            ),
            Sentence(
                status: 501,
                code: "NotImplemented",
                kind: .permission,
                sentence: "501 NotImplemented, request REQ1"
            ),
        ]
    )
    func sentences(_ one: Sentence) async throws {
        let headers = one.headers.merging(["x-amz-request-id": "REQ1"]) { $1 }
        let body = "<Error><Code>\(one.code)</Code><Message>hidden</Message></Error>"
        let rig = try StoreRig { _, _ in .answered(one.status, headers, body) }
        let error = try await rig.error { _ = try await rig.store.read(path, range: nil) }
        #expect(error.kind == one.kind)
        #expect(error.message == "could not read \(path): the answer was \(one.sentence)")
        #expect(rig.waits.all == [])
    }

    @Test("a wrong secret is told apart from a missing one, and neither is shown")
    func wrongSecret() async throws {
        let wrong = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "hidden too")
        let rig = StoreRig(try FakeS3(), credentials: FixedCredentials(wrong))
        let error = try await rig.error { try await rig.store.put(path, [1]) }
        #expect(error.kind == .denied)
        #expect(error.message.contains("403 SignatureDoesNotMatch"))
        let nobody = StoreRig(try FakeS3(), credentials: CredentialsChain([]))
        let missing = try await nobody.error { try await nobody.store.put(path, [1]) }
        #expect(missing.kind == .denied)
        #expect(missing.message.contains("found no AWS credentials"))
    }

    @Test("a clock that is wrong is put right by the server's")
    func clockSkew() async throws {
        let rig = StoreRig(try FakeS3(), clockSeconds: 1_799_990_000)
        try await rig.store.put(path, [1])
        #expect(rig.fake.count(.put) == 2)
        #expect(try await rig.store.read(path, range: nil) == [1])
        #expect(rig.fake.count(.get) == 1)
    }

    /// Gives a new session's token each time it has to.
    final class Renewing: AWSCredentialsSource {
        private let count = Mutex(0)

        func credentials() async throws -> AWSCredentials? {
            let number = count.withLock { count in
                count += 1
                return count
            }
            return AWSCredentials(
                accessKeyID: "AKID",
                secretAccessKey: "hidden",
                sessionToken: "token\(number)"
            )
        }
    }

    @Test("a session that has expired is renewed once")
    func expiredToken() async throws {
        var expected = FakeS3.credentials
        expected.sessionToken = "token2"
        let rig = StoreRig(
            try FakeS3(expected: expected),
            credentials: CachedCredentials(Renewing(), nowSeconds: { 0 })
        )
        try await rig.store.put(path, [1])
        #expect(rig.fake.count(.put) == 2)
        expected.sessionToken = "never"
        let hopeless = StoreRig(
            try FakeS3(expected: expected),
            credentials: CachedCredentials(Renewing(), nowSeconds: { 0 })
        )
        let error = try await hopeless.error { try await hopeless.store.put(path, [1]) }
        #expect(error.kind == .denied)
        #expect(hopeless.fake.count(.put) == 2)
    }

    @Test("many objects are deleted a thousand at a time")
    func deleteMany() async throws {
        let rig = StoreRig(try FakeS3())
        let paths = (0..<1001).map { "s3://bucket/\($0) & <more>" }
        for number in [0, 999, 1000] { rig.fake.put("bucket/\(number) & <more>", [1]) }
        rig.fake.put("bucket/other", [1])
        try await rig.store.delete(paths)
        #expect(rig.fake.state.withLock { $0.objects.count } == 1)
        #expect(rig.fake.count(.deleteTogether) == 1)
        // One alone needs no list.
        #expect(rig.fake.count(.delete) == 1)
    }

    @Test("what is not deleted with the others is deleted alone")
    func deletePartly() async throws {
        let rig = try StoreRig(
            .deleteTogether,
            .answered(
                200,
                [:],
                "<DeleteResult><Error><Key>b</Key><Code>InternalError</Code></Error></DeleteResult>"
            ),
            .refused(501, "NotImplemented")
        )
        for key in ["b", "c", "d", "line\nbreak"] { rig.fake.put("bucket/\(key)", [1]) }
        try await rig.store.delete(["s3://bucket/a", "s3://bucket/b"])
        #expect(rig.fake.bytes("bucket/b") == nil)
        #expect(rig.fake.count(.delete) == 1)
        try await rig.store.delete(["s3://bucket/c", "s3://bucket/d", "s3://bucket/line\nbreak"])
        #expect(rig.fake.state.withLock { $0.objects.count } == 0)
        #expect(rig.fake.count(.delete) == 4)
    }

    @Test("deleting goes on behind what cannot be deleted, and says so")
    func deleteDenied() async throws {
        let rig = try StoreRig { kind, number in
            switch (kind, number) {
            case (.deleteTogether, _): .refused(501, "NotImplemented")
            case (.delete, 1): .refused(403, "AccessDenied")
            default: nil
            }
        }
        let error = try await rig.error {
            try await rig.store.delete(["s3://one/a", "s3://two/b", "s3://two/c"])
        }
        #expect(error.kind == .denied)
    }

    @Test(
        "a listing that makes no sense is refused",
        arguments: [
            "", "<html></html>",
            "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
            "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        ]
    )
    func badListing(_ text: String) async throws {
        let rig = try StoreRig { _, _ in .answered(200, [:], text) }
        let error = try await rig.error { _ = try await rig.store.list(below: "s3://bucket/a") }
        #expect(error.kind == .permission)
    }

    @Test("a listing that never ends is ended")
    func endlessListing() async throws {
        let text =
            "<ListBucketResult><IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>x</NextContinuationToken></ListBucketResult>"
        let rig = try StoreRig { _, _ in .answered(200, [:], text) }
        let error = try await rig.error { _ = try await rig.store.list(below: "s3://bucket/a") }
        #expect(error.message.contains("does not say where the next page begins"))
        #expect(rig.fake.count(.list) == 2)
    }
}
