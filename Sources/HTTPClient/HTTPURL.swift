/// The parts of an absolute `http` or `https` URL, as they are written: nothing is decoded.
public struct HTTPURL: Sendable, Equatable {
    public var isSecure: Bool
    /// The name or address; an IPv6 address without its brackets.
    public var host: String
    /// Where the URL names one.
    public var port: Int?
    /// Begins with a slash.
    public var path: String
    /// Behind the question mark; nil without one.
    public var query: String?

    /// - Throws: ``HTTPError`` `.invalidRequest` for other schemes, user names, fragments, spaces,
    ///   control characters and everything outside of ASCII. The text is not repeated.
    public init(_ text: String) throws(HTTPError) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Self.invalid("it holds a character that has to be written as %XX")
        }
        guard let end = text.firstRange(of: "://") else {
            throw Self.invalid("it does not begin with http:// or https://")
        }
        let scheme = text[..<end.lowerBound]
        isSecure = equalsIgnoringCase(String(scheme), "https")
        guard isSecure || equalsIgnoringCase(String(scheme), "http") else {
            throw Self.invalid("it does not begin with http:// or https://")
        }
        let rest = text[end.upperBound...]
        guard !rest.contains("#") else { throw Self.invalid("it holds a #") }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Self.invalid("it holds a user name, which belongs into a header")
        }
        (host, port) = try Self.hostAndPort(authority)
        let target = rest[authority.endIndex...]
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? "/" : String(path)
        query =
            path.endIndex == target.endIndex ? nil : String(target[path.endIndex...].dropFirst())
    }

    /// The host, and the port unless it is the scheme's own: what `Host` says.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        guard let port, port != (isSecure ? 443 : 80) else { return name }
        return "\(name):\(port)"
    }

    /// The URL without its query, cut where it is long: fit for messages.
    public var redacted: String {
        let shown = path.count > Self.shownPathMax ? "\(path.prefix(Self.shownPathMax))…" : path
        return "\(isSecure ? "https" : "http")://\(authority)\(shown)"
    }

    private static let shownPathMax = 300

    private static func hostAndPort(
        _ authority: Substring
    ) throws(HTTPError) -> (String, Int?) {
        let host: Substring
        var rest: Substring
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw invalid("its address has no closing bracket")
            }
            host = authority[..<close].dropFirst()
            rest = authority[close...].dropFirst()
            guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" }) else {
                throw invalid("its address is none")
            }
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
            let marks: Set<Character> = [".", "-", "_"]
            guard host.allSatisfy({ $0.isLetter || $0.isNumber || marks.contains($0) }) else {
                throw invalid("its host has a character that no name has")
            }
        }
        guard !host.isEmpty else { throw invalid("it names no host") }
        guard !rest.isEmpty else { return (String(host), nil) }
        guard rest.removeFirst() == ":", rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(rest), (1...65_535).contains(port)
        else { throw invalid("its port is not a number from 1 to 65535") }
        return (String(host), port)
    }

    private static func invalid(_ reason: String) -> HTTPError {
        HTTPError(.invalidRequest, sent: .no, "could not use a URL: \(reason)")
    }
}
