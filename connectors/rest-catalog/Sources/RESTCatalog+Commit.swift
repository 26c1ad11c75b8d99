internal import Bytes
public import Catalog
internal import Diagnostics
internal import HTTPClient
internal import Iceberg
internal import TableModel

extension RESTCatalog {
    /// Applies all changes or none: one table by its own path, several by the server's transactions.
    ///
    /// The same changes are the same request with the same idempotency key; a commit that was built
    /// anew has another one, or a server would answer it with the old refusal for ever.
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
        if settings.takesIdempotencyKeys {
            request.headers["Idempotency-Key"] = Self.idempotencyKey(.object(body))
        }
        let names = changes.map(\.identifier.description).joined(separator: ", ")
        let tried = "commit to \(names)"
        switch try await outcome(of: request, tried: tried) {
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
    }

    /// What each answer to a commit means.
    ///
    /// Source: Iceberg REST specification, `updateTable` and `commitTransaction`: 500, 502 and 504,
    /// like an answer that never came, leave open whether it was applied; so may 503.
    private func outcome(of request: HTTPRequest, tried: String) async throws -> Answer {
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

    /// A UUID that is the same for the same request.
    private static func idempotencyKey(_ body: JSONValue) -> String {
        let hasher = SipHash128(key0: 0x6672_617A_696C_0001, key1: 0x6964_656D_706F_7465)
        let (low, high) = body.serialized().withUnsafeBytes { hasher.hash($0) }
        // Version 4 and its variant, so that servers which look take it for a UUID.
        let top = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let bottom = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let text = Array(hex(top) + hex(bottom))
        let groups = [text[0..<8], text[8..<12], text[12..<16], text[16..<20], text[20..<32]]
        return groups.map { String($0) }.joined(separator: "-")
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
