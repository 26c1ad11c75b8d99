internal import Bytes
internal import Iceberg
internal import Synchronization

/// The keys of commits whose outcome is open, so that one which is sent again has its key again.
///
/// Source: Iceberg REST specification, `Idempotency-Key`.
final class IdempotencyKeys: Sendable {
    /// A commit that is under way, or of which nobody knows.
    struct Open {
        fileprivate var digest: Digest
        /// A random UUID.
        var key: String
    }

    fileprivate struct Digest: Hashable {
        var low: UInt64
        var high: UInt64
    }

    /// Commits given up while their outcome was open are forgotten beyond this many; a copy of one
    /// would then have another key, and the table's own requirements decide.
    private static let openMax = 256

    private let hasher = SipHash128.withRandomKey()
    private let keys = Mutex<[Digest: String]>([:])

    /// The key of a request: the one it had before, or a new one.
    func key(of body: UnsafeRawBufferPointer) -> Open {
        let (low, high) = hasher.hash(body)
        let digest = Digest(low: low, high: high)
        return keys.withLock { keys in
            if let key = keys[digest] { return Open(digest: digest, key: key) }
            if keys.count >= Self.openMax { keys.removeAll() }
            let key = randomUUIDText()
            keys[digest] = key
            return Open(digest: digest, key: key)
        }
    }

    /// The server has said what became of it.
    func close(_ open: Open) { keys.withLock { _ = $0.removeValue(forKey: open.digest) } }
}
