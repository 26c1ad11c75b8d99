import Catalog
import MySQLConnector
import ObjectStore
import PipelineConfig
import PostgresConnector
import RESTCatalog
import S3ObjectStore
import SQLiteCatalog
import SourceInterface

/// The connector of a pipeline's source.
///
/// A new kind of source adds one line here.
func makeSource(_ configuration: PipelineConfiguration) throws -> any ChangeSource {
    let source = configuration.source
    switch source.type {
    case .mysql: return try makeMySQLSource(configuration, flavor: .mysql)
    case .mariadb: return try makeMySQLSource(configuration, flavor: .mariadb)
    case .postgres: return try makePostgresSource(configuration)
    }
}

/// The catalog of a pipeline's lake and the store of its files.
///
/// A new kind adds one line here. A catalog that is not there is made only when `createsMissing`.
func openLake(
    _ lake: LakeConfiguration,
    createsMissing: Bool
) throws -> (catalog: any Catalog, store: any ObjectStore) {
    switch lake.catalog {
    case .rest(let settings):
        // Who names credentials means them; a catalog's own are for the others.
        guard !lake.s3.namesCredentials else {
            return (makeRESTCatalog(settings, lake.s3, vendingTo: nil), makeStore(lake.s3))
        }
        let buckets = makeVendedS3Store(lake.s3)
        return (makeRESTCatalog(settings, lake.s3, vendingTo: buckets), makeStore(buckets))
    case .sqlite(let path):
        let store = makeStore(lake.s3)
        if !createsMissing, let absent = try AbsentCatalog(inPlaceOf: path) {
            return (absent, store)
        }
        let catalog = try SQLiteCatalog(
            path: path,
            name: lake.catalogName,
            warehouse: lake.warehouse ?? "",
            store: store
        )
        return (catalog, store)
    }
}

/// The stores of files, one for each scheme that a table's location may have.
///
/// A new kind adds one line here.
func makeStore(_ settings: LakeConfiguration.S3Settings) -> RoutedObjectStore {
    makeStore(makeS3Store(settings))
}

private func makeStore(_ buckets: any ObjectStore) -> RoutedObjectStore {
    var stores: [String: any ObjectStore] = ["file": LocalObjectStore()]
    for scheme in S3ObjectStore.schemes { stores[scheme] = buckets }
    return RoutedObjectStore(stores)
}

/// A catalog that hands the credentials it is given for files to a store of buckets.
private func makeRESTCatalog(
    _ settings: LakeConfiguration.RESTSettings,
    _ s3: LakeConfiguration.S3Settings,
    vendingTo store: VendedS3Store?
) -> RESTCatalog {
    RESTCatalog(
        RESTCatalogConfiguration(
            uri: settings.uri,
            warehouse: settings.warehouse,
            prefix: settings.prefix,
            authorization: authorization(settings, s3),
            wantsVendedCredentials: store != nil
        )
    ) { found, renew in
        for credentials in found {
            store?.note(
                prefix: credentials.prefix,
                properties: credentials.properties,
                renew: renew
            )
        }
    }
}

private func authorization(
    _ settings: LakeConfiguration.RESTSettings,
    _ s3: LakeConfiguration.S3Settings
) -> RESTCatalogConfiguration.Authorization {
    if let token = settings.token { return .bearer(token: token) }
    if let name = settings.signingName {
        return .signed(makeRequestSigner(service: name, region: settings.signingRegion, s3))
    }
    guard let credential = settings.credential else { return .none }
    let parts = credential.split(separator: ":", maxSplits: 1).map(String.init)
    return .oauth2(
        RESTCatalogConfiguration.OAuth2(
            tokenURI: settings.tokenURI,
            clientID: parts.count == 2 ? parts[0] : nil,
            clientSecret: parts.last ?? "",
            scope: settings.scope ?? "catalog"
        )
    )
}

/// Seconds that a connection may take to be made, unless the URL says so.
private let connectTimeoutSecondsDefault = 10

private func makeMySQLSource(
    _ configuration: PipelineConfiguration,
    flavor: MySQLSourceConfiguration.Flavor
) throws(ConfigurationError) -> MySQLSource {
    let source = configuration.source
    var parameters = source.url.parameters
    let mode = parameters.removeValue(forKey: "sslmode")
    let made = MySQLSourceConfiguration(
        flavor: flavor,
        host: source.url.host,
        port: UInt16(clamping: source.url.port),
        user: source.url.user,
        password: source.url.password ?? "",
        socketPath: parameters.removeValue(forKey: "socket"),
        tlsMode: try mode.map { (word) throws(ConfigurationError) in try tlsMode(word) },
        tlsAuthorityPath: parameters.removeValue(forKey: "sslrootcert"),
        pipelineName: configuration.pipeline,
        serverID: source.serverID,
        connectTimeoutSeconds: try takeConnectTimeoutSeconds(&parameters),
        isChosen: source.tables.matches
    )
    if let stranger = parameters.keys.min() {
        throw ConfigurationError(
            "source.url has the parameter \(stranger), which MySQL sources do not know",
            remedy: "Known are sslmode, sslrootcert, socket and connect_timeout"
        )
    }
    return MySQLSource(configuration: made)
}

/// Reads both the MySQL clients' words and libpq's.
private func tlsMode(
    _ word: String
) throws(ConfigurationError) -> MySQLSourceConfiguration.TLSMode {
    switch word.lowercased() {
    case "disabled", "disable": return .disabled
    case "preferred", "prefer", "allow": return .preferred
    case "required", "require": return .required
    case "verify-ca", "verify_ca": return .verifyCA
    case "verify-full", "verify_identity": return .verifyFull
    default:
        throw ConfigurationError(
            "source.url has an sslmode that is not known",
            remedy: "Use disabled, preferred, required, verify-ca or verify-full"
        )
    }
}

private func makePostgresSource(
    _ configuration: PipelineConfiguration
) throws(ConfigurationError) -> PostgresSource {
    let source = configuration.source
    var parameters = source.url.parameters
    let timeoutSeconds = try takeConnectTimeoutSeconds(&parameters)
    let streamName = PostgresSourceConfiguration.defaultStreamName(
        pipelineName: configuration.pipeline
    )
    return PostgresSource(
        configuration: PostgresSourceConfiguration(
            host: source.url.host,
            port: source.url.port,
            user: source.url.user,
            password: source.url.password,
            database: source.url.database ?? "",
            parameters: parameters,
            pipelineName: configuration.pipeline,
            slotName: source.slot ?? streamName,
            publicationName: source.publication ?? streamName,
            connectTimeoutSeconds: timeoutSeconds,
            isChosen: source.tables.matches
        )
    )
}

private func takeConnectTimeoutSeconds(
    _ parameters: inout [String: String]
) throws(ConfigurationError) -> Int {
    guard let text = parameters.removeValue(forKey: "connect_timeout") else {
        return connectTimeoutSecondsDefault
    }
    guard let seconds = Int(text), (1...3600).contains(seconds) else {
        throw ConfigurationError(
            "source.url has a connect_timeout that is not a number from 1 to 3600",
            remedy: "Give it in seconds: ?connect_timeout=10"
        )
    }
    return seconds
}
