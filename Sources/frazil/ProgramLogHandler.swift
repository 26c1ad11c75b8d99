import Diagnostics
import Glibc
import Logging

/// How log lines and errors are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// A sentence with `key=value`, for people.
    case text
    /// One JSON object in each line, for machines.
    case json
}

/// Writes log lines to stderr.
struct ProgramLogHandler: LogHandler {
    var format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(format: LogFormat, level: Logger.Level) {
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var values = metadata
        if let provided = metadataProvider?.get() { values.merge(provided) { $1 } }
        if let own = event.metadata { values.merge(own) { $1 } }
        if let error = event.error { values[LogKeys.error] = "\(error)" }
        let line = logLine(
            format,
            level: "\(event.level)",
            message: "\(event.message)",
            values: values.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
        )
        StandardError.shared.write(line: line)
    }
}

/// One line of the log, without its end.
func logLine(
    _ format: LogFormat,
    level: String,
    message: String,
    values: [(String, String)],
    time: timespec = currentTime()
) -> String {
    switch format {
    case .json:
        let head: [(String, JSONText)] = [
            ("time", .text(describe(time))), ("level", .text(level)), ("message", .text(message)),
        ]
        return JSONText.object(head + values.map { ($0.0, .text($0.1)) }).line
    case .text:
        let tail = values.map { " \($0.0)=\(quotedIfNeeded($0.1))" }.joined()
        return "\(describe(time)) \(level) \(oneLine(message))\(tail)"
    }
}

/// Now, by the system's clock.
func currentTime() -> timespec {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return now
}

/// A time in UTC with milliseconds: `2026-01-31T23:59:59.123Z`.
///
/// Source: RFC 3339.
func describe(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [
        padded(Int(parts.tm_year) + 1900, 4), padded(Int(parts.tm_mon) + 1, 2),
        padded(Int(parts.tm_mday), 2),
    ].joined(separator: "-")
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
        .joined(separator: ":")
    return "\(date)T\(clock).\(padded(Int(time.tv_nsec) / 1_000_000, 3))Z"
}

/// A value in quotes where a space or a quote would blur its end.
private func quotedIfNeeded(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.allSatisfy { $0 != " " && $0 != "\"" && !$0.isNewline }
    return isPlain ? text : JSONText.text(text).line
}

private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
}
