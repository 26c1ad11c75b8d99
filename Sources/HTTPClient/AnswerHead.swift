/// Puts an answer's beginning together, line by line.
///
/// Interim answers (100 to 199) begin it anew; fields behind the body (trailers) are left out.
struct AnswerHead {
    enum Progress: Equatable {
        case goesOn
        case complete
        case malformed
        case tooLarge
    }

    let byteCountMax: Int
    private(set) var head = HTTPResponseHead(status: 0, headers: [:])
    private var byteCount = 0
    private(set) var isComplete = false

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Takes one line with its end.
    mutating func append(_ line: UnsafeRawBufferPointer) -> Progress {
        guard !isComplete else { return .goesOn }
        guard line.count <= byteCountMax - byteCount else { return .tooLarge }
        byteCount += line.count
        let text = String(decoding: line, as: UTF8.self)
        let content = text.prefix { !$0.isNewline }
        if content.hasPrefix("HTTP/") {
            guard let status = Self.status(of: content) else { return .malformed }
            head = HTTPResponseHead(status: status, headers: [:])
            return .goesOn
        }
        guard !content.isEmpty else {
            guard head.status >= 200 else { return .goesOn }
            isComplete = true
            return .complete
        }
        guard let colon = content.firstIndex(of: ":") else { return .malformed }
        let value = content[colon...].dropFirst()
        head.headers.add(
            String(content[..<colon]),
            String(value.trimming { $0 == " " || $0 == "\t" })
        )
        return .goesOn
    }

    /// The status of `HTTP/1.1 200 OK` or `HTTP/2 200`.
    private static func status(of line: Substring) -> Int? {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[1].utf8.count == 3, let status = Int(words[1]),
            (100...999).contains(status)
        else { return nil }
        return status
    }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> Substring {
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
