import Glibc
import Synchronization

/// One connection as the server's script sees it; used by the script's thread.
public final class ServerConnection: Sendable {
    /// Counts the server's connections from 0.
    public let number: Int
    private let socket: Mutex<Int32>
    private let unread = Mutex<[UInt8]>([])

    init(_ descriptor: Int32, number: Int) {
        socket = Mutex(descriptor)
        self.number = number
        var yes: Int32 = 1
        setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_NODELAY,
            &yes,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }

    deinit { close() }

    private var descriptor: Int32 { socket.withLock { $0 } }

    /// Ends both directions; whoever reads or writes finds the end.
    func shutDown() {
        socket.withLock { if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) } }
    }

    public func close() {
        let descriptor = socket.withLock { socket in
            defer { socket = -1 }
            return socket
        }
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// Closes so that the other side finds the connection reset.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        let length = socklen_t(MemoryLayout.size(ofValue: linger))
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, length)
        let descriptor = socket.withLock { socket in
            defer { socket = -1 }
            return socket
        }
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { source in
                Glibc.send(
                    descriptor,
                    source.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { throw ServerFault("could not send: error \(errno)") }
            sent += count
        }
    }

    /// Sends an answer with its length.
    public func answer(
        _ status: Int,
        _ headers: [String: String] = [:],
        _ body: [UInt8] = []
    ) throws {
        var head = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            head += "\(name): \(value)\r\n"
        }
        try send(Array((head + "\r\n").utf8) + body)
    }

    /// Waits for at least one more byte; nil when the other side has closed.
    public func read(upTo countMax: Int = 65_536) -> [UInt8]? {
        let kept = unread.withLock { unread in
            defer { unread = [] }
            return unread
        }
        if !kept.isEmpty {
            unread.withLock { $0 = Array(kept.dropFirst(countMax)) }
            return Array(kept.prefix(countMax))
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { target, count in
            count = max(0, recv(descriptor, target.baseAddress, countMax, 0))
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Blocks the script's thread.
    public func waitBriefly(milliseconds: Int = 10) {
        usleep(UInt32(milliseconds * 1000))
    }

    /// Reads up to and with the empty line; nil when the other side closes before.
    public func readHead() throws -> ReceivedRequest? {
        var bytes: [UInt8] = []
        while true {
            guard let more = read() else {
                guard bytes.isEmpty else { throw ServerFault("a request was cut short") }
                return nil
            }
            let searchStart = max(0, bytes.count - 3)
            bytes += more
            if let end = Self.headEnd(bytes, from: searchStart) {
                unread.withLock { $0 = Array(bytes[end...]) + $0 }
                return try ReceivedRequest(head: bytes[..<end])
            }
        }
    }

    private static func headEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard bytes.count >= 4 else { return nil }
        return (start...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(end) }.map {
            $0 + 4
        }
    }

    /// Reads one request with its body; nil when the other side closes before.
    public func readRequest() throws -> ReceivedRequest? {
        guard var request = try readHead() else { return nil }
        if request.headers["expect"] != nil { try send("HTTP/1.1 100 Continue\r\n\r\n") }
        request.body = try readBody(of: request)
        return request
    }

    public func readBody(of request: ReceivedRequest) throws -> [UInt8] {
        if request.headers["transfer-encoding"] == "chunked" { return try readChunks() }
        return try readExactly(Int(request.headers["content-length"] ?? "0") ?? 0)
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let count = Int(try readLine(), radix: 16) ?? 0
            body += try readExactly(count)
            guard try readLine().isEmpty else { throw ServerFault("a chunk has no end") }
            if count == 0 { return body }
        }
    }

    private func readLine() throws -> String {
        var line: [UInt8] = []
        while !line.suffix(2).elementsEqual([0x0D, 0x0A]) { line += try readExactly(1) }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    public func readExactly(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            guard let more = read(upTo: min(count - bytes.count, 1 << 20)) else {
                throw ServerFault("\(bytes.count) of \(count) bytes came")
            }
            bytes += more
        }
        return bytes
    }
}

/// A request as it came.
public struct ReceivedRequest: Sendable {
    public var method: String
    /// The path and query, as they came.
    public var target: String
    /// By their names in small letters; the last of several.
    public var headers: [String: String] = [:]
    public var headerText: String
    public var body: [UInt8] = []

    init(head: ArraySlice<UInt8>) throws {
        headerText = String(decoding: head, as: UTF8.self)
        let lines = headerText.split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3 else { throw ServerFault("no request: \(lines.first ?? "")") }
        method = String(words[0])
        target = String(words[1])
        for line in lines.dropFirst() {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = line[colon...].dropFirst().drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
    }

    public var path: String { String(target.prefix { $0 != "?" }) }
    public var query: String { String(target.dropFirst(path.count + 1)) }
}
