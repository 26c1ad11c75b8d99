import HTTPClient
import HTTPTestKit
import Testing

/// A client that goes straight to the loopback.
func makeClient(
    _ timeouts: HTTPTimeouts = HTTPTimeouts(),
    change: (inout HTTPClientConfiguration) -> Void = { _ in }
) -> HTTPClient {
    var configuration = HTTPClientConfiguration(timeouts: timeouts, proxy: .none)
    // A busy machine may leave minutes between two steps of a test.
    configuration.idleConnectionSecondsMax = 3600
    change(&configuration)
    return HTTPClient(configuration)
}

@Suite("Answers")
struct AnswerTests {
    @Test("an answer with a length arrives whole, with its status and headers")
    func contentLength() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.answer(418, ["X-Kind": "teapot", "ETag": "\"a\""], Array("short".utf8))
        }
        let answer = try await makeClient().send(
            HTTPRequest(.get, "\(server.url)/pot"),
            bodyBytesMax: 5
        )
        #expect(answer.status == 418)
        #expect(!answer.isSuccess)
        #expect(answer.headers["x-kind"] == "teapot")
        #expect(answer.head.contentLength == 5)
        #expect(answer.body == Array("short".utf8))
    }

    @Test("the request arrives as it was given: path, query and headers untouched")
    func requestBytes() async throws {
        let server = try ScriptedServer { connection in
            let request = try #require(try connection.readRequest())
            try connection.answer(200, [:], Array(request.headerText.utf8))
        }
        let target = "/a/../b//%2e%2F+=~x?y=%20&z"
        let request = HTTPRequest(
            .delete,
            server.url + target,
            headers: ["X-Empty": "", "X-Text": "käse; 1"]
        )
        let answer = try await makeClient().send(request, bodyBytesMax: 4096)
        let expected = """
            DELETE \(target) HTTP/1.1
            Host: 127.0.0.1:\(server.port)
            Accept: */*
            X-Empty:
            X-Text: käse; 1
            User-Agent: frazil


            """
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(
            text
                == expected.split(separator: "\n", omittingEmptySubsequences: false).joined(
                    separator: "\r\n"
                )
        )
    }

    @Test("chunks are put together, and trailers are no headers")
    func chunked() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try connection.send("5;ext=1\r\nabcde\r\n3\r\nfgh\r\n0\r\nX-Late: 1\r\n\r\n")
        }
        let answer = try await makeClient().send(HTTPRequest(.get, server.url), bodyBytesMax: 8)
        #expect(answer.body == Array("abcdefgh".utf8))
        #expect(answer.headers["X-Late"] == nil)
    }

    @Test("interim answers are skipped")
    func interim() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            try connection.answer(200, ["X-Real": "1"], [1])
        }
        let answer = try await makeClient().send(HTTPRequest(.get, server.url), bodyBytesMax: 8)
        #expect(answer.status == 200)
        #expect(answer.headers["X-Early"] == nil)
        #expect(answer.headers["X-Real"] == "1")
        #expect(answer.body == [1])
    }

    @Test("a HEAD's answer has the length and no body, however long it says it is")
    func head() async throws {
        let server = try ScriptedServer { connection in
            while try connection.readRequest() != nil {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 123456789\r\n\r\n")
            }
        }
        let client = makeClient()
        for _ in 0..<2 {
            let answer = try await client.send(HTTPRequest(.head, server.url), bodyBytesMax: 0)
            #expect(answer.head.contentLength == 123_456_789)
            #expect(answer.body == [])
        }
        #expect(server.connectionCount == 1)
    }

    @Test("a gzip answer is unpacked where that was asked for, and its limit counts what comes out")
    func compressed() async throws {
        // printf 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' | gzip -n, gzip 1.12
        let packed: [UInt8] = [
            0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b, 0x4c, 0xc4, 0x0f,
            0x00, 0x77, 0x17, 0xb1, 0xca, 0x20, 0x00, 0x00, 0x00,
        ]
        let server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                #expect(request.headers["accept-encoding"] == "gzip")
                try connection.answer(200, ["Content-Encoding": "gzip"], packed)
            }
        }
        var request = HTTPRequest(.get, server.url)
        request.acceptsCompressed = true
        let answer = try await makeClient().send(request, bodyBytesMax: 32)
        #expect(answer.body == [UInt8](repeating: 0x61, count: 32))
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(request, bodyBytesMax: 31)
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test(
        "an answer beyond the limit is refused, whether its length is announced or not",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789",
            "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n12345",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\n123456789",
        ]
    )
    func bodyLimit(_ text: String) async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.send(text)
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(HTTPRequest(.get, server.url), bodyBytesMax: 8)
        }
        #expect(error?.kind == .tooLarge)
        #expect(error?.message == "GET \(server.url)/: the answer is larger than 8 bytes")
    }

    @Test("headers beyond the limit are refused")
    func headerLimit() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")
            try connection.send("X: \(String(repeating: "y", count: 990))\r\n\r\n")
        }
        let client = makeClient { $0.headerBytesMax = 1000 }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await client.send(HTTPRequest(.get, server.url), bodyBytesMax: 8)
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test(
        "what is not HTTP is refused",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 twohundred OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        ]
    )
    func notHTTP(_ text: String) async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.send(text)
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await makeClient().send(HTTPRequest(.get, server.url), bodyBytesMax: 8)
        }
        #expect(error?.kind == .malformedResponse, "\(error?.message ?? "")")
        #expect(error?.sent == .maybe)
    }

    @Test("a redirect is an answer: credentials go to no other host")
    func redirect() async throws {
        let other = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.answer(200)
        }
        let server = try ScriptedServer { [url = other.url] connection in
            _ = try connection.readRequest()
            try connection.answer(307, ["Location": "\(url)/elsewhere"])
        }
        let answer = try await makeClient().send(
            HTTPRequest(.get, server.url, headers: ["Authorization": "secret"]),
            bodyBytesMax: 8
        )
        #expect(answer.status == 307)
        #expect(other.connectionCount == 0)
    }
}
