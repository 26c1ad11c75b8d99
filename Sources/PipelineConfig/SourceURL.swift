/// The address of a source: `mysql://user:password@host:3306/database?sslmode=require`.
///
/// Parts are percent-decoded; what came from `${NAME}` is taken as it is, so a password may hold
/// any character. Printing a URL never shows the password.
///
/// Source: RFC 3986, section 3.
public struct SourceURL: Sendable, Equatable {
    public var scheme: String
    public var user: String
    public var password: String?
    /// A name, an IPv4 address or an IPv6 address without its brackets.
    public var host: String
    public var port: Int
    public var database: String?
    public var parameters: [String: String]

    public init(
        scheme: String,
        user: String,
        password: String? = nil,
        host: String,
        port: Int,
        database: String? = nil,
        parameters: [String: String] = [:]
    ) {
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.database = database
        self.parameters = parameters
    }

    /// Ports that servers listen on unless told otherwise, by scheme.
    static let defaultPorts = [
        "mysql": 3306, "mariadb": 3306, "postgres": 5432, "postgresql": 5432,
    ]

    private static let remedy =
        "Write scheme://user:password@host:port/database and percent-encode what has a meaning"
        + " in a URL (@ is %40), or take the password from ${NAME}"

    /// Reads a URL.
    ///
    /// - Throws: ``ConfigurationError`` that names the part, never its content behind the scheme.
    public init(
        _ text: String,
        environment: (String) -> String? = { _ in nil }
    ) throws(ConfigurationError) {
        var text = text
        // A whole URL may come from the environment; only then can its value be parsed as one.
        if text.hasPrefix("${") { text = try expandEnvironmentReferences(text, environment) }
        func decode(_ part: Substring, _ name: String) throws(ConfigurationError) -> String {
            try expandEnvironmentReferences(String(part), environment) {
                (literal) throws(ConfigurationError) in try percentDecode(literal, part: name)
            }
        }
        guard let separator = text.firstRange(of: "://") else {
            throw ConfigurationError("the URL has no scheme", remedy: Self.remedy)
        }
        scheme = text[..<separator.lowerBound].lowercased()
        guard let defaultPort = Self.defaultPorts[scheme] else {
            throw ConfigurationError(
                "the URL's scheme is none of mysql, mariadb and postgres",
                remedy: Self.remedy
            )
        }
        let parts = URLParts(text[separator.upperBound...])
        guard let userInfo = parts.userInfo, !userInfo.user.isEmpty else {
            throw ConfigurationError("the URL names no user", remedy: Self.remedy)
        }
        user = try decode(userInfo.user, "user")
        password = try userInfo.password.map { (text) throws(ConfigurationError) in
            try decode(text, "password")
        }
        host = try decode(parts.host, "host")
        guard !host.isEmpty else {
            throw ConfigurationError("the URL names no host", remedy: Self.remedy)
        }
        port = defaultPort
        if let written = parts.port {
            guard let number = Int(try decode(written, "port")), (1...65_535).contains(number)
            else {
                throw ConfigurationError(
                    "the URL's port is not a number from 1 to 65535",
                    remedy: Self.remedy
                )
            }
            port = number
        }
        let path = try decode(parts.path, "database")
        database = path.isEmpty ? nil : path
        parameters = [:]
        for (name, value) in parts.parameters {
            parameters[try decode(name, "parameter")] = try decode(value, "parameter")
        }
    }
}

extension SourceURL: CustomStringConvertible {
    public var description: String {
        let hidden = password == nil ? "" : ":…"
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(user)\(hidden)@\(shownHost):\(port)"
            + (database.map { "/\($0)" } ?? "")
    }
}

extension SourceURL: CustomDebugStringConvertible, CustomReflectable {
    public var debugDescription: String { description }
    /// Mirrors print what they find; nothing may be found but the description.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// A URL behind its scheme, cut but not decoded.
private struct URLParts {
    var userInfo: (user: Substring, password: Substring?)?
    var host: Substring
    var port: Substring?
    var path: Substring
    var parameters: [(name: Substring, value: Substring)]

    init(_ text: Substring) {
        let text = text.prefix { $0 != "#" }
        let authority = text.prefix { $0 != "/" && $0 != "?" }
        let rest = text[authority.endIndex...]
        path = rest.prefix { $0 != "?" }.drop { $0 == "/" }
        let query = rest.drop { $0 != "?" }.dropFirst()
        parameters = query.split(separator: "&").map { parameter in
            let name = parameter.prefix { $0 != "=" }
            return (name, parameter[name.endIndex...].dropFirst())
        }
        var server = authority
        if let at = authority.lastIndex(of: "@") {
            let info = authority[..<at]
            let user = info.prefix { $0 != ":" }
            let hasPassword = user.endIndex < info.endIndex
            userInfo = (user, hasPassword ? info[user.endIndex...].dropFirst() : nil)
            server = authority[at...].dropFirst()
        }
        if server.hasPrefix("["), let end = server.firstIndex(of: "]") {
            host = server[..<end].dropFirst()
            let behind = server[end...].dropFirst()
            port = behind.hasPrefix(":") ? behind.dropFirst() : (behind.isEmpty ? nil : behind)
        } else {
            host = server.prefix { $0 != ":" }
            let hasPort = host.endIndex < server.endIndex
            port = hasPort ? server[host.endIndex...].dropFirst() : nil
        }
    }
}

/// Replaces `%41` by its byte.
private func percentDecode(
    _ text: Substring,
    part: String
) throws(ConfigurationError) -> String {
    func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
    var bytes: [UInt8] = []
    var source = text.utf8.makeIterator()
    while let byte = source.next() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = source.next().flatMap(digit), let low = source.next().flatMap(digit)
        else {
            throw ConfigurationError(
                "the URL's \(part) holds a % that no two hexadecimal digits follow",
                remedy: "Write %25 for a percent sign"
            )
        }
        bytes.append(high << 4 | low)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
        throw ConfigurationError(
            "the URL's \(part) is not text in UTF-8",
            remedy: "Percent-encode its bytes in UTF-8"
        )
    }
    return decoded
}
