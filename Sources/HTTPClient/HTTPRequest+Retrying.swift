extension HTTPRequest {
    /// Whether sending this request again can help and does no harm, after an answer with `status`.
    ///
    /// 429 says that nothing was done. The other passing ones may come after the server, or one in
    /// front of it, has begun: a request that is not idempotent is not sent again.
    ///
    /// Source: RFC 9110 sections 9.2.2 and 15, RFC 6585 section 4.
    public func mayBeRetried(afterStatus status: Int) -> Bool {
        switch status {
        case 429: canBeSentAgain
        case 408, 500, 502, 503, 504: canBeSentAgain && isIdempotent
        default: false
        }
    }

    /// Whether sending this request again can help and does no harm, after no answer came.
    public func mayBeRetried(after error: HTTPError) -> Bool {
        error.isPassing && canBeSentAgain && (isIdempotent || error.sent == .no)
    }

    /// A stream's bytes are gone.
    private var canBeSentAgain: Bool {
        if case .stream = body { return false }
        return true
    }
}

extension HTTPResponseHead {
    /// How long the server asks to be left alone, by `Retry-After`; nil without one.
    ///
    /// - `nowSeconds`: Seconds since 1970, for servers that name a date.
    public func retryAfterMilliseconds(nowSeconds: Int) -> Int? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Int(text) { return max(0, min(seconds, Self.retryAfterSecondsMax)) * 1000 }
        guard let date = secondsSince1970(ofHTTPDate: text) else { return nil }
        return max(0, min(date - nowSeconds, Self.retryAfterSecondsMax)) * 1000
    }

    /// More is taken for "never"; the policy's own limits end the waiting sooner.
    private static let retryAfterSecondsMax = 86_400
}
