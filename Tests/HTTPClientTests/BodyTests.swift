import HTTPClient
import HTTPTestKit
import Testing

@Suite("Bodies")
struct BodyTests {
    /// Answers with the method, the two headers of a body, and the body's length and sum.
    static func echoServer() throws -> ScriptedServer {
        try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                let length = request.headers["content-length"] ?? "-"
                let coding = request.headers["transfer-encoding"] ?? "-"
                let expect = request.headers["expect"] ?? "-"
                let sum = request.body.reduce(0) { $0 &+ Int($1) }
                let text =
                    "\(request.method) \(length) \(coding) \(expect) \(request.body.count) \(sum)"
                try connection.answer(200, [:], Array(text.utf8))
            }
        }
    }

    static func stream(
        pieces: Int,
        byteCount: Int,
        asked: Progress = Progress()
    ) -> @Sendable () async throws -> [UInt8]? {
        {
            guard asked.value < pieces else { return nil }
            asked.add(1)
            return [UInt8](repeating: 1, count: byteCount)
        }
    }

    /// A body, and what the server is to say about it.
    struct Case: CustomTestStringConvertible {
        var method: HTTPMethod
        var body: HTTPRequestBody
        var expected: String

        init(_ method: HTTPMethod, _ body: HTTPRequestBody, _ expected: String) {
            self.method = method
            self.body = body
            self.expected = expected
        }

        var testDescription: String { expected }
    }

    @Test(
        "bodies of all kinds arrive with the header that belongs to them",
        arguments: [
            Case(.get, .none, "GET - - - 0 0"),
            Case(.delete, .none, "DELETE - - - 0 0"),
            Case(.post, .none, "POST 0 - - 0 0"),
            Case(.put, .none, "PUT 0 - - 0 0"),
            Case(.put, .bytes([]), "PUT 0 - - 0 0"),
            Case(.post, .bytes([1, 2, 3]), "POST 3 - - 3 6"),
            Case(.delete, .bytes([4]), "DELETE 1 - - 1 4"),
            Case(.patch, .bytes([5]), "PATCH 1 - - 1 5"),
            Case(
                .put,
                .bytes([UInt8](repeating: 1, count: 3_000_000)),
                "PUT 3000000 - - 3000000 3000000"
            ),
            Case(
                .put,
                .stream(byteCount: 700_000, next: stream(pieces: 7, byteCount: 100_000)),
                "PUT 700000 - - 700000 700000"
            ),
            Case(
                .post,
                .stream(byteCount: nil, next: stream(pieces: 3, byteCount: 5)),
                "POST - chunked - 15 15"
            ),
            Case(
                .put,
                .stream(byteCount: 0, next: stream(pieces: 2, byteCount: 0)),
                "PUT 0 - - 0 0"
            ),
            Case(
                .put,
                .stream(byteCount: nil, next: stream(pieces: 0, byteCount: 0)),
                "PUT - chunked - 0 0"
            ),
        ]
    )
    func kinds(_ one: Case) async throws {
        let server = try Self.echoServer()
        let answer = try await makeClient().send(
            HTTPRequest(one.method, server.url, body: one.body),
            bodyBytesMax: 1000
        )
        #expect(String(decoding: answer.body, as: UTF8.self) == one.expected)
    }

    @Test("a server that is asked before the body may let it come")
    func asksBeforeBody() async throws {
        let server = try Self.echoServer()
        var request = HTTPRequest(.put, server.url, body: .bytes([1, 2]))
        request.asksBeforeBody = true
        let answer = try await makeClient().send(request, bodyBytesMax: 1000)
        #expect(String(decoding: answer.body, as: UTF8.self) == "PUT 2 - 100-continue 2 3")
    }

    @Test("a server that is asked before the body may refuse it unsent")
    func refusesBeforeBody() async throws {
        let received = Progress()
        let server = try ScriptedServer { connection in
            _ = try connection.readHead()
            try connection.answer(403)
            while let more = connection.read() { received.add(more.count) }
        }
        var request = HTTPRequest(
            .put,
            server.url,
            body: .bytes([UInt8](repeating: 0, count: 1 << 20))
        )
        request.asksBeforeBody = true
        let answer = try await makeClient().send(request, bodyBytesMax: 1000)
        #expect(answer.status == 403)
        #expect(try await received.settled() == 0)
    }

    @Test("an answer that comes before the body is sent is an answer")
    func earlyAnswer() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readHead()
            try connection.answer(503, ["Connection": "close", "Retry-After": "7"])
            while connection.read() != nil {}
        }
        let body = HTTPRequestBody.bytes([UInt8](repeating: 0, count: 64 << 20))
        let answer = try await makeClient().send(
            HTTPRequest(.put, server.url, body: body),
            bodyBytesMax: 1000
        )
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "7")
    }

    @Test("a body is read no faster than the server takes it")
    func uploadBackPressure() async throws {
        let mayRead = Progress()
        let server = try ScriptedServer { connection in
            let head = try #require(try connection.readHead())
            while mayRead.value == 0 { connection.waitBriefly() }
            let body = try connection.readBody(of: head)
            try connection.answer(200, [:], Array("\(body.count)".utf8))
        }
        let asked = Progress()
        let next = Self.stream(pieces: 64, byteCount: 1 << 20, asked: asked)
        let client = makeClient()
        let answer = Task {
            try await client.send(
                HTTPRequest(.put, server.url, body: .stream(byteCount: 64 << 20, next: next)),
                bodyBytesMax: 100
            )
        }
        let askedBefore = try await asked.settled()
        // Two pieces at hand, and what the kernel holds for both ends of the connection.
        #expect((2...16).contains(askedBefore), "asked for \(askedBefore) MiB")
        mayRead.add(1)
        #expect(String(decoding: try await answer.value.body, as: UTF8.self) == "\(64 << 20)")
    }

    @Test("an answer is read no faster than it is used, however long that takes")
    func downloadBackPressure() async throws {
        let sent = Progress()
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<64 {
                try connection.send(piece)
                sent.add(1)
            }
        }
        // The idle limit is shorter than the time that nobody reads: our own time does not count.
        let client = makeClient(HTTPTimeouts(idleMilliseconds: 1500))
        let counts = try await client.withResponse(to: HTTPRequest(.get, server.url)) { answer in
            var count = try #require(try await answer.next()).count
            let sentBefore = try await sent.settled()
            #expect(sentBefore < 16, "the server sent \(sentBefore) MiB")
            try await Task.sleep(for: .milliseconds(2000))
            var largest = 0
            while let bytes = try await answer.next() {
                count += bytes.count
                largest = max(largest, bytes.count)
            }
            return (count, largest)
        }
        #expect(counts.0 == 64 << 20)
        #expect(counts.1 <= client.configuration.streamBytesMax)
    }

    @Test("an answer may be used in part; the client goes on")
    func partlyUsed() async throws {
        let server = try ScriptedServer { connection in
            while try connection.readRequest() != nil {
                try connection.answer(200, [:], [UInt8](repeating: 7, count: 8 << 20))
            }
        }
        let client = makeClient()
        let status = try await client.withResponse(to: HTTPRequest(.get, server.url)) {
            $0.head.status
        }
        #expect(status == 200)
        let answer = try await client.send(HTTPRequest(.get, server.url), bodyBytesMax: 8 << 20)
        #expect(answer.body.count == 8 << 20)
    }

    struct SourceBroke: Error {}

    @Test("what a body's stream throws is what the caller gets")
    func streamFails() async throws {
        let server = try Self.echoServer()
        let asked = Progress()
        await #expect(throws: SourceBroke.self) {
            let body = HTTPRequestBody.stream(byteCount: nil) {
                asked.add(1)
                if asked.value == 3 { throw SourceBroke() }
                return [1]
            }
            _ = try await makeClient().send(
                HTTPRequest(.put, server.url, body: body),
                bodyBytesMax: 100
            )
        }
    }

    @Test("a body with another length than announced is never taken for whole", arguments: [1, 3])
    func wrongLength(_ pieces: Int) async throws {
        let server = try Self.echoServer()
        let error = await #expect(throws: HTTPError.self) {
            let body = HTTPRequestBody.stream(
                byteCount: 20,
                next: Self.stream(pieces: pieces, byteCount: 10)
            )
            _ = try await makeClient().send(
                HTTPRequest(.put, server.url, body: body),
                bodyBytesMax: 100
            )
        }
        #expect(error?.kind == .invalidRequest)
    }
}
