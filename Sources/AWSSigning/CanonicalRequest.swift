internal import HTTPClient

/// A request in the one form that both sides sign.
///
/// Source: AWS General Reference, "Signature Version 4 signing process", task 1.
struct CanonicalRequest {
    /// Names in small letters, sorted, with semicolons between.
    let signedHeaders: String
    /// The whole form, whose hash is signed.
    let text: String

    init(
        _ request: HTTPRequest,
        url: HTTPURL,
        payloadHash: String,
        paths: AWSSigner.PathRule
    ) {
        var values: [String: [String]] = ["host": [url.authority]]
        for field in request.headers.fields {
            let name = field.name.lowercased()
            guard !Self.unsignedNames.contains(name) else { continue }
            if name == "host" { values[name] = [] }
            values[name, default: []].append(Self.collapsed(field.value))
        }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        signedHeaders = names.joined(separator: ";")
        let lines = names.map { "\($0):\((values[$0] ?? []).joined(separator: ","))\n" }
        text = """
            \(request.method.rawValue)
            \(Self.path(url.path, paths))
            \(Self.query(url.query ?? ""))
            \(lines.joined())
            \(signedHeaders)
            \(payloadHash)
            """
    }

    /// What proxies and this program's own HTTP client may change or add.
    private static let unsignedNames: Set<String> = [
        "authorization", "user-agent", "connection", "expect", "accept-encoding",
        "transfer-encoding",
        "x-amzn-trace-id",
    ]

    /// Without blanks at both ends, and one blank for several.
    private static func collapsed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    private static func path(_ path: String, _ rule: AWSSigner.PathRule) -> String {
        switch rule {
        case .asKeys: URIEncoding.encode(URIEncoding.decode(path), keepingSlashes: true)
        case .normalized:
            URIEncoding.encode(URIEncoding.decode(normalized(path)), keepingSlashes: true)
        case .normalizedEncodedTwice: URIEncoding.encode(normalized(path), keepingSlashes: true)
        }
    }

    /// Takes out empty segments, `.` and `..`.
    ///
    /// Source: RFC 3986 section 5.2.4.
    private static func normalized(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let isFolder = !segments.isEmpty && path.hasSuffix("/")
        return "/" + segments.joined(separator: "/") + (isFolder ? "/" : "")
    }

    static func query(_ query: String) -> String {
        let parts = query.split(separator: "&").map { parameter in
            let name = parameter.prefix { $0 != "=" }
            let value = parameter[name.endIndex...].dropFirst()
            return (
                URIEncoding.encode(URIEncoding.decode(name), keepingSlashes: false),
                URIEncoding.encode(URIEncoding.decode(value), keepingSlashes: false)
            )
        }
        return parts.sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
    }
}
