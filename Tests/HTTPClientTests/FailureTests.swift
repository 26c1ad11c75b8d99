import HTTPClient
import HTTPTestKit
import Testing

@Suite("Failures")
struct FailureTests {
    /// The error of a request to a server with this script.
    func error(
        of method: HTTPMethod = .get,
        _ timeouts: HTTPTimeouts = HTTPTimeouts(),
        script: @escaping @Sendable (ServerConnection) throws -> Void
    ) async throws -> HTTPError {
        let server = try ScriptedServer(script)
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient(timeouts).send(
                HTTPRequest(
                    method,
                    "\(server.url)/a?token=secret1",
                    headers: ["Authorization": "Bearer secret2"],
                    body: method == .get ? .none : .bytes(Array("secret3".utf8))
                ),
                bodyBytesMax: 1000
            )
        }
        let found = try #require(error)
        #expect(!"\(found)".contains("secret"), "\(found)")
        #expect("\(found)".hasPrefix("\(method.rawValue) \(server.url)/a: "), "\(found)")
        return found
    }

    @Test(
        "an answer that is cut short is broken, and the request may have been received",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ]
    )
    func cutShort(_ text: String) async throws {
        let error = try await error(of: .post) { connection in
            _ = try connection.readRequest()
            try connection.send(text)
        }
        #expect(error.kind == .broken, "\(error)")
        #expect(error.sent == .maybe)
        #expect(error.isPassing)
    }

    @Test("a connection that is reset within the request is broken")
    func reset() async throws {
        let error = try await error(of: .put) { connection in
            _ = try connection.readHead()
            connection.reset()
        }
        #expect(error.kind == .broken)
        #expect(error.sent == .maybe)
    }

    @Test("nothing was sent where nobody listens")
    func nobodyListens() async throws {
        let url = try ScriptedServer { _ in }.url
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(HTTPRequest(.post, url), bodyBytesMax: 10)
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.sent == .no)
        #expect(error?.isPassing == true)
    }

    @Test("nothing was sent to a name that nobody has")
    func unknownName() async throws {
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(
                HTTPRequest(.get, "http://nobody.invalid/"),
                bodyBytesMax: 10
            )
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.sent == .no)
        #expect(error?.message.contains("nobody.invalid") == true)
    }

    @Test("a server that says nothing meets the idle limit")
    func silentServer() async throws {
        let error = try await error(of: .post, HTTPTimeouts(idleMilliseconds: 200)) { connection in
            _ = try connection.readRequest()
            while connection.read() != nil {}
        }
        #expect(error.kind == .timeout)
        #expect(error.sent == .maybe)
        #expect(error.message.hasSuffix("nothing moved for 200 ms"))
    }

    @Test("a server that stops within the body meets the idle limit")
    func stalledBody() async throws {
        let error = try await error(HTTPTimeouts(idleMilliseconds: 200)) { connection in
            _ = try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            while connection.read() != nil {}
        }
        #expect(error.kind == .timeout)
    }

    @Test("a slow server that goes on meets no idle limit, only that of the whole")
    func slowServer() async throws {
        let script: @Sendable (ServerConnection) throws -> Void = { connection in
            _ = try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            for _ in 0..<4 {
                connection.waitBriefly(milliseconds: 500)
                try connection.send("x")
            }
        }
        let server = try ScriptedServer(script)
        let answer = try await makeClient(HTTPTimeouts(idleMilliseconds: 1500)).send(
            HTTPRequest(.get, server.url),
            bodyBytesMax: 10
        )
        #expect(answer.body.count == 4)
        let timeouts = HTTPTimeouts(idleMilliseconds: 1500, totalMilliseconds: 700)
        let error = try await error(timeouts, script: script)
        #expect(error.kind == .timeout)
        #expect(error.message.hasSuffix("no whole answer within 700 ms"))
    }

    @Test("a server that does not shake hands meets the connect limit, and nothing was sent")
    func noHandshake() async throws {
        let server = try ScriptedServer { connection in while connection.read() != nil {} }
        let client = makeClient(HTTPTimeouts(connectMilliseconds: 200))
        let error = await #expect(throws: HTTPError.self) {
            _ = try await client.send(
                HTTPRequest(.post, "https://127.0.0.1:\(server.port)/"),
                bodyBytesMax: 10
            )
        }
        #expect(error?.kind == .timeout)
        #expect(error?.sent == .no)
    }

    @Test("a server without TLS is never spoken to in plain")
    func noTLS() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.read()
            try connection.answer(200)
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(
                HTTPRequest(.post, "https://127.0.0.1:\(server.port)/"),
                bodyBytesMax: 10
            )
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.sent == .no)
    }

    @Test("a cancelled task ends its request and closes the connection", arguments: [true, false])
    func cancellation(hasAnswerBegun: Bool) async throws {
        let isReceived = Progress()
        let isClosed = Progress()
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            if hasAnswerBegun {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            }
            isReceived.add(1)
            while connection.read() != nil {}
            isClosed.add(1)
        }
        let client = makeClient()
        let task = Task {
            try await client.withResponse(to: HTTPRequest(.get, server.url)) { answer in
                while try await answer.next() != nil {}
            }
        }
        try await isReceived.wait(for: 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await isClosed.wait(for: 1) == 1)
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let server = try ScriptedServer { connection in _ = try connection.readRequest() }
        let client = makeClient()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await client.send(HTTPRequest(.get, server.url), bodyBytesMax: 10)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(server.connectionCount == 0)
    }

    @Test(
        "headers that could end a line are refused, and their values not repeated",
        arguments: [
            ("X", "a\r\nX-Secret: 1"), ("X", "a\nsecret"), ("X", "\u{0}secret"),
            ("X", "secret\u{7F}"),
            ("X secret", "a"), ("X:secret", "a"), ("secret\r\nX", "a"), ("", "secret"), ("Xé", "a"),
            ("content-length", "5"), ("Transfer-Encoding", "chunked"), ("Expect", "100-continue"),
        ]
    )
    func headerInjection(_ name: String, _ value: String) async throws {
        let server = try ScriptedServer { connection in _ = try connection.readRequest() }
        let error = await #expect(throws: HTTPError.self) {
            var request = HTTPRequest(.get, server.url)
            request.headers.add(name, value)
            _ = try await makeClient().send(request, bodyBytesMax: 10)
        }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.sent == .no)
        #expect(error?.message.contains("secret") == false)
        #expect(server.connectionCount == 0)
    }

    @Test(
        "URLs that are none are refused, and not repeated",
        arguments: [
            "", "secret", "ftp://secret/", "file:///secret", "http://", "http:///secret",
            "http://user:secret@host/", "http://host/secret#", "http://host/a secret",
            "http://host/secret\r\n", "http://host:0/secret", "http://host:65536/secret",
            "http://host:1a/secret", "http://[::1/secret", "http://[secret]/",
            "http://ho\\st/secret",
            "http://host/sécret", "http://[::1]secret/",
        ]
    )
    func badURLs(_ url: String) async {
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(HTTPRequest(.get, url), bodyBytesMax: 10)
        }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.message.contains("secret") == false)
    }
}
