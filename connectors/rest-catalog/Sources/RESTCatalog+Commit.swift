internal import Bytes
public import Catalog
internal import Diagnostics
internal import HTTPClient
internal import Iceberg
internal import TableModel

extension RESTCatalog {
    /// Applies all changes or none: one table by its own path, several by the server's transactions.
    ///
    /// While nobody knows what became of changes, the same ones are the same request with the same
    /// idempotency key. Once they have their answer another commit has another key, be it of the same
    /// changes: a server would give it the old answer again.
    /// - Throws: ``CatalogError``; then nothing was changed.
    public func commit(_ changes: [TableChange]) async throws -> CommitOutcome {
        let settings = try await settings()
        guard let first = changes.first else { return .committed([]) }
        guard changes.count == 1 || settings.commitsTablesTogether else {
            throw CatalogError(
                .configuration,
                "could not commit \(changes.count) tables together: the catalog does not offer it"
            )
        }
        let isSingle = changes.count == 1
        let path = isSingle ? RESTPath.table(first.identifier) : "transactions/commit"
        let body: JSONObject =
            isSingle
            ? first.json
            : ["table-changes": .array(changes.map { .object($0.json) })]
        var request = RESTConnection.request(
            .post,
            try await connection.url(path),
            .object(body)
        )
        let names = changes.map(\.identifier.description).joined(separator: ", ")
        let tried = "commit to \(names)"
        let open = JSONValue.object(body).serialized().withUnsafeBytes { openKeys.key(of: $0) }
        if settings.takesIdempotencyKeys { request.headers["Idempotency-Key"] = open.key }
        let answer: Answer
        do {
            answer = try await outcome(of: request, tried: tried)
        } catch let error as CatalogError {
            if !error.isRetryable { openKeys.close(open) }
            throw error
        }
        if answer.isFinal { openKeys.close(open) }
        switch answer {
        case .refused(let outcome): return outcome
        case .applied(let response):
            if isSingle, let table = try? loaded(response, first.identifier, tried: tried) {
                return .committed([table])
            }
            return try await committedTables(changes)
        }
    }

    private enum Answer {
        case applied(HTTPResponse)
        case refused(CommitOutcome)

        /// Whether the server has answered for good; a request that it did not let in, or did not
        /// answer, may still be answered otherwise.
        var isFinal: Bool {
            if case .refused(.unknown) = self { return false }
            return true
        }
    }

    /// What each answer to a commit means.
    ///
    /// Source: Iceberg REST specification, `updateTable` and `commitTransaction`: 500, 502 and 504,
    /// like an answer that never came, leave open whether it was applied; so may 503.
    private func outcome(
        of request: HTTPRequest,
        tried: String
    ) async throws -> Answer {
        let response: HTTPResponse
        do {
            response = try await connection.send(request)
        } catch let error as HTTPError {
            guard error.sent == .maybe else { throw CatalogError(error, tried: tried) }
            return .refused(.unknown("could not \(tried): \(error.message)"))
        }
        guard !response.isSuccess else { return .applied(response) }
        let failure = RESTFailure(response)
        let message = "could not \(tried): the catalog answered with \(failure.description)"
        switch failure.status {
        case 409, 404: return .refused(.conflict(message))
        case 400 where failure.isOvertaken: return .refused(.conflict(message))
        case 408, 500...599: return .refused(.unknown(message))
        default: throw failure.catalogError(tried)
        }
    }

    /// The tables after a commit that surely happened.
    private func committedTables(_ changes: [TableChange]) async throws -> CommitOutcome {
        var tables: [LoadedTable] = []
        for change in changes {
            do {
                guard let table = try await loadTable(change.identifier) else {
                    return .unknown("\(change.identifier) was committed to and is gone")
                }
                tables.append(table)
            } catch {
                return .unknown("\(change.identifier) was committed to, but: \(error)")
            }
        }
        return .committed(tables)
    }
}

extension RESTFailure {
    /// Whether another branch moved the table's sequence number; older servers say so with 400.
    var isOvertaken: Bool {
        message.contains("sequence number") || message.contains("first-row-id")
            || message.contains("first row id")
    }
}

extension TableChange {
    /// Source: Iceberg REST specification, `CommitTableRequest`.
    var json: JSONObject {
        [
            "identifier": .object(identifier.json),
            "requirements": .array(requirements.map { .object($0.json) }),
            "updates": .array(updates.map { .object($0.json) }),
        ]
    }
}
