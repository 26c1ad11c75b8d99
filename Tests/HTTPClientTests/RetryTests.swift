import HTTPClient
import Synchronization
import Testing

@Suite("Retries")
struct RetryTests {
    struct Failure: Error, Equatable { var number: Int }

    /// A clock that moves only when somebody sleeps, and a chance that always draws the most.
    final class Stage: Sendable {
        let sleeps = Mutex<[Int]>([])
        let bounds = Mutex<[Int]>([])
        let now = Mutex(1_000_000)

        var surroundings: RetrySurroundings {
            RetrySurroundings(
                nowMilliseconds: { self.now.withLock { $0 } },
                sleepMilliseconds: { milliseconds in
                    self.now.withLock { $0 += milliseconds }
                    self.sleeps.withLock { $0.append(milliseconds) }
                },
                random: { range in
                    self.bounds.withLock { $0.append(range.upperBound) }
                    return range.upperBound
                }
            )
        }
    }

    @Test("waits double up to their bound, and the last failure is thrown")
    func backoff() async throws {
        let stage = Stage()
        let policy = RetryPolicy(
            attemptsMax: 7,
            totalMillisecondsMax: 1_000_000,
            waitMillisecondsFirst: 100,
            waitMillisecondsMax: 1000
        )
        let error = await #expect(throws: Failure.self) {
            try await policy.run(stage.surroundings) { number in
                RetryPolicy.Attempt<Void>.failed(Failure(number: number))
            }
        }
        #expect(error == Failure(number: 7))
        #expect(stage.sleeps.withLock { $0 } == [100, 200, 400, 800, 1000, 1000])
    }

    @Test("the bound of a wait stays whole after very many attempts")
    func manyAttempts() async throws {
        let stage = Stage()
        let policy = RetryPolicy(attemptsMax: 100, totalMillisecondsMax: Int.max / 2)
        await #expect(throws: Failure.self) {
            try await policy.run(stage.surroundings) { number in
                RetryPolicy.Attempt<Void>.failed(Failure(number: number))
            }
        }
        #expect(stage.bounds.withLock { $0 }.allSatisfy { (100...20_000).contains($0) })
    }

    @Test("no attempt begins after the whole time is over")
    func totalTime() async throws {
        let stage = Stage()
        let policy = RetryPolicy(
            attemptsMax: 100,
            totalMillisecondsMax: 700,
            waitMillisecondsFirst: 100,
            waitMillisecondsMax: 10_000
        )
        let error = await #expect(throws: Failure.self) {
            try await policy.run(stage.surroundings) { number in
                RetryPolicy.Attempt<Void>.failed(Failure(number: number))
            }
        }
        // 100 + 200 + 400 is the whole time; the next wait would leave it.
        #expect(error == Failure(number: 4))
    }

    @Test("the server's wish to be left alone is kept, or ends the attempts where it is too long")
    func serverWish() async throws {
        let stage = Stage()
        let policy = RetryPolicy(totalMillisecondsMax: 10_000)
        let value = try await policy.run(stage.surroundings) { number in
            number < 2
                ? RetryPolicy.Attempt<Int>.failed(Failure(number: number), waitMilliseconds: 5000)
                : .done(number)
        }
        #expect(value == 2)
        #expect(stage.sleeps.withLock { $0 } == [5000])
        let error = await #expect(throws: Failure.self) {
            try await policy.run(stage.surroundings) { number in
                RetryPolicy.Attempt<Int>.failed(Failure(number: number), waitMilliseconds: 10_001)
            }
        }
        #expect(error == Failure(number: 1))
    }

    @Test("what an attempt throws ends it at once")
    func thrown() async throws {
        let error = await #expect(throws: Failure.self) {
            try await RetryPolicy().run(Stage().surroundings) {
                number -> RetryPolicy.Attempt<Int> in
                throw Failure(number: number)
            }
        }
        #expect(error == Failure(number: 1))
    }

    @Test("a cancelled task does not wait")
    func cancelled() async {
        let task = Task {
            try await RetryPolicy(waitMillisecondsFirst: 50_000, waitMillisecondsMax: 50_000)
                .run(
                    RetrySurroundings(
                        nowMilliseconds: RetrySurroundings.system.nowMilliseconds,
                        sleepMilliseconds: RetrySurroundings.system.sleepMilliseconds,
                        random: { $0.upperBound }
                    )
                ) { RetryPolicy.Attempt<Int>.failed(Failure(number: $0)) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test("only statuses that may pass are tried again, and of those only what does no harm twice")
    func statuses() {
        let get = HTTPRequest(.get, "http://host/")
        let post = HTTPRequest(.post, "http://host/")
        let harmlessPost = HTTPRequest(.post, "http://host/", isIdempotent: true)
        let stream = HTTPRequest(
            .put,
            "http://host/",
            body: .stream(byteCount: 1, next: { nil })
        )
        let all = 100...599
        #expect(all.filter(get.mayBeRetried(afterStatus:)) == [408, 429, 500, 502, 503, 504])
        #expect(
            all.filter(harmlessPost.mayBeRetried(afterStatus:)) == [408, 429, 500, 502, 503, 504]
        )
        #expect(all.filter(post.mayBeRetried(afterStatus:)) == [429])
        #expect(all.filter(stream.mayBeRetried(afterStatus:)) == [])
    }

    @Test(
        "a request without an answer is sent again when that can help and does no harm",
        arguments: [
            (HTTPError.Kind.broken, HTTPError.Sent.maybe, HTTPMethod.get, true),
            (.broken, .maybe, .put, true), (.broken, .maybe, .delete, true),
            (.broken, .maybe, .post, false), (.timeout, .maybe, .post, false),
            (.unreachable, .no, .post, true), (.timeout, .no, .post, true),
            (.untrusted, .no, .get, false), (.tooLarge, .maybe, .get, false),
            (.malformedResponse, .maybe, .get, false), (.invalidRequest, .no, .get, false),
            (.closed, .no, .get, false),
        ]
    )
    func errors(
        _ kind: HTTPError.Kind,
        _ sent: HTTPError.Sent,
        _ method: HTTPMethod,
        _ expected: Bool
    ) {
        let error = HTTPError(kind, sent: sent, "")
        #expect(HTTPRequest(method, "http://host/").mayBeRetried(after: error) == expected)
    }

    @Test(
        "Retry-After is read in both its forms, and nothing else",
        arguments: [
            ("0", 0), ("17", 17_000), ("-5", 0), ("999999999999", 86_400_000),
            // 1994-11-06 08:49:37 is 784111777; the test's now is 60 seconds before.
            ("Sun, 06 Nov 1994 08:49:37 GMT", 60_000), ("Sun, 06 Nov 1994 08:40:00 GMT", 0),
            ("soon", nil), ("", nil), ("Sun, 31 Feb 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 25:49:37 GMT", nil), ("Sun, 06 Nov 94 08:49:37 GMT", nil),
        ] as [(String, Int?)]
    )
    func retryAfter(_ text: String, _ expected: Int?) {
        let head = HTTPResponseHead(status: 503, headers: ["retry-after": text])
        #expect(head.retryAfterMilliseconds(nowSeconds: 784_111_717) == expected)
    }
}
