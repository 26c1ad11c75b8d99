import Logging
import Synchronization

/// What was logged: level, message and values of each line as one text.
final class LogBook: Sendable {
    private let book = Mutex<[String]>([])

    init() {}

    var lines: [String] { book.withLock { $0 } }

    /// Lines that hold a text.
    func lines(with text: String) -> [String] { lines.filter { $0.contains(text) } }

    func clear() { book.withLock { $0 = [] } }

    var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

    fileprivate func write(_ line: String) { book.withLock { $0.append(line) } }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            book.write((["\(event.level)", "\(event.message)"] + values).joined(separator: " "))
        }
    }
}
