import Bytes
import Diagnostics
import HTTPTestKit
import Iceberg
import Synchronization
import TableModel

/// A REST catalog in memory, with the faults that a test plans for it.
///
/// It takes requests apart by itself, so that what the connector sends is held against the
/// specification and not against the connector.
final class RESTServer: Sendable {
    enum Fault: Sendable {
        /// Answers with a status and does nothing.
        case refuses(Int)
        /// The same, with a sentence.
        case refusesSaying(Int, String)
        /// Does it and answers with a status.
        case appliesAndAnswers(Int)
        /// Does it and closes the connection.
        case appliesAndCloses

        /// Status and sentence of an answer that stands for nothing done.
        var refusal: (Int, String)? {
            switch self {
            case .refuses(let status): (status, "planned")
            case .refusesSaying(let status, let message): (status, message)
            case .appliesAndAnswers, .appliesAndCloses: nil
            }
        }
    }

    struct Options: Sendable {
        var prefix = "main/lake"
        var offersTransactions = true
        var takesIdempotencyKeys = true
        /// Client id and secret; nil lets everybody in.
        var client: (id: String, secret: String)?
        /// Requests that one token is good for.
        var tokenUses = Int.max
        var pageSize = Int.max
    }

    private struct State {
        var namespaces: Set<[String]> = []
        var tables: [TableIdentifier: TableMetadata] = [:]
        /// Where the metadata of each table lies, and how many such files there were.
        var locations: [TableIdentifier: String] = [:]
        var versions = 0
        var faults: [Fault] = []
        var tokens: [String: Int] = [:]
        var answers: [String: (Int, JSONValue)] = [:]
        var keys: [String] = []
        var commitCount = 0
        var authorizations: Set<String> = []

        /// Every change of a table goes into a metadata file of a new name.
        mutating func store(_ metadata: TableMetadata, _ table: TableIdentifier) {
            versions += 1
            tables[table] = metadata
            locations[table] = "memory:///v\(versions).metadata.json"
        }

        func loaded(_ table: TableIdentifier, _ metadata: TableMetadata) -> Answer {
            Answer(
                200,
                [
                    "metadata-location": .string(locations[table] ?? ""),
                    "metadata": (try? JSONValue(parsing: metadata.serialized())) ?? .null,
                    "storage-credentials": [
                        [
                            "prefix": .string(metadata.location),
                            "config": ["s3.access-key-id": "vended"],
                        ]
                    ],
                ]
            )
        }
    }

    struct Answer: Error {
        var status: Int
        var body: JSONValue

        init(_ status: Int, _ body: JSONValue = [:]) {
            self.status = status
            self.body = body
        }

        static func failure(_ status: Int, _ type: String, _ message: String) -> Answer {
            Answer(
                status,
                [
                    "error": [
                        "message": .string(message), "type": .string(type),
                        "code": .integer(Int64(status)),
                    ]
                ]
            )
        }
    }

    private let options: Options
    private let state = Mutex(State())
    private let server = Mutex<ScriptedServer?>(nil)

    init(_ options: Options = Options()) throws {
        self.options = options
        let made = try ScriptedServer { [weak self] connection in
            while let request = try connection.readRequest(), let self {
                let fault = self.takeFault(for: request)
                if let (status, message) = fault?.refusal {
                    let body: JSONValue = ["error": ["message": .string(message)]]
                    try connection.answer(status, [:], body.serialized())
                    continue
                }
                let answer = self.answer(to: request)
                switch fault {
                case .appliesAndCloses: return connection.close()
                case .appliesAndAnswers(let status): try connection.answer(status)
                case .refuses, .refusesSaying, nil:
                    let body = answer.status == 204 ? [] : answer.body.serialized()
                    try connection.answer(
                        answer.status,
                        ["Content-Type": "application/json"],
                        body
                    )
                }
            }
        }
        server.withLock { $0 = made }
    }

    var url: String { server.withLock { $0?.url ?? "" } }

    /// Plans a fault for each of the next commits.
    func plan(_ faults: Fault...) { state.withLock { $0.faults += faults } }

    /// Commits that were applied.
    var commitCount: Int { state.withLock { $0.commitCount } }
    /// What requests gave for their authorization; empty for one that gave none.
    var authorizations: Set<String> { state.withLock { $0.authorizations } }
    /// Tokens that were handed out.
    var tokenCount: Int { state.withLock { $0.tokens.count } }
    /// Idempotency keys in the order in which they came.
    var idempotencyKeys: [String] { state.withLock { $0.keys } }

    func metadata(of identifier: TableIdentifier) -> TableMetadata? {
        state.withLock { $0.tables[identifier] }
    }

    private func takeFault(for request: ReceivedRequest) -> Fault? {
        guard request.method == "POST",
            segments(request).contains("transactions")
                || (segments(request).count > 4 && segments(request).dropLast().last == "tables")
        else { return nil }
        return state.withLock { $0.faults.isEmpty ? nil : $0.faults.removeFirst() }
    }

    /// The decoded segments of the path, without the query.
    private func segments(_ request: ReceivedRequest) -> [String] {
        let path = request.target.split(separator: "?", omittingEmptySubsequences: false)[0]
        return path.split(separator: "/").map(Self.decoded)
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(rest.prefix(2)) ?? "", radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func answer(to request: ReceivedRequest) -> Answer {
        do {
            return try route(request)
        } catch let answer as Answer {
            return answer
        } catch let error as TableUpdateError {
            return error.kind == .conflict
                ? .failure(409, "CommitFailedException", error.message)
                : .failure(400, "ValidationException", error.message)
        } catch {
            return .failure(400, "BadRequestException", "\(error)")
        }
    }

    private func route(_ request: ReceivedRequest) throws -> Answer {
        var path = segments(request)
        _ = state.withLock {
            $0.authorizations.insert(request.headers["authorization"] ?? "")
        }
        guard path.first == "v1" else { throw Answer.failure(404, "NotFound", "no such path") }
        path.removeFirst()
        if path == ["oauth", "tokens"] { return try issueToken(request) }
        try checkToken(request)
        if path == ["config"] { return config() }
        let prefix = options.prefix.split(separator: "/").map(String.init)
        guard path.starts(with: prefix) else {
            throw Answer.failure(404, "NotFound", "no such prefix")
        }
        path.removeFirst(prefix.count)
        let body = try request.body.isEmpty ? JSONObject() : object(request.body)
        return try state.withLock { state in
            try Self.handle(request, path, body, options, &state)
        }
    }

    private func object(_ bytes: [UInt8]) throws -> JSONObject {
        guard let object = try JSONValue(parsing: bytes).objectValue else {
            throw Answer.failure(400, "BadRequestException", "the body is no object")
        }
        return object
    }

    private func config() -> Answer {
        var object: JSONObject = [
            "defaults": ["prefix": "wrong"], "overrides": ["prefix": .string(options.prefix)],
        ]
        if options.offersTransactions {
            object.append("endpoints", ["POST /v1/{prefix}/transactions/commit"])
        }
        if options.takesIdempotencyKeys { object.append("idempotency-key-lifetime", "PT30M") }
        return Answer(200, .object(object))
    }

    private func issueToken(_ request: ReceivedRequest) throws -> Answer {
        let form = String(decoding: request.body, as: UTF8.self)
        guard let client = options.client,
            form.contains("client_id=\(client.id)&client_secret=\(client.secret)"),
            form.contains("grant_type=client_credentials")
        else { return Answer(400, ["error": "invalid_client"]) }
        return state.withLock { state in
            let token = "token-\(state.tokens.count)"
            state.tokens[token] = options.tokenUses
            return Answer(200, ["access_token": .string(token), "expires_in": 3600])
        }
    }

    private func checkToken(_ request: ReceivedRequest) throws {
        guard options.client != nil else { return }
        let token = request.headers["authorization"].map { String($0.dropFirst("Bearer ".count)) }
        let isGood = state.withLock { state in
            guard let token, let left = state.tokens[token], left > 0 else { return false }
            state.tokens[token] = left - 1
            return true
        }
        guard isGood else { throw Answer.failure(401, "NotAuthorizedException", "no good token") }
    }
}

extension RESTServer {
    private static func handle(
        _ request: ReceivedRequest,
        _ path: [String],
        _ body: JSONObject,
        _ options: Options,
        _ state: inout State
    ) throws -> Answer {
        switch (request.method, path.count, path.first) {
        case ("GET", 1, "namespaces"):
            let all = state.namespaces.sorted { $0.joined() < $1.joined() }
            return page(all.map { .array($0.map { .string($0) }) }, "namespaces", request, options)
        case ("POST", 1, "namespaces"): return try createNamespace(body, &state)
        case ("GET", 3, "namespaces"):
            let namespace = levels(path[1])
            let all = state.tables.keys.filter { $0.namespace == namespace }.map(\.name).sorted()
            let identifiers = all.map { identifier(namespace, $0) }
            return page(identifiers, "identifiers", request, options)
        case ("POST", 3, "namespaces"): return try createTable(levels(path[1]), body, &state)
        case (let method, 4, "namespaces"):
            let table = TableIdentifier(namespace: levels(path[1]), name: path[3])
            return try handleTable(method, table, request, body, &state)
        case ("POST", 2, "tables"): return try rename(body, &state)
        case ("POST", 2, "transactions"):
            guard options.offersTransactions else { break }
            return try idempotent(request, &state) { state in try transaction(body, &state) }
        default: break
        }
        throw Answer.failure(404, "NotFound", "\(request.method) \(path)")
    }

    private static func levels(_ segment: String) -> [String] {
        segment.split(separator: "\u{1F}").map(String.init)
    }

    private static func identifier(_ namespace: [String], _ name: String) -> JSONValue {
        ["namespace": .array(namespace.map { .string($0) }), "name": .string(name)]
    }

    private static func page(
        _ all: [JSONValue],
        _ member: String,
        _ request: ReceivedRequest,
        _ options: Options
    ) -> Answer {
        let token = request.target.split(separator: "pageToken=", maxSplits: 1).dropFirst().first
        let start = token.flatMap { Int($0) } ?? 0
        let end = min(all.count, start + min(options.pageSize, all.count))
        var answer = JSONObject([.init(member, .array(Array(all[start..<end])))])
        if end < all.count { answer.append("next-page-token", .string(String(end))) }
        return Answer(200, .object(answer))
    }

    private static func createNamespace(
        _ body: JSONObject,
        _ state: inout State
    ) throws -> Answer {
        let levels = body["namespace"]?.arrayValue?.compactMap(\.stringValue) ?? []
        guard levels.count == 1 || state.namespaces.contains(Array(levels.dropLast())) else {
            throw Answer.failure(404, "NoSuchNamespaceException", "the parent does not exist")
        }
        guard state.namespaces.insert(levels).inserted else {
            throw Answer.failure(409, "AlreadyExistsException", "the namespace exists")
        }
        return Answer(200, .object(body))
    }

    private static func createTable(
        _ namespace: [String],
        _ body: JSONObject,
        _ state: inout State
    ) throws -> Answer {
        guard state.namespaces.contains(namespace) else {
            throw Answer.failure(404, "NoSuchNamespaceException", "no such namespace")
        }
        let table = TableIdentifier(namespace: namespace, name: body["name"]?.stringValue ?? "")
        guard state.tables[table] == nil else {
            throw Answer.failure(409, "AlreadyExistsException", "the table exists")
        }
        let schema = StoredSchema(schemaID: 0, json: body["schema"]?.objectValue ?? JSONObject())
        let properties = (body["properties"]?.objectValue ?? JSONObject()).members
        let metadata = try TableMetadata(
            creating: try schema.schema(file: "request"),
            partitionSpec: nil,
            properties: Dictionary(
                properties.map { ($0.name, $0.value.stringValue ?? "") },
                uniquingKeysWith: { _, last in last }
            ),
            location: body["location"]?.stringValue ?? "memory:///\(table)",
            nowMilliseconds: 1
        )
        state.store(metadata, table)
        return state.loaded(table, metadata)
    }

    private static func handleTable(
        _ method: String,
        _ table: TableIdentifier,
        _ request: ReceivedRequest,
        _ body: JSONObject,
        _ state: inout State
    ) throws -> Answer {
        guard let metadata = state.tables[table] else {
            throw Answer.failure(404, "NoSuchTableException", "no such table")
        }
        switch method {
        case "GET": return state.loaded(table, metadata)
        case "DELETE":
            state.tables[table] = nil
            return Answer(204)
        case "POST":
            return try idempotent(request, &state) { state in
                let next = try applied(body, to: metadata)
                state.store(next, table)
                state.commitCount += 1
                return state.loaded(table, next)
            }
        default: throw Answer.failure(405, "NotAllowed", method)
        }
    }

    private static func applied(
        _ change: JSONObject,
        to metadata: TableMetadata
    ) throws -> TableMetadata {
        let requirements = try (change["requirements"]?.arrayValue ?? []).map { value in
            guard let json = value.objectValue,
                let requirement = try TableRequirement(json: json, file: "request")
            else { throw Answer.failure(400, "BadRequestException", "unknown requirement") }
            return requirement
        }
        let updates = try (change["updates"]?.arrayValue ?? []).map { value in
            guard let json = value.objectValue,
                let update = try TableUpdate(json: json, file: "request")
            else { throw Answer.failure(400, "BadRequestException", "unknown update") }
            return update
        }
        return try metadata.applying(updates, requirements: requirements, nowMilliseconds: 1)
    }

    private static func transaction(_ body: JSONObject, _ state: inout State) throws -> Answer {
        var next: [TableIdentifier: TableMetadata] = [:]
        for value in body["table-changes"]?.arrayValue ?? [] {
            guard let change = value.objectValue,
                let named = change["identifier"]?.objectValue,
                let name = named["name"]?.stringValue
            else { throw Answer.failure(400, "BadRequestException", "no identifier") }
            let namespace = named["namespace"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let table = TableIdentifier(namespace: namespace, name: name)
            guard let metadata = state.tables[table] else {
                throw Answer.failure(404, "NoSuchTableException", "no such table")
            }
            next[table] = try applied(change, to: metadata)
        }
        for (table, metadata) in next { state.store(metadata, table) }
        state.commitCount += 1
        return Answer(204)
    }

    private static func rename(_ body: JSONObject, _ state: inout State) throws -> Answer {
        func identifier(_ member: String) -> TableIdentifier {
            let object = body[member]?.objectValue
            return TableIdentifier(
                namespace: object?["namespace"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                name: object?["name"]?.stringValue ?? ""
            )
        }
        let (source, destination) = (identifier("source"), identifier("destination"))
        guard state.tables[destination] == nil else {
            throw Answer.failure(409, "AlreadyExistsException", "the table exists")
        }
        guard let metadata = state.tables.removeValue(forKey: source) else {
            throw Answer.failure(404, "NoSuchTableException", "no such table")
        }
        state.store(metadata, destination)
        return Answer(204)
    }

    /// Final answers are remembered by their key and given again, refusals included.
    private static func idempotent(
        _ request: ReceivedRequest,
        _ state: inout State,
        _ body: (inout State) throws -> Answer
    ) throws -> Answer {
        guard let key = request.headers["idempotency-key"] else { return try body(&state) }
        state.keys.append(key)
        if let (status, json) = state.answers[key] { return Answer(status, json) }
        let answer: Answer
        do {
            answer = try body(&state)
        } catch let error as TableUpdateError {
            answer =
                error.kind == .conflict
                ? .failure(409, "CommitFailedException", error.message)
                : .failure(400, "ValidationException", error.message)
        }
        state.answers[key] = (answer.status, answer.body)
        return answer
    }
}
