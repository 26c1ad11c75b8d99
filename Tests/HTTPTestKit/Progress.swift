import Glibc
import Synchronization

/// A count that one side moves and another watches.
public final class Progress: Sendable {
    private let count = Mutex(0)

    public init() {}

    public var value: Int { count.withLock { $0 } }

    public func add(_ more: Int) { count.withLock { $0 += more } }

    /// Waits until the count reaches a value, for at most ten seconds; what it is then.
    @discardableResult
    public func wait(for wanted: Int) async throws -> Int {
        for _ in 0..<1000 where value < wanted { try await Task.sleep(for: .milliseconds(10)) }
        return value
    }

    /// Waits until the count has not moved for a third of a second; what it is then.
    public func settled() async throws -> Int {
        var last = value
        var quiet = 0
        while quiet < 33 {
            try await Task.sleep(for: .milliseconds(10))
            quiet = value == last ? quiet + 1 : 0
            last = value
        }
        return last
    }
}
