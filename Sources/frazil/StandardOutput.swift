import Glibc

/// The program's answers, gathered so that small pieces cost no system call each.
final class StandardOutput {
    /// Nobody reads any more.
    struct Closed: Error {}

    private var waiting: [UInt8] = []
    private static let bytesMax = 64 << 10

    func write(_ text: String) throws(Closed) {
        waiting.append(contentsOf: text.utf8)
        if waiting.count >= Self.bytesMax { try flush() }
    }

    /// Writes many bytes at once.
    func write(_ bytes: UnsafeRawBufferPointer) throws(Closed) {
        waiting.append(contentsOf: bytes)
        if waiting.count >= Self.bytesMax { try flush() }
    }

    func flush() throws(Closed) {
        var written = 0
        while written < waiting.count {
            let count = waiting.withUnsafeBytes { bytes in
                Glibc.write(
                    STDOUT_FILENO,
                    bytes.baseAddress.map { $0 + written },
                    bytes.count - written
                )
            }
            guard count > 0 || errno == EINTR else { throw Closed() }
            written += max(count, 0)
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
