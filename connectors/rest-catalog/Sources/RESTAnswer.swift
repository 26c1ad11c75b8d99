internal import Bytes
internal import Catalog
internal import HTTPClient

/// An answer of the server that is not what was asked for.
struct RESTFailure {
    var status: Int
    /// The server's own sentence, shortened; empty without one.
    var message: String
    /// The name that the server gives the error, such as `NoSuchTableException`.
    var type: String

    private static let messageCharactersMax = 400

    /// Source: Iceberg REST specification, `IcebergErrorResponse`.
    init(_ response: HTTPResponse) {
        status = response.status
        let json = try? JSONValue(parsing: response.body)
        let error = json?.objectValue?["error"]?.objectValue
        let text =
            error?["message"]?.stringValue
            // OAuth2 servers answer in their own form.
            ?? json?.objectValue?["error_description"]?.stringValue
            ?? json?.objectValue?["error"]?.stringValue ?? ""
        // A stack trace may follow the first line.
        let line = text.split(separator: "\n", maxSplits: 1).first ?? ""
        var words = line.prefix(Self.messageCharactersMax)
        // Ours goes on behind it.
        while words.hasSuffix(".") { words.removeLast() }
        message = String(words)
        type = error?["type"]?.stringValue ?? ""
    }

    var description: String {
        let words = [type, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return words.isEmpty ? "status \(status)" : "status \(status), \(words)"
    }

    /// The failure of a request that changed nothing.
    ///
    /// Source: Iceberg REST specification; what each status means for every operation.
    func catalogError(_ tried: String) -> CatalogError {
        let message = "could not \(tried): the catalog answered with \(description)"
        switch status {
        case 401, 403, 419:
            return CatalogError(
                .permission,
                message,
                remedy: "Check the catalog's credentials and what they are allowed to do"
            )
        case 404: return CatalogError(.notFound, message)
        case 409: return CatalogError(.alreadyExists, message)
        case 408, 425, 429, 500...599:
            return CatalogError(.unavailable(retryable: true), message)
        default: return CatalogError(.configuration, message)
        }
    }
}

extension CatalogError {
    /// A request that got no whole answer.
    init(_ error: HTTPError, tried: String) {
        let remedy: String? =
            switch error.kind {
            case .unreachable: "Check that lake.catalog.uri is right and the catalog is running"
            case .untrusted: "Check the server's certificate"
            default: nil
            }
        let kind: CatalogError.Kind =
            error.isPassing || error.kind == .closed
            ? .unavailable(retryable: error.isPassing) : .configuration
        self.init(kind, "could not \(tried): \(error.message)", remedy: remedy)
    }
}
