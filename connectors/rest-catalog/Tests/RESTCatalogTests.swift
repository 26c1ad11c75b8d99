import Catalog
import CatalogTestKit
import HTTPClient
import HTTPTestKit
import Iceberg
import ObjectStore
import RESTCatalog
import Synchronization
import TableModel
import Testing

@Suite("REST catalog")
struct RESTCatalogTests {
    private let table = TableIdentifier(namespace: ["shop", "eu/1"], name: "orders 2")
    private let other = TableIdentifier(namespace: ["shop", "eu/1"], name: "items")

    private func catalog(
        _ server: RESTServer,
        _ authorization: RESTCatalogConfiguration.Authorization = .none
    ) -> RESTCatalog {
        RESTCatalog(RESTCatalogConfiguration(uri: server.url, authorization: authorization))
    }

    private func create(
        _ identifiers: TableIdentifier...,
        in catalog: RESTCatalog
    ) async throws -> [LoadedTable] {
        try await catalog.createNamespace(identifiers[0].namespace)
        var tables: [LoadedTable] = []
        for identifier in identifiers {
            let schema = Schema(
                schemaID: 0,
                fields: [SchemaField(id: 1, name: "id", type: .long, isRequired: true)],
                identifierFieldIDs: [1]
            )
            tables.append(try await catalog.createTable(identifier, schema: schema))
        }
        return tables
    }

    private func change(_ table: LoadedTable, _ value: String) -> TableChange {
        TableChange(
            identifier: table.identifier,
            base: table,
            requirements: [.assertTableUUID(table.metadata.tableUUID)],
            updates: [.setProperties(["value": value])]
        )
    }

    private func isCommitted(_ outcome: CommitOutcome) -> Bool {
        if case .committed = outcome { true } else { false }
    }

    private func isUnknown(_ outcome: CommitOutcome) -> Bool {
        if case .unknown = outcome { true } else { false }
    }

    private func isConflict(_ outcome: CommitOutcome) -> Bool {
        if case .conflict = outcome { true } else { false }
    }

    @Test("does what every catalog does", arguments: CatalogBehaviour.claims)
    func behaviour(_ claim: CatalogBehaviour.Claim) async throws {
        let server = try RESTServer()
        try await claim.verify(catalog(server), store: MemoryObjectStore())
        withExtendedLifetime(server) {}
    }

    @Test("names with slashes, blanks and levels reach the server as they are")
    func encoding() async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        _ = try await create(table, in: catalog)
        #expect(server.metadata(of: table) != nil)
        #expect(try await catalog.listTables(in: table.namespace) == [table])
        #expect(try await catalog.loadTable(table)?.identifier == table)
    }

    @Test("listings are followed to their last page")
    func pages() async throws {
        var options = RESTServer.Options()
        options.pageSize = 2
        let server = try RESTServer(options)
        let catalog = catalog(server)
        for number in 0..<5 { try await catalog.createNamespace(["n\(number)"]) }
        #expect(try await catalog.listNamespaces().count == 5)
        withExtendedLifetime(server) {}
    }

    @Test("several tables change together where the server offers it, and only there")
    func transactions() async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        let tables = try await create(table, other, in: catalog)
        #expect(catalog.commitsTablesTogether)
        let outcome = try await catalog.commit(tables.map { change($0, "1") })
        #expect(isCommitted(outcome))
        #expect(server.commitCount == 1)
        #expect(server.metadata(of: other)?.properties["value"] == "1")

        var wrong = change(tables[1], "2")
        wrong.requirements = [.assertCurrentSchemaID(99)]
        let refused = try await catalog.commit([change(tables[0], "2"), wrong])
        #expect(isConflict(refused))
        #expect(server.metadata(of: table)?.properties["value"] == "1")

        var options = RESTServer.Options()
        options.offersTransactions = false
        let plainServer = try RESTServer(options)
        let plain = self.catalog(plainServer)
        _ = try await create(table, in: plain)
        #expect(!plain.commitsTablesTogether)
        withExtendedLifetime(plainServer) {}
    }

    @Test("an expired token is renewed and the request sent again")
    func tokens() async throws {
        var options = RESTServer.Options()
        options.client = ("me", "secret")
        options.tokenUses = 3
        let server = try RESTServer(options)
        let catalog = catalog(
            server,
            .oauth2(RESTCatalogConfiguration.OAuth2(clientID: "me", clientSecret: "secret"))
        )
        let tables = try await create(table, in: catalog)
        for number in 0..<10 {
            #expect(isCommitted(try await catalog.commit([change(tables[0], "\(number)")])))
        }
        #expect(server.commitCount == 10)
    }

    @Test("a token that is given goes with every request, and is not in what a refusal says")
    func bearer() async throws {
        let server = try RESTServer()
        let catalog = catalog(server, .bearer(token: "given-4711"))
        let tables = try await create(table, other, in: catalog)
        #expect(isCommitted(try await catalog.commit(tables.map { change($0, "1") })))
        #expect(server.authorizations == ["Bearer given-4711"])
        server.plan(.refuses(401))
        let error = await #expect(throws: CatalogError.self) {
            try await catalog.commit([change(tables[0], "2")])
        }
        #expect(error?.kind == .permission)
        #expect(error?.description.contains("4711") == false)
    }

    @Test("wrong credentials end with a remedy and without the secret")
    func wrongSecret() async throws {
        var options = RESTServer.Options()
        options.client = ("me", "right")
        let server = try RESTServer(options)
        let catalog = catalog(
            server,
            .oauth2(RESTCatalogConfiguration.OAuth2(clientID: "me", clientSecret: "hunter2"))
        )
        let error = await #expect(throws: CatalogError.self) {
            try await catalog.listNamespaces()
        }
        #expect(error?.kind == .permission)
        #expect(error?.remedy != nil)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test(
        "what a status says about a commit",
        arguments: [500, 502, 503, 504].map { (RESTServer.Fault.appliesAndAnswers($0), true) }
            + [500, 502, 503, 504].map { (RESTServer.Fault.refuses($0), false) }
            + [(RESTServer.Fault.appliesAndCloses, true)]
    )
    func unknownOutcomes(_ fault: RESTServer.Fault, isApplied: Bool) async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        let tables = try await create(table, in: catalog)
        server.plan(fault)
        #expect(isUnknown(try await catalog.commit([change(tables[0], "1")])))
        #expect(server.commitCount == (isApplied ? 1 : 0))
        // The same request again is answered as the first one would have been.
        #expect(isCommitted(try await catalog.commit([change(tables[0], "1")])))
        #expect(server.commitCount == 1)
    }

    /// What became of a commit: `committed`, `conflict`, `unknown`, `retryable` or `refused`.
    private func result(_ catalog: RESTCatalog, _ changes: [TableChange]) async -> String {
        do {
            switch try await catalog.commit(changes) {
            case .committed: return "committed"
            case .conflict: return "conflict"
            case .unknown: return "unknown"
            }
        } catch let error as CatalogError {
            return error.isRetryable ? "retryable" : "refused"
        } catch {
            return "\(error)"
        }
    }

    /// S1.13, the table of outcomes: what was refused changed nothing; what is unknown may have.
    @Test(
        "each status has its meaning, for one table and for several",
        arguments: [
            (400, "refused"), (401, "refused"), (403, "refused"), (404, "conflict"),
            (405, "refused"), (406, "refused"), (408, "unknown"), (409, "conflict"),
            (410, "refused"), (419, "refused"), (422, "refused"), (425, "retryable"),
            (429, "retryable"), (500, "unknown"), (501, "unknown"), (502, "unknown"),
            (503, "unknown"), (504, "unknown"), (507, "unknown"), (599, "unknown"),
        ]
    )
    func statuses(_ status: Int, _ meaning: String) async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        let tables = try await create(table, other, in: catalog)
        for changes in [[change(tables[0], "1")], tables.map { change($0, "1") }] {
            server.plan(.refuses(status))
            #expect(await result(catalog, changes) == meaning)
        }
        #expect(server.commitCount == 0)
    }

    @Test(
        "a 400 that says another branch was faster is a conflict",
        arguments: [
            "Cannot add snapshot with sequence number 3 older than last sequence number 4",
            "Cannot add a snapshot, first-row-id is behind table next-row-id: 3 < 4",
        ]
    )
    func overtaken(message: String) async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        let tables = try await create(table, in: catalog)
        server.plan(.refusesSaying(400, message))
        #expect(await result(catalog, [change(tables[0], "1")]) == "conflict")
    }

    /// T066.
    @Test("a commit that meets a stale token is sent again with a new one", arguments: [401, 419])
    func staleToken(status: Int) async throws {
        var options = RESTServer.Options()
        options.client = ("me", "secret")
        let server = try RESTServer(options)
        let catalog = catalog(
            server,
            .oauth2(RESTCatalogConfiguration.OAuth2(clientID: "me", clientSecret: "secret"))
        )
        let tables = try await create(table, in: catalog)
        server.plan(.refuses(status))
        #expect(isCommitted(try await catalog.commit([change(tables[0], "1")])))
        #expect(server.commitCount == 1)
        #expect(server.tokenCount == 2)
    }

    @Test("a commit keeps its idempotency key when it is sent again, and a new one has another")
    func idempotencyKeys() async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        let tables = try await create(table, in: catalog)
        server.plan(.appliesAndAnswers(502))
        _ = try await catalog.commit([change(tables[0], "1")])
        _ = try await catalog.commit([change(tables[0], "1")])
        _ = try await catalog.commit([change(tables[0], "2")])
        let keys = server.idempotencyKeys
        #expect(keys.count == 3)
        #expect(keys[0] == keys[1])
        #expect(keys[1] != keys[2])
        #expect(keys[0].count == 36)
    }

    @Test("a commit that was refused for good has another key when it is tried again")
    func keysAfterRefusals() async throws {
        let server = try RESTServer()
        let catalog = catalog(server)
        let tables = try await create(table, in: catalog)
        var wrong = change(tables[0], "1")
        wrong.requirements = [.assertLastAssignedFieldID(2)]
        #expect(isConflict(try await catalog.commit([wrong])))
        // Meanwhile it has become right: a second column came.
        var schema = try tables[0].metadata.currentSchema()
        schema.fields.append(SchemaField(id: 2, name: "b", type: .long, isRequired: false))
        var growth = change(tables[0], "0")
        growth.updates = [.addSchema(schema), .setCurrentSchema(TableUpdate.lastAdded)]
        #expect(isCommitted(try await catalog.commit([growth])))
        #expect(isCommitted(try await catalog.commit([wrong])))
        #expect(server.metadata(of: table)?.properties["value"] == "1")
        // A success is not given again either.
        #expect(isCommitted(try await catalog.commit([change(tables[0], "2")])))
        #expect(isCommitted(try await catalog.commit([wrong])))
        #expect(server.metadata(of: table)?.properties["value"] == "1")
    }

    @Test("a server that keeps no keys is sent none")
    func noIdempotencyKeys() async throws {
        var options = RESTServer.Options()
        options.takesIdempotencyKeys = false
        let server = try RESTServer(options)
        let catalog = catalog(server)
        let tables = try await create(table, in: catalog)
        #expect(isCommitted(try await catalog.commit([change(tables[0], "1")])))
        #expect(server.idempotencyKeys == [])
    }

    @Test("a server that is not there is out of reach, and nothing was sent")
    func unreachable() async throws {
        let catalog = RESTCatalog(RESTCatalogConfiguration(uri: "http://127.0.0.1:1"))
        let error = await #expect(throws: CatalogError.self) {
            try await catalog.listNamespaces()
        }
        #expect(error?.kind == .unavailable(retryable: true))
    }

    @Test("credentials that come with a table are handed on")
    func credentials() async throws {
        let server = try RESTServer()
        let seen = SeenCredentials()
        let catalog = RESTCatalog(RESTCatalogConfiguration(uri: server.url)) { found, _ in
            seen.note(found)
        }
        let tables = try await create(table, in: catalog)
        #expect(
            seen.all.last
                == VendedCredentials(
                    prefix: tables[0].metadata.location,
                    properties: ["s3.access-key-id": "vended"]
                )
        )
    }

    @Test("credentials are renewed by asking for the table again, until it is gone")
    func renewal() async throws {
        let server = try RESTServer()
        let seen = SeenCredentials()
        let renewals = Mutex<[@Sendable () async throws -> Void]>([])
        let catalog = RESTCatalog(RESTCatalogConfiguration(uri: server.url)) { found, renew in
            seen.note(found)
            renewals.withLock { $0.append(renew) }
        }
        _ = try await create(table, in: catalog)
        let count = seen.all.count
        let renew = try #require(renewals.withLock { $0.last })
        try await renew()
        #expect(seen.all.count == count + 1)
        #expect(seen.all.last == seen.all.first)
        try await catalog.dropTable(table)
        let error = await #expect(throws: CatalogError.self) { try await renew() }
        #expect(error?.kind == .notFound)
    }
}

final class SeenCredentials: Sendable {
    private let seen = Mutex<[VendedCredentials]>([])
    var all: [VendedCredentials] { seen.withLock { $0 } }
    func note(_ credentials: [VendedCredentials]) { seen.withLock { $0 += credentials } }
}
