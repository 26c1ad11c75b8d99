import Glibc
import Synchronization

/// The terminal's error channel, shared by log lines, errors and the progress line.
///
/// Whole lines only: a line clears the progress line, is written in one call, and the progress line
/// comes back below it.
final class StandardError: Sendable {
    static let shared = StandardError(isTerminal: isatty(STDERR_FILENO) == 1)

    let isTerminal: Bool
    private let progress = Mutex("")
    private let chosenFormat = Mutex(LogFormat.text)

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    /// How errors are written from now on.
    func use(_ format: LogFormat) { chosenFormat.withLock { $0 = format } }

    var format: LogFormat { chosenFormat.withLock { $0 } }

    private static let clearLine = "\r\u{1B}[K"

    /// Writes a line and keeps the progress line last.
    func write(line: String) {
        progress.withLock { progress in
            let before = progress.isEmpty ? "" : Self.clearLine
            Self.write("\(before)\(line)\n\(progress)")
        }
    }

    /// Rewrites the progress line in place; an empty one takes it away.
    func show(progress text: String) {
        guard isTerminal else { return }
        progress.withLock { progress in
            Self.write("\(Self.clearLine)\(text)")
            progress = text
        }
    }

    /// Columns of the terminal, 80 where it does not say.
    var widthColumns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let start = rest.baseAddress, !rest.isEmpty {
                let written = Glibc.write(STDERR_FILENO, start, rest.count)
                // A channel that takes nothing more loses the line; nobody is left to tell.
                guard written > 0 || errno == EINTR else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[max(written, 0)...])
            }
        }
    }
}
