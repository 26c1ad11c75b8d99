import HTTPClient
import HTTPTestKit
import Synchronization
import Testing

@Suite("Connections")
struct ConnectionTests {
    @Test("a connection is kept for the next request, until the client goes")
    func keepAlive() async throws {
        let isClosed = Progress()
        let server = try ScriptedServer { connection in
            while try connection.readRequest() != nil { try connection.answer(200, [:], [1]) }
            isClosed.add(1)
        }
        var client: HTTPClient? = makeClient()
        for _ in 0..<5 {
            let answer = try await client?.send(HTTPRequest(.get, server.url), bodyBytesMax: 10)
            #expect(answer?.status == 200)
        }
        #expect(server.connectionCount == 1)
        #expect(isClosed.value == 0)
        client = nil
        #expect(try await isClosed.wait(for: 1) == 1)
    }

    @Test("a connection that the server wants closed is not used again")
    func connectionClose() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.answer(200, ["Connection": "close"], [1])
        }
        let client = makeClient()
        for _ in 0..<3 {
            _ = try await client.send(HTTPRequest(.get, server.url), bodyBytesMax: 10)
        }
        #expect(server.connectionCount == 3)
    }

    /// Answers the first request of the first connection, and breaks that one at the second.
    func breakingServer(_ received: Progress) throws -> ScriptedServer {
        try ScriptedServer { connection in
            _ = try connection.readRequest()
            try connection.answer(200, [:], [1])
            guard connection.number == 0 else { return }
            guard try connection.readRequest() != nil else { return }
            received.add(1)
            connection.reset()
        }
    }

    @Test("an idempotent request goes to a new connection when a kept one turns out broken")
    func idempotentAgain() async throws {
        let received = Progress()
        let server = try breakingServer(received)
        let client = makeClient()
        for _ in 0..<2 {
            let request = HTTPRequest(.put, server.url, body: .bytes([1, 2, 3]))
            let answer = try await client.send(request, bodyBytesMax: 10)
            #expect(answer.status == 200)
        }
        #expect(received.value == 1)
        #expect(server.connectionCount == 2)
    }

    @Test(
        "any other request is sent once, and the caller is told that it may have arrived",
        arguments: [HTTPRequestBody.none, .bytes([1, 2, 3])]
    )
    func otherwiseOnce(_ body: HTTPRequestBody) async throws {
        let received = Progress()
        let server = try breakingServer(received)
        let client = makeClient()
        _ = try await client.send(HTTPRequest(.post, server.url, body: body), bodyBytesMax: 10)
        let error = await #expect(throws: HTTPError.self) {
            _ = try await client.send(HTTPRequest(.post, server.url, body: body), bodyBytesMax: 10)
        }
        #expect(error?.kind == .broken)
        #expect(error?.sent == .maybe)
        #expect(received.value == 1)
    }

    @Test("no more requests are under way than allowed; the others wait and are done")
    func requestLimit() async throws {
        let box = StateBox()
        let server = try ScriptedServer { connection in
            while try connection.readRequest() != nil {
                box.enter()
                connection.waitBriefly(milliseconds: 20)
                box.leave()
                try connection.answer(200)
            }
        }
        let client = makeClient { $0.requestsMax = 3 }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await client.send(HTTPRequest(.get, server.url), bodyBytesMax: 10).status
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(box.most == 3)
        #expect(server.connectionCount <= 4)
    }

    final class StateBox: Sendable {
        private let state = Mutex((now: 0, most: 0))
        func enter() {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
        }
        func leave() { state.withLock { $0.now -= 1 } }
        var most: Int { state.withLock { $0.most } }
    }

    @Test("many requests at once get the answers that are theirs")
    func manyAtOnce() async throws {
        let server = try ScriptedServer { connection in
            while let request = try connection.readRequest() {
                try connection.answer(200, [:], Array(request.target.utf8))
            }
        }
        let client = makeClient { $0.idleConnectionsMax = 8 }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let answer = try await client.send(
                        HTTPRequest(.get, "\(server.url)/\(number)"),
                        bodyBytesMax: 10
                    )
                    return answer.body == Array("/\(number)".utf8)
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
