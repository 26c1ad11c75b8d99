internal import CCurl
internal import Glibc

/// One request at work in the event thread, which alone touches it.
final class Exchange {
    let transfer: Transfer
    let easy: UnsafeMutableRawPointer
    private var answerHead: AnswerHead
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    /// Why a callback refused to go on.
    private var refusal: HTTPError?
    /// How often a request's first byte was about to be sent.
    private var beginnings = 0
    private let startMilliseconds = monotonicMilliseconds()
    private var lastMoveMilliseconds = monotonicMilliseconds()

    /// - Throws: ``HTTPError`` when the library does not take the request.
    init(_ transfer: Transfer, _ configuration: HTTPClientConfiguration) throws(HTTPError) {
        self.transfer = transfer
        answerHead = AnswerHead(byteCountMax: configuration.headerBytesMax)
        guard let easy = curl_easy_init() else {
            throw HTTPError(.closed, sent: .no, "\(transfer.checked.purpose): no memory is left")
        }
        self.easy = easy
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = configure(configuration)
        guard code == CURLE_OK else {
            throw HTTPError(
                .invalidRequest,
                sent: .no,
                "\(transfer.checked.purpose): \(String(cString: curl_easy_strerror(code)))"
            )
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }
}

// MARK: - Options

extension Exchange {
    private func configure(_ configuration: HTTPClientConfiguration) -> CURLcode {
        let request = transfer.checked.request
        var code = CURLE_OK
        func also(_ next: CURLcode) { if code == CURLE_OK { code = next } }
        func number(_ option: CURLoption, _ value: Int) {
            also(frazil_curl_set_number(easy, option, value))
        }
        func text(_ option: CURLoption, _ value: String) {
            also(frazil_curl_set_text(easy, option, value))
        }
        text(CURLOPT_URL, request.url)
        text(CURLOPT_PROTOCOLS_STR, "http,https")
        // Keys of objects may hold "/../"; they are sent as they are.
        number(CURLOPT_PATH_AS_IS, 1)
        number(CURLOPT_NOSIGNAL, 1)
        number(CURLOPT_FOLLOWLOCATION, 0)
        number(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        number(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        number(CURLOPT_TCP_KEEPALIVE, 1)
        number(CURLOPT_CONNECTTIMEOUT_MS, transfer.timeouts.connectMilliseconds)
        number(CURLOPT_MAXAGE_CONN, configuration.idleConnectionSecondsMax)
        number(CURLOPT_BUFFERSIZE, Self.socketBufferBytes)
        number(CURLOPT_UPLOAD_BUFFERSIZE, Self.socketBufferBytes)
        number(CURLOPT_SSL_VERIFYPEER, configuration.tls.verifies ? 1 : 0)
        number(CURLOPT_SSL_VERIFYHOST, configuration.tls.verifies ? 2 : 0)
        if let path = configuration.tls.authorityPath { text(CURLOPT_CAINFO, path) }
        if configuration.proxy == .none { text(CURLOPT_PROXY, "") }
        if request.acceptsCompressed { text(CURLOPT_ACCEPT_ENCODING, "gzip") }
        also(configureBody(request))
        also(frazil_curl_set_list(easy, makeHeaderList(request, configuration)))
        also(configureCallbacks())
        return code
    }

    private static let socketBufferBytes = 128 << 10

    private func configureBody(_ request: HTTPRequest) -> CURLcode {
        if request.method == .head { return frazil_curl_set_number(easy, CURLOPT_NOBODY, 1) }
        if case .none = request.body, request.method == .get || request.method == .delete {
            return frazil_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        // Also for a POST: the upload's callback is the only way that never copies the body.
        for code in [
            frazil_curl_set_number(easy, CURLOPT_UPLOAD, 1),
            frazil_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue),
            frazil_curl_set_size(
                easy,
                CURLOPT_INFILESIZE_LARGE,
                Int64(request.body.byteCount ?? -1)
            ),
        ] where code != CURLE_OK {
            return code
        }
        return CURLE_OK
    }

    private func makeHeaderList(
        _ request: HTTPRequest,
        _ configuration: HTTPClientConfiguration
    ) -> UnsafeMutablePointer<curl_slist>? {
        func append(_ line: String) {
            headerList = curl_slist_append(headerList, line) ?? headerList
        }
        for field in request.headers.fields {
            // The library takes "Name;" for a field without a value, and "Name:" for no field.
            append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        if request.headers["User-Agent"] == nil { append("User-Agent: \(configuration.userAgent)") }
        append(request.asksBeforeBody ? "Expect: 100-continue" : "Expect:")
        return headerList
    }

    private func configureCallbacks() -> CURLcode {
        let own = Unmanaged.passUnretained(self).toOpaque()
        let codes = [
            frazil_curl_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION) {
                Exchange.from($3)?.received($0, $1 * $2) ?? 0
            },
            frazil_curl_set_bytes_callback(easy, CURLOPT_HEADERFUNCTION) {
                Exchange.from($3)?.receivedLine($0, $1 * $2) ?? 0
            },
            frazil_curl_set_bytes_callback(easy, CURLOPT_READFUNCTION) {
                Exchange.from($3)?.fill($0, $1 * $2) ?? Int(CURL_READFUNC_ABORT)
            },
            frazil_curl_set_seek_callback(easy) { own, offset, origin in
                guard offset == 0, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
                return Exchange.from(own)?.transfer.rewind() == true
                    ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
            },
            frazil_curl_set_begin_callback(easy) { own, _, _, _, _ in
                Exchange.from(own)?.begin() == true
                    ? Int32(CURL_PREREQFUNC_OK) : Int32(CURL_PREREQFUNC_ABORT)
            },
            frazil_curl_set_pointer(easy, CURLOPT_WRITEDATA, own),
            frazil_curl_set_pointer(easy, CURLOPT_HEADERDATA, own),
            frazil_curl_set_pointer(easy, CURLOPT_READDATA, own),
            frazil_curl_set_pointer(easy, CURLOPT_SEEKDATA, own),
            frazil_curl_set_pointer(easy, CURLOPT_PREREQDATA, own),
            frazil_curl_set_pointer(easy, CURLOPT_PRIVATE, own),
            frazil_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
        ]
        return codes.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    static func from(_ pointer: UnsafeMutableRawPointer?) -> Exchange? {
        pointer.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }
}

// MARK: - What the library calls

extension Exchange {
    /// Just before the request is sent; false forbids it.
    ///
    /// The library sends a request again when a kept connection broke before any answer came. That
    /// is welcome only where twice does no harm.
    private func begin() -> Bool {
        beginnings += 1
        lastMoveMilliseconds = monotonicMilliseconds()
        guard beginnings > 1, !transfer.checked.request.isIdempotent else { return true }
        refusal = failure(.broken, "the connection broke before an answer came")
        return false
    }

    private func receivedLine(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        lastMoveMilliseconds = monotonicMilliseconds()
        switch answerHead.append(UnsafeRawBufferPointer(start: bytes, count: count)) {
        case .goesOn: return count
        case .complete:
            guard accepts(answerHead.head) else { return 0 }
            transfer.deliver(answerHead.head)
            return count
        case .malformed:
            refusal = failure(.malformedResponse, "what came is not HTTP")
        case .tooLarge:
            refusal = failure(
                .tooLarge,
                "the answer's header is larger than \(answerHead.byteCountMax) bytes"
            )
        }
        return 0
    }

    /// Whether an answer can be taken, as far as its header says.
    private func accepts(_ head: HTTPResponseHead) -> Bool {
        guard case .whole(let bytesMax) = transfer.delivery,
            transfer.checked.request.method != .head, let announced = head.contentLength,
            announced > bytesMax
        else { return true }
        refusal = tooLarge(bytesMax)
        return false
    }

    private func received(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        lastMoveMilliseconds = monotonicMilliseconds()
        switch transfer.deliver(UnsafeRawBufferPointer(start: bytes, count: count)) {
        case .taken: return count
        case .paused: return Int(CURL_WRITEFUNC_PAUSE)
        case .finished: return 0
        case .tooLarge:
            if case .whole(let bytesMax) = transfer.delivery { refusal = tooLarge(bytesMax) }
            return 0
        }
    }

    private func fill(_ target: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        lastMoveMilliseconds = monotonicMilliseconds()
        switch transfer.fill(UnsafeMutableRawBufferPointer(start: target, count: capacity)) {
        case .bytes(let count): return count
        case .paused: return Int(CURL_READFUNC_PAUSE)
        case .end: return 0
        case .finished: return Int(CURL_READFUNC_ABORT)
        }
    }

    /// Goes on where it waited for us.
    func resume() {
        guard transfer.takePauses() else { return }
        lastMoveMilliseconds = monotonicMilliseconds()
        curl_easy_pause(easy, CURLPAUSE_CONT)
    }
}

// MARK: - The end

extension Exchange {
    /// The failure that the library's code stands for; nil for success.
    func outcome(_ code: CURLcode) -> HTTPError? {
        if let refusal { return refusal }
        switch code {
        case CURLE_OK where answerHead.isComplete: return nil
        case CURLE_OK: return failure(.broken, "the connection broke before an answer came")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
            CURLE_SSL_CONNECT_ERROR, CURLE_PROXY:
            return failure(.unreachable, "no connection: \(detail(code))")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER:
            return failure(.untrusted, "the server cannot be trusted: \(detail(code))")
        case CURLE_OPERATION_TIMEDOUT:
            let milliseconds = transfer.timeouts.connectMilliseconds
            return failure(.timeout, "no connection within \(milliseconds) ms")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
            CURLE_HTTP2:
            return failure(.malformedResponse, "what came is not HTTP")
        case CURLE_URL_MALFORMAT:
            return failure(.invalidRequest, "the URL cannot be used")
        case CURLE_PARTIAL_FILE:
            return failure(.broken, "the connection broke within the answer")
        default:
            return failure(.broken, "the connection broke (\(plainText(code)))")
        }
    }

    /// The limit that is reached at this moment, as a failure, or the milliseconds that are left.
    func expiry(at now: Int) -> Result<Int, HTTPError> {
        var left = Int.max
        if let total = transfer.timeouts.totalMilliseconds {
            left = startMilliseconds + total - now
            if left <= 0 {
                return .failure(failure(.timeout, "no whole answer within \(total) ms"))
            }
        }
        let pauses = transfer.pauses
        if beginnings > 0, !pauses.receiving, !pauses.sending {
            let idle = transfer.timeouts.idleMilliseconds
            left = min(left, lastMoveMilliseconds + idle - now)
            if left <= 0 { return .failure(failure(.timeout, "nothing moved for \(idle) ms")) }
        }
        return .success(left)
    }

    private func failure(_ kind: HTTPError.Kind, _ reason: String) -> HTTPError {
        HTTPError(
            kind,
            sent: beginnings > 0 ? .maybe : .no,
            "\(transfer.checked.purpose): \(reason)"
        )
    }

    private func tooLarge(_ bytesMax: Int) -> HTTPError {
        failure(.tooLarge, "the answer is larger than \(bytesMax) bytes")
    }

    /// The library's own words about names, addresses and certificates, which hold no secret.
    private func detail(_ code: CURLcode) -> String {
        let text = String(cString: errorText)
        return text.isEmpty ? plainText(code) : text
    }

    private func plainText(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }
}

/// Milliseconds of a clock that never goes back.
func monotonicMilliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}
