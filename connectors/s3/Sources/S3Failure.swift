internal import Bytes
internal import HTTPClient
internal import ObjectStore

/// An answer that is no success: what S3 says of it, and what follows.
///
/// Source: Amazon S3 API Reference, "Error responses".
struct S3Failure {
    let status: Int
    /// S3's own word, such as `NoSuchKey`; nil where the answer has no body.
    let code: String?
    private let requestID: String?
    /// Where the bucket really is, when that is what is wrong.
    private let region: String?

    init(_ response: HTTPResponse) {
        status = response.status
        let document = try? XMLElement(parsing: response.body)
        let error = document?.name == "Error" ? document : nil
        code = error?.text(of: "Code").flatMap(Self.plain)
        requestID =
            (response.headers["x-amz-request-id"] ?? error?.text(of: "RequestId"))
            .flatMap(Self.plain)
        region =
            (response.headers["x-amz-bucket-region"] ?? error?.text(of: "Region"))
            .flatMap(Self.plain)
    }

    /// Words that a server names things by; anything else is not repeated.
    static func plain(_ text: String) -> String? {
        let isPlain =
            !text.isEmpty && text.utf8.count <= 100
            && text.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:=/+".contains($0))
            }
        return isPlain ? text : nil
    }

    /// Whether the same request may soon succeed.
    var isPassing: Bool {
        switch code {
        case "SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout",
            "RequestTimeoutException", "ThrottlingException", "Throttling", "OperationAborted",
            "ConditionalRequestConflict", "XAmzContentSHA256Mismatch", "BadDigest",
            "IncompleteBody":
            true
        case "NotImplemented": false
        default: [408, 429, 500, 502, 503, 504].contains(status)
        }
    }

    var isClockSkew: Bool { code == "RequestTimeTooSkewed" || code == "RequestExpired" }

    /// Whether newer credentials, if there are some, may be taken.
    var isAboutCredentials: Bool {
        ["ExpiredToken", "TokenRefreshRequired", "InvalidToken", "InvalidAccessKeyId"].contains(
            code
        )
    }

    private var isNotImplemented: Bool {
        status == 501 || status == 405 || code == "NotImplemented"
    }

    /// One sentence, and what can be done.
    ///
    /// - Parameters:
    ///   - tried: Such as `read s3://bucket/key`.
    ///   - action: What a policy has to allow for it, such as `s3:GetObject`.
    /// - Returns: An error without anything that the server wrote but plain words.
    func storeError(_ tried: String, action: String) -> StoreError {
        let request = requestID.map { ", request \($0)" } ?? ""
        let what = "the answer was \(status)\(code.map { " \($0)" } ?? "")\(request)"
        let (kind, remedy) = reaction(action)
        return StoreError(kind, "could not \(tried): \(what)\(remedy.map { ". \($0)" } ?? "")")
    }

    private func reaction(_ action: String) -> (StoreError.Kind, remedy: String?) {
        switch code {
        case "NoSuchKey", "NoSuchVersion": return (.notFound, nil)
        // Somebody gave the upload up, such as a rule of the bucket: all has to be sent again.
        case "NoSuchUpload": return (.unavailable, nil)
        case "NoSuchBucket":
            return (.permission, "Create the bucket, or correct lake.warehouse")
        case "InvalidBucketName", "InvalidURI": return (.permission, "Correct lake.warehouse")
        case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken":
            return (.denied, "Check lake.s3.access-key and secret-key, or the AWS credentials")
        case "ExpiredToken", "TokenRefreshRequired":
            return (.denied, "Renew the session's credentials")
        case "RequestTimeTooSkewed", "RequestExpired":
            return (.denied, "Set this machine's clock")
        case "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded":
            return (.full, "Make room in the bucket, or raise its quota")
        case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
            "IllegalLocationConstraintException":
            return (.permission, regionRemedy)
        default: break
        }
        switch status {
        case 301, 302, 307, 308: return (.permission, regionRemedy)
        case 401, 403: return (.denied, "Allow \(action) on it for these credentials")
        case 404: return (.notFound, nil)
        case 507: return (.full, "Make room in the bucket")
        case _ where isPassing: return (.unavailable, nil)
        case 500...599 where !isNotImplemented: return (.unavailable, nil)
        default: return (.permission, nil)
        }
    }

    private var regionRemedy: String {
        region.map { "Set lake.s3.region to \($0)" }
            ?? "Check lake.s3.region and lake.s3.endpoint"
    }
}
