/// A request whose parts were looked at: nothing in it can end a line or name a second request.
struct CheckedRequest: Sendable {
    let request: HTTPRequest
    let url: HTTPURL
    /// What is tried, for messages.
    let purpose: String

    init(_ request: HTTPRequest) throws(HTTPError) {
        self.request = request
        url = try HTTPURL(request.url)
        purpose = "\(request.method.rawValue) \(url.redacted)"
        for field in request.headers.fields { try Self.check(field, purpose) }
        if case .stream(let byteCount?, _) = request.body, byteCount < 0 {
            throw HTTPError(
                .invalidRequest,
                sent: .no,
                "\(purpose): its body has \(byteCount) bytes"
            )
        }
    }

    private static func check(
        _ field: HTTPHeaders.Field,
        _ purpose: String
    ) throws(HTTPError) {
        // The value is not repeated: it may be a secret.
        guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte) else {
            throw HTTPError(
                .invalidRequest,
                sent: .no,
                "\(purpose): a header's name has a character that names cannot have"
            )
        }
        guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw HTTPError(
                .invalidRequest,
                sent: .no,
                "\(purpose): the header \(field.name) holds a line break or a control character"
            )
        }
        for name in ["Content-Length", "Transfer-Encoding", "Expect"]
        where equalsIgnoringCase(field.name, name) {
            throw HTTPError(
                .invalidRequest,
                sent: .no,
                "\(purpose): the header \(name) follows from the body and cannot be given"
            )
        }
    }

    /// Source: RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
