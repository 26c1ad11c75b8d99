import AWSSigning
import Bytes
import HTTPClient
import HTTPTestKit
import Synchronization

/// A server that keeps objects in memory and answers as S3 does, or fails as a test wants it.
final class FakeS3: Sendable {
    /// What goes wrong with one request.
    enum Fault: Sendable {
        /// Answered with an error; nothing is done.
        case refused(Int, String)
        /// Done, and answered with an error all the same.
        case doneAndRefused(Int, String)
        /// The connection ends; nothing is done.
        case dropped
        /// Done, and the connection ends.
        case doneAndDropped
        /// Done, and the connection ends within the answer.
        case cut
        /// Answered with status 200 and an error inside; nothing is done.
        case failedWithSuccess(String)
        /// Done after a while.
        case late(milliseconds: Int)
        /// Done when this many parts are under way.
        case gathered(parts: Int)
        /// Answered with these bytes.
        case answered(Int, [String: String], String)
    }

    /// Decides about a request; `number` counts the requests of this kind from 1.
    typealias Plan = @Sendable (_ kind: Kind, _ number: Int) -> Fault?

    enum Kind: String, CaseIterable, Sendable {
        case get, head, put, delete, list, deleteTogether, begin, part, complete, abort
    }

    struct Object: Sendable {
        var bytes: [UInt8]
        var tag: String
        var mark: String?
        var seconds: Int
    }

    struct Upload: Sendable {
        var key: [UInt8]
        var mark: String?
        var parts: [Int: [UInt8]] = [:]
    }

    struct State: Sendable {
        /// By bucket and key, with a slash between.
        var objects: [[UInt8]: Object] = [:]
        var uploads: [String: Upload] = [:]
        var uploadCount = 0
        var counts: [Kind: Int] = [:]
        var requests: [ReceivedRequest] = []
        var partsNow = 0
        var partsMost = 0
    }

    let state = Mutex(State())
    private let server: ScriptedServer
    private let serving: Serving

    /// What the connections' threads need; the server itself may go before them.
    private final class Serving: Sendable {
        let fake = Mutex<WeakFake?>(nil)
    }

    private struct WeakFake: Sendable {
        weak let fake: FakeS3?
    }

    static let credentials = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "hidden")

    private let plan: Plan
    /// The credentials that requests have to be signed with; nil takes all requests.
    private let expected: AWSCredentials?
    private let clockSeconds: Int

    init(
        expected: AWSCredentials? = credentials,
        clockSeconds: Int = 1_800_000_000,
        plan: @escaping Plan = { _, _ in nil }
    ) throws {
        self.plan = plan
        self.expected = expected
        self.clockSeconds = clockSeconds
        let serving = Serving()
        self.serving = serving
        server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                guard let fake = serving.fake.withLock({ $0?.fake }) else { return }
                try fake.serve(request, connection)
            }
        }
        serving.fake.withLock { $0 = WeakFake(fake: self) }
    }

    var endpoint: String { server.url }
    var port: UInt16 { server.port }

    func count(_ kind: Kind) -> Int { state.withLock { $0.counts[kind] ?? 0 } }

    func bytes(_ name: String) -> [UInt8]? {
        state.withLock { $0.objects[Array(name.utf8)]?.bytes }
    }

    /// Puts an object there that somebody else wrote.
    func put(_ name: String, _ bytes: [UInt8]) {
        state.withLock { $0.objects[Array(name.utf8)] = object(bytes, mark: "somebody else") }
    }

    private func object(_ bytes: [UInt8], tag: String? = nil, mark: String?) -> Object {
        Object(
            bytes: bytes,
            tag: tag ?? "\"\(hexadecimal(Digest.md5(bytes)))\"",
            mark: mark,
            seconds: clockSeconds
        )
    }
}

// MARK: - Requests

extension FakeS3 {
    /// A request that was understood.
    struct Call {
        var request: ReceivedRequest
        var kind: Kind
        /// Bucket and key.
        var name: [UInt8]
        var parameters: [String: String]

        init?(_ request: ReceivedRequest) {
            self.request = request
            var path = String(request.path)
            // The virtual style: the bucket stands before the host.
            let host = request.headers["host"] ?? ""
            if let dot = host.firstRange(of: ".localhost") {
                path = "/\(host[..<dot.lowerBound])\(path)"
            }
            name = URIEncoding.decode(path.dropFirst())
            parameters = [:]
            for pair in request.query.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                let value = parts.count > 1 ? URIEncoding.decode(parts[1]) : []
                parameters[String(parts[0])] = String(decoding: value, as: UTF8.self)
            }
            switch (request.method, parameters["uploadId"] != nil) {
            case ("GET", _): kind = parameters["list-type"] == "2" ? .list : .get
            case ("HEAD", _): kind = .head
            case ("PUT", let isPart): kind = isPart ? .part : .put
            case ("DELETE", let isUpload): kind = isUpload ? .abort : .delete
            case ("POST", true): kind = .complete
            case ("POST", false): kind = parameters["uploads"] != nil ? .begin : .deleteTogether
            default: return nil
            }
        }
    }

    struct Answer {
        var status = 200
        var headers: [String: String] = [:]
        var body: [UInt8] = []

        static func error(_ status: Int, _ code: String) -> Answer {
            Answer(
                status: status,
                headers: ["x-amz-request-id": "REQ1"],
                body: Array("<Error><Code>\(code)</Code><Message>hidden</Message></Error>".utf8)
            )
        }

        static func xml(_ text: String) -> Answer {
            Answer(body: Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(text)".utf8))
        }
    }

    private func serve(_ request: ReceivedRequest, _ connection: ServerConnection) throws {
        guard let call = Call(request) else { return try connection.answer(405) }
        let number = state.withLock { state in
            state.requests.append(request)
            state.counts[call.kind, default: 0] += 1
            if call.kind == .part {
                state.partsNow += 1
                state.partsMost = max(state.partsMost, state.partsNow)
            }
            return state.counts[call.kind] ?? 0
        }
        defer { if call.kind == .part { state.withLock { $0.partsNow -= 1 } } }
        if let refusal = refusal(request) { return try send(refusal, call, connection) }
        switch plan(call.kind, number) {
        case nil: try send(perform(call), call, connection)
        case .refused(let status, let code): try send(.error(status, code), call, connection)
        case .doneAndRefused(let status, let code):
            _ = perform(call)
            try send(.error(status, code), call, connection)
        case .dropped: connection.close()
        case .doneAndDropped:
            _ = perform(call)
            connection.close()
        case .cut:
            let answer = perform(call)
            // An answer to HEAD has nothing that could be cut off.
            guard call.kind != .head else { return connection.close() }
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: \(answer.body.count + 9)\r\n\r\n"
            )
            try connection.send(answer.body)
            connection.close()
        case .failedWithSuccess(let code):
            let answer = Answer(body: Answer.error(200, code).body)
            try send(answer, call, connection)
        case .late(let milliseconds):
            connection.waitBriefly(milliseconds: milliseconds)
            try send(perform(call), call, connection)
        case .gathered(let parts):
            for _ in 0..<1000 where state.withLock({ $0.partsMost < parts }) {
                connection.waitBriefly()
            }
            try send(perform(call), call, connection)
        case .answered(let status, let headers, let text):
            let answer = Answer(status: status, headers: headers, body: Array(text.utf8))
            try send(answer, call, connection)
        }
    }

    private func send(_ answer: Answer, _ call: Call, _ connection: ServerConnection) throws {
        guard call.kind == .head else {
            return try connection.answer(answer.status, answer.headers, answer.body)
        }
        var head = "HTTP/1.1 \(answer.status) X\r\n"
        if answer.headers["Content-Length"] == nil { head += "Content-Length: 0\r\n" }
        for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
        try connection.send(head + "\r\n")
    }

    /// Signs what came anew and compares.
    private func refusal(_ request: ReceivedRequest) -> Answer? {
        guard let expected else { return nil }
        guard let authorization = request.headers["authorization"] else {
            return .error(403, "AccessDenied")
        }
        let date = request.headers["x-amz-date"] ?? ""
        func number(_ start: Int, _ count: Int) -> Int {
            Int(date.dropFirst(start).prefix(count)) ?? 0
        }
        let days = daysFromCivil(year: number(0, 4), month: number(4, 2), day: number(6, 2))
        let seconds = days * 86_400 + number(9, 2) * 3600 + number(11, 2) * 60 + number(13, 2)
        guard abs(seconds - clockSeconds) < 900 else {
            var answer = Answer.error(403, "RequestTimeTooSkewed")
            // 1,800,000,000 seconds since 1970.
            answer.headers["Date"] = "Fri, 15 Jan 2027 08:00:00 GMT"
            return answer
        }
        if expected.sessionToken != request.headers["x-amz-security-token"] {
            return .error(400, "ExpiredToken")
        }
        var copy = HTTPRequest(
            HTTPMethod(rawValue: request.method) ?? .get,
            "http://\(request.headers["host"] ?? "")\(request.target)"
        )
        let signedNames =
            authorization.split(separator: "SignedHeaders=").last?
            .prefix { $0 != "," }.split(separator: ";") ?? []
        for name in signedNames where name != "host" {
            copy.headers[String(name)] = request.headers[String(name)]
        }
        _ = try? AWSSigner.s3(region: "us-east-1").sign(
            &copy,
            payload: .bytes(request.body),
            credentials: expected,
            atSeconds: seconds
        )
        return copy.headers["Authorization"] == authorization
            ? nil : .error(403, "SignatureDoesNotMatch")
    }
}

// MARK: - Objects

extension FakeS3 {
    private func perform(_ call: Call) -> Answer {
        switch call.kind {
        case .get, .head: return read(call)
        case .list: return list(call)
        case .put:
            return write(call, call.request.body, mark: Self.mark(call.request), tag: nil)
        case .delete:
            state.withLock { $0.objects[call.name] = nil }
            return Answer(status: 204)
        case .deleteTogether: return deleteTogether(call)
        case .begin, .part, .complete, .abort: return multipart(call)
        }
    }

    private static func mark(_ request: ReceivedRequest) -> String? {
        request.headers["x-amz-meta-frazil-upload"]
    }

    private func read(_ call: Call) -> Answer {
        guard let object = state.withLock({ $0.objects[call.name] }) else {
            return .error(404, "NoSuchKey")
        }
        var answer = Answer(headers: ["ETag": object.tag])
        answer.headers["x-amz-meta-frazil-upload"] = object.mark
        if call.kind == .head {
            answer.headers["Content-Length"] = String(object.bytes.count)
            return answer
        }
        guard let range = call.request.headers["range"] else {
            answer.body = object.bytes
            return answer
        }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard bounds[0] < object.bytes.count else { return .error(416, "InvalidRange") }
        let end = min(bounds[1], object.bytes.count - 1)
        answer.status = 206
        answer.headers["Content-Range"] = "bytes \(bounds[0])-\(end)/\(object.bytes.count)"
        answer.body = Array(object.bytes[bounds[0]...end])
        return answer
    }

    private func write(_ call: Call, _ bytes: [UInt8], mark: String?, tag: String?) -> Answer {
        let written = object(bytes, tag: tag, mark: mark)
        return state.withLock { state in
            let current = state.objects[call.name]
            if call.request.headers["if-none-match"] == "*", current != nil {
                return .error(412, "PreconditionFailed")
            }
            if let wanted = call.request.headers["if-match"], current?.tag != wanted {
                return current == nil ? .error(404, "NoSuchKey") : .error(412, "PreconditionFailed")
            }
            state.objects[call.name] = written
            return Answer(headers: ["ETag": written.tag])
        }
    }

    private func list(_ call: Call) -> Answer {
        let bucket = String(decoding: call.name, as: UTF8.self).split(separator: "/")[0]
        let start = Array("\(bucket)/\(call.parameters["prefix"] ?? "")".utf8)
        let after = call.parameters["continuation-token"].map { Array($0.utf8) } ?? []
        let most = Int(call.parameters["max-keys"] ?? "") ?? 1000
        let found = state.withLock { state in
            state.objects.filter { $0.key.starts(with: start) }
                .filter { after.lexicographicallyPrecedes($0.key) }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        }
        let entries = found.prefix(most).map { name, object in
            let key = String(decoding: name.dropFirst(bucket.utf8.count + 1), as: UTF8.self)
            let encoded = URIEncoding.encode(key, keepingSlashes: true)
            return
                "<Contents><Key>\(encoded.split(separator: "%20", omittingEmptySubsequences: false).joined(separator: "+"))</Key>"
                + "<LastModified>2027-01-15T08:00:00.000Z</LastModified>"
                + "<Size>\(object.bytes.count)</Size></Contents>"
        }
        let isTruncated = found.count > most
        let next = isTruncated ? String(decoding: found[most - 1].key, as: UTF8.self) : ""
        return .xml(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                + "<EncodingType>url</EncodingType><IsTruncated>\(isTruncated)</IsTruncated>"
                + "<NextContinuationToken>\(Self.escaped(next))</NextContinuationToken>"
                + entries.joined() + "</ListBucketResult>"
        )
    }

    private static func escaped(_ text: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).joined(separator: "&amp;")
            .split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;")
    }

    private func deleteTogether(_ call: Call) -> Answer {
        let digest = Digest.base64(Digest.md5(call.request.body))
        guard call.request.headers["content-md5"] == digest,
            let document = try? XMLElement(parsing: call.request.body)
        else { return .error(400, "MalformedXML") }
        let bucket = call.name.prefix { $0 != UInt8(ascii: "/") }
        let keys = document.children("Object").compactMap { $0.text(of: "Key") }
        state.withLock { state in
            for key in keys { state.objects[bucket + [UInt8(ascii: "/")] + Array(key.utf8)] = nil }
        }
        return .xml("<DeleteResult></DeleteResult>")
    }

    private func multipart(_ call: Call) -> Answer {
        let id = call.parameters["uploadId"] ?? ""
        switch call.kind {
        case .begin:
            let id = state.withLock { state in
                state.uploadCount += 1
                let id = "up/load+\(state.uploadCount)"
                state.uploads[id] = Upload(key: call.name, mark: Self.mark(call.request))
                return id
            }
            return .xml(
                "<InitiateMultipartUploadResult><UploadId>\(id)</UploadId>"
                    + "</InitiateMultipartUploadResult>"
            )
        case .part:
            let number = Int(call.parameters["partNumber"] ?? "") ?? 0
            let isThere = state.withLock { state in
                guard state.uploads[id] != nil else { return false }
                state.uploads[id]?.parts[number] = call.request.body
                return true
            }
            guard isThere else { return .error(404, "NoSuchUpload") }
            return Answer(headers: ["ETag": "\"\(hexadecimal(Digest.md5(call.request.body)))\""])
        case .complete: return complete(call, id)
        default:
            let upload = state.withLock { $0.uploads.removeValue(forKey: id) }
            return upload == nil ? .error(404, "NoSuchUpload") : Answer(status: 204)
        }
    }

    private func complete(_ call: Call, _ id: String) -> Answer {
        guard let upload = state.withLock({ $0.uploads[id] }) else {
            return .error(404, "NoSuchUpload")
        }
        let document = try? XMLElement(parsing: call.request.body)
        var bytes: [UInt8] = []
        let parts = document?.children("Part") ?? []
        for (index, part) in parts.enumerated() {
            let number = Int(part.text(of: "PartNumber") ?? "") ?? 0
            guard let content = upload.parts[number], number == index + 1,
                part.text(of: "ETag") == "\"\(hexadecimal(Digest.md5(content)))\""
            else { return .error(400, "InvalidPart") }
            bytes += content
        }
        guard parts.count == upload.parts.count else { return .error(400, "InvalidPart") }
        let tag = "\"\(hexadecimal(Digest.md5(bytes)))-\(parts.count)\""
        let answer = write(call, bytes, mark: upload.mark, tag: tag)
        if answer.status == 200 { state.withLock { $0.uploads[id] = nil } }
        guard answer.status == 200 else { return answer }
        return .xml("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
    }
}
