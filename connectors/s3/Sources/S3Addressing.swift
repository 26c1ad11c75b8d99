internal import AWSSigning

/// The URLs of buckets and of what is in them.
///
/// Source: Amazon S3 User Guide, "Methods for accessing a bucket".
struct S3Addressing: Sendable {
    private let scheme: String
    /// Host and port, and the path of an endpoint that has one.
    private let authority: String
    private let basePath: String
    private let usesPathStyle: Bool
    private let isSecure: Bool

    init(_ configuration: S3Configuration) {
        let suffix = configuration.region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        var endpoint = configuration.endpoint ?? "https://s3.\(configuration.region).\(suffix)"
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        let mark = endpoint.firstRange(of: "://")
        scheme = mark.map { String(endpoint[..<$0.lowerBound]) } ?? "https"
        let rest = endpoint[(mark?.upperBound ?? endpoint.startIndex)...]
        authority = String(rest.prefix { $0 != "/" })
        basePath = String(rest.dropFirst(authority.count))
        usesPathStyle = configuration.usesPathStyle
        isSecure = scheme.lowercased() == "https"
    }

    /// - Parameters:
    ///   - bucket: Its name.
    ///   - key: As it is, not encoded; nil for the bucket itself.
    ///   - query: Names and values, not encoded; a nil value for a name alone.
    /// - Returns: The whole URL, encoded.
    func url(bucket: String, key: String?, query: [(String, String?)] = []) -> String {
        let path = key.map { URIEncoding.encode($0, keepingSlashes: true) } ?? ""
        let parameters = query.map { name, value in
            value.map { "\(URIEncoding.encode(name))=\(URIEncoding.encode($0))" }
                ?? URIEncoding.encode(name)
        }
        let tail = path + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
        // A certificate for *.host holds for one level only: dots in a bucket make more.
        let isInPath = usesPathStyle || isSecure && bucket.contains(".")
        return isInPath
            ? "\(scheme)://\(authority)\(basePath)/\(bucket)/\(tail)"
            : "\(scheme)://\(bucket).\(authority)\(basePath)/\(tail)"
    }
}
