internal import Bytes
public import Catalog
internal import Diagnostics
public import HTTPClient
public import Iceberg
internal import Synchronization
public import TableModel

/// A catalog behind the Iceberg REST interface.
///
/// Source: Iceberg REST specification (rest-catalog-open-api.yaml).
public final class RESTCatalog: Catalog {
    let connection: RESTConnection
    let openKeys = IdempotencyKeys()
    private let onCredentials: CredentialsHandler
    private let together = Atomic<Bool>(false)

    /// The most pages of a listing that are followed.
    private static let pagesMax = 10_000

    /// Is told what the server hands out for a table's files, and how to have it hand out new ones.
    public typealias CredentialsHandler =
        @Sendable (
            _ found: [VendedCredentials], _ renew: @escaping @Sendable () async throws -> Void
        ) -> Void

    public init(
        _ configuration: RESTCatalogConfiguration,
        client: HTTPClient = HTTPClient(),
        onCredentials: @escaping CredentialsHandler = { _, _ in }
    ) {
        connection = RESTConnection(configuration, client: client)
        self.onCredentials = onCredentials
    }

    /// Known after the first call that reached the server; false before.
    public var commitsTablesTogether: Bool { together.load(ordering: .relaxed) }

    func settings() async throws -> ServerSettings {
        let settings = try await connection.serverSettings()
        together.store(settings.commitsTablesTogether, ordering: .relaxed)
        return settings
    }

    public func loadTable(_ identifier: TableIdentifier) async throws -> LoadedTable? {
        _ = try await settings()
        let tried = "load the table \(identifier)"
        let url = try await connection.url(RESTPath.table(identifier))
        let response: HTTPResponse
        do {
            response = try await connection.read(url, tried: tried)
        } catch let error as CatalogError where error.kind == .notFound {
            return nil
        }
        return try loaded(response, identifier, tried: tried)
    }

    /// Reads a `LoadTableResult` or a `CommitTableResponse`.
    func loaded(
        _ response: HTTPResponse,
        _ identifier: TableIdentifier,
        tried: String
    ) throws -> LoadedTable {
        let answer = try? JSONValue(parsing: response.body).objectValue
        guard let answer, let metadata = answer["metadata"]?.objectValue else {
            throw CatalogError(.corrupt, "could not \(tried): the answer holds no metadata")
        }
        do throws(FormatError) {
            let table = LoadedTable(
                identifier: identifier,
                metadata: try TableMetadata(json: metadata, file: "metadata of \(identifier)"),
                metadataLocation: answer["metadata-location"]?.stringValue ?? ""
            )
            noteCredentials(answer, table)
            return table
        } catch {
            throw CatalogError(.corrupt, "could not \(tried): \(error)")
        }
    }

    private func noteCredentials(_ answer: JSONObject, _ table: LoadedTable) {
        var found: [VendedCredentials] = []
        for credential in answer["storage-credentials"]?.arrayValue ?? [] {
            guard let object = credential.objectValue,
                let prefix = object["prefix"]?.stringValue,
                let config = object["config"]?.objectValue
            else { continue }
            found.append(VendedCredentials(prefix: prefix, properties: Self.texts(config)))
        }
        // Older servers put one set of credentials for the whole table into its configuration.
        if found.isEmpty, let config = answer["config"]?.objectValue {
            let texts = Self.texts(config)
            if texts.keys.contains(where: { $0.hasPrefix("s3.") }) {
                found.append(
                    VendedCredentials(prefix: "\(table.metadata.location)/", properties: texts)
                )
            }
        }
        guard !found.isEmpty else { return }
        let identifier = table.identifier
        onCredentials(found) { [weak self] in
            guard try await self?.loadTable(identifier) != nil else {
                throw CatalogError(.notFound, "the table \(identifier) is no longer there")
            }
        }
    }

    private static func texts(_ object: JSONObject) -> [String: String] {
        Dictionary(
            object.members.compactMap { member in
                member.value.stringValue.map { (member.name, $0) }
            },
            uniquingKeysWith: { _, last in last }
        )
    }

    public func createNamespace(_ namespace: [String]) async throws {
        _ = try await settings()
        // Servers want a parent before its child.
        for depth in 1...max(1, namespace.count) {
            let levels = Array(namespace.prefix(depth))
            do {
                _ = try await connection.change(
                    .post,
                    try await connection.url("namespaces"),
                    body: [
                        "namespace": .array(levels.map { .string($0) }), "properties": [:],
                    ],
                    tried: "create the namespace \(levels.joined(separator: "."))"
                )
            } catch let error as CatalogError where error.kind == .alreadyExists {
                continue
            }
        }
    }

    public func listNamespaces() async throws -> [[String]] {
        _ = try await settings()
        return try await pages("namespaces", member: "namespaces", tried: "list namespaces") {
            $0.arrayValue?.compactMap(\.stringValue)
        }
    }

    public func listTables(in namespace: [String]) async throws -> [TableIdentifier] {
        _ = try await settings()
        let tried = "list the tables of \(namespace.joined(separator: "."))"
        return try await pages(
            RESTPath.tables(namespace),
            member: "identifiers",
            tried: tried
        ) { value in
            guard let object = value.objectValue, let name = object["name"]?.stringValue,
                let levels = object["namespace"]?.arrayValue
            else { return nil }
            return TableIdentifier(namespace: levels.compactMap(\.stringValue), name: name)
        }
    }

    /// Follows a listing page by page.
    private func pages<Element>(
        _ path: String,
        member: String,
        tried: String,
        _ read: (JSONValue) -> Element?
    ) async throws -> [Element] {
        var elements: [Element] = []
        var pageToken: String?
        for _ in 0..<Self.pagesMax {
            let query = pageToken.map { [("pageToken", $0)] } ?? []
            let response = try await connection.read(
                try await connection.url(path, query: query),
                tried: tried
            )
            guard let answer = try? JSONValue(parsing: response.body).objectValue else {
                throw CatalogError(.corrupt, "could not \(tried): the answer is no JSON object")
            }
            elements += (answer[member]?.arrayValue ?? []).compactMap(read)
            guard let next = answer["next-page-token"]?.stringValue, !next.isEmpty else {
                return elements
            }
            pageToken = next
        }
        throw CatalogError(.corrupt, "could not \(tried): it has more than \(Self.pagesMax) pages")
    }

    public func createTable(
        _ identifier: TableIdentifier,
        schema: Schema,
        partitionSpec: PartitionSpec?,
        properties: [String: String],
        location: String?
    ) async throws -> LoadedTable {
        _ = try await settings()
        let tried = "create the table \(identifier)"
        var body: JSONObject = [
            "name": .string(identifier.name), "schema": .object(StoredSchema(schema).json),
            "stage-create": false,
        ]
        if let location { body.append("location", .string(location)) }
        if let partitionSpec { body.append("partition-spec", .object(partitionSpec.json)) }
        let pairs = properties.sorted { $0.key < $1.key }
        body.append(
            "properties",
            .object(JSONObject(pairs.map { .init($0.key, .string($0.value)) }))
        )
        let response = try await connection.change(
            .post,
            try await connection.url(RESTPath.tables(identifier.namespace)),
            body: .object(body),
            tried: tried
        )
        return try loaded(response, identifier, tried: tried)
    }

    public func dropTable(_ identifier: TableIdentifier) async throws {
        _ = try await settings()
        _ = try await connection.change(
            .delete,
            try await connection.url(
                RESTPath.table(identifier),
                query: [("purgeRequested", "false")]
            ),
            tried: "drop the table \(identifier)"
        )
    }

    public func renameTable(
        _ identifier: TableIdentifier,
        to newIdentifier: TableIdentifier
    ) async throws {
        _ = try await settings()
        _ = try await connection.change(
            .post,
            try await connection.url("tables/rename"),
            body: [
                "source": .object(identifier.json), "destination": .object(newIdentifier.json),
            ],
            tried: "rename the table \(identifier) to \(newIdentifier)"
        )
    }
}

extension TableIdentifier {
    var json: JSONObject {
        ["namespace": .array(namespace.map { .string($0) }), "name": .string(name)]
    }
}
