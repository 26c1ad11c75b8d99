public import ChangeModel
public import TableModel

/// Everything a pipeline file says, checked, with every default filled in.
public struct PipelineConfiguration: Sendable, Equatable {
    /// The pipeline's name; positions and the ledger in the lake carry it.
    public var pipeline: String
    public var source: SourceConfiguration
    public var lake: LakeConfiguration
    public var commit: CommitConfiguration
    public var deletes: DeleteMode
    public var compaction: CompactionMode
    public var index: IndexConfiguration
    /// What is wanted of some tables' files; later rules win.
    public var tableRules: [TableRule]
    public var snapshot: SnapshotConfiguration
    /// Nil makes no named cuts.
    public var cuts: CutConfiguration?

    public init(
        pipeline: String,
        source: SourceConfiguration,
        lake: LakeConfiguration,
        commit: CommitConfiguration = CommitConfiguration(),
        deletes: DeleteMode = .auto,
        compaction: CompactionMode = .auto,
        index: IndexConfiguration = IndexConfiguration(),
        tableRules: [TableRule] = [],
        snapshot: SnapshotConfiguration = SnapshotConfiguration(),
        cuts: CutConfiguration? = nil
    ) {
        self.pipeline = pipeline
        self.source = source
        self.lake = lake
        self.commit = commit
        self.deletes = deletes
        self.compaction = compaction
        self.index = index
        self.tableRules = tableRules
        self.snapshot = snapshot
        self.cuts = cuts
    }
}

/// The database that is replicated.
public struct SourceConfiguration: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case mysql
        case mariadb
        case postgres
    }

    public var type: Kind
    public var url: SourceURL
    public var tables: TableFilter
    /// How a MySQL or MariaDB server tells its replicas apart; nil lets the program choose one.
    public var serverID: UInt32?
    /// The PostgreSQL replication slot; nil lets the program name it after the pipeline.
    public var slot: String?
    /// The PostgreSQL publication; nil lets the program name it after the pipeline.
    public var publication: String?

    public init(
        type: Kind,
        url: SourceURL,
        tables: TableFilter,
        serverID: UInt32? = nil,
        slot: String? = nil,
        publication: String? = nil
    ) {
        self.type = type
        self.url = url
        self.tables = tables
        self.serverID = serverID
        self.slot = slot
        self.publication = publication
    }

    /// The name that `{database}` stands for in the lake's templates.
    ///
    /// PostgreSQL's database is that of the URL; in MySQL and MariaDB a schema is a database.
    public func databaseName(of table: SourceTableName) -> String {
        switch type {
        case .postgres: url.database ?? table.schema
        case .mysql, .mariadb: table.schema
        }
    }
}

/// Where the tables go.
public struct LakeConfiguration: Sendable, Equatable {
    public enum CatalogLocation: Sendable, Equatable {
        /// A catalog in one SQLite file, given by its absolute path.
        case sqlite(path: String)
        case rest(RESTSettings)
    }

    /// A catalog behind the Iceberg REST interface.
    public struct RESTSettings: Sendable, Equatable {
        /// The catalog's root, without `/v1` and without a slash at its end.
        public var uri: String
        public var warehouse: String?
        public var prefix: String?
        public var token: String?
        /// Client id and secret of OAuth2, `id:secret` or the secret alone.
        public var credential: String?
        public var tokenURI: String?
        public var scope: String?
        /// The service that requests are signed for as AWS wants it; nil signs none.
        public var signingName: String?
        public var signingRegion: String?

        public init(
            uri: String,
            warehouse: String? = nil,
            prefix: String? = nil,
            token: String? = nil,
            credential: String? = nil,
            tokenURI: String? = nil,
            scope: String? = nil,
            signingName: String? = nil,
            signingRegion: String? = nil
        ) {
            self.uri = uri
            self.warehouse = warehouse
            self.prefix = prefix
            self.token = token
            self.credential = credential
            self.tokenURI = tokenURI
            self.scope = scope
            self.signingName = signingName
            self.signingRegion = signingRegion
        }
    }

    /// How buckets are reached.
    public struct S3Settings: Sendable, Equatable {
        /// `http://` or `https://`; AWS itself when nil.
        public var endpoint: String?
        public var region: String?
        public var usesPathStyle: Bool?
        public var accessKey: String?
        public var secretKey: String?
        public var sessionToken: String?
        public var profile: String?
        public var isAnonymous: Bool
        public var partBytes: Int
        public var writesConditionally: Bool
        /// The absolute path of a file of certificates.
        public var authorityPath: String?
        public var verifiesTLS: Bool

        public init(
            endpoint: String? = nil,
            region: String? = nil,
            usesPathStyle: Bool? = nil,
            accessKey: String? = nil,
            secretKey: String? = nil,
            sessionToken: String? = nil,
            profile: String? = nil,
            isAnonymous: Bool = false,
            partBytes: Int = 8 << 20,
            writesConditionally: Bool = true,
            authorityPath: String? = nil,
            verifiesTLS: Bool = true
        ) {
            self.endpoint = endpoint
            self.region = region
            self.usesPathStyle = usesPathStyle
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.sessionToken = sessionToken
            self.profile = profile
            self.isAnonymous = isAnonymous
            self.partBytes = partBytes
            self.writesConditionally = writesConditionally
            self.authorityPath = authorityPath
            self.verifiesTLS = verifiesTLS
        }

        /// Whether the pipeline file itself says who asks, or that nobody does.
        public var namesCredentials: Bool { accessKey != nil || profile != nil || isAnonymous }
    }

    public var catalog: CatalogLocation
    /// The name under which the catalog's rows are kept; readers must use the same.
    public var catalogName: String
    /// The folder of all tables as a location: `file:///…` or `s3://…`, without a slash at its
    /// end; the catalog chooses when nil.
    public var warehouse: String?
    public var s3: S3Settings
    public var namespace: NameTemplate
    public var table: NameTemplate
    /// Of tables that are made, and of older ones that are upgraded.
    public var formatVersion: Int
    /// A data file that has grown to this is closed.
    public var fileBytesMax: Int

    public init(
        catalog: CatalogLocation,
        catalogName: String = "frazil",
        warehouse: String?,
        s3: S3Settings = S3Settings(),
        namespace: NameTemplate = .schema,
        table: NameTemplate = .table,
        formatVersion: Int = 2,
        fileBytesMax: Int = 128_000_000
    ) {
        self.catalog = catalog
        self.catalogName = catalogName
        self.warehouse = warehouse
        self.s3 = s3
        self.namespace = namespace
        self.table = table
        self.formatVersion = formatVersion
        self.fileBytesMax = fileBytesMax
    }

    /// The lake's name of a source table.
    public func identifier(of table: SourceTableName, database: String) -> TableIdentifier {
        TableIdentifier(
            namespace: namespace.levels(of: table, database: database),
            name: self.table.levels(of: table, database: database).joined(separator: "_")
        )
    }
}

/// When an epoch ends.
public struct CommitConfiguration: Sendable, Equatable {
    public var intervalMilliseconds: Int
    public var bytesMax: Int

    public init(intervalMilliseconds: Int = 10_000, bytesMax: Int = 64_000_000) {
        self.intervalMilliseconds = intervalMilliseconds
        self.bytesMax = bytesMax
    }
}

/// How rows that change or go away are taken out of the lake's files.
public enum DeleteMode: String, Sendable, CaseIterable {
    /// By position where the key index knows the row, else by value.
    case auto
    case position
    case equality
}

/// Whether data files are written anew for their readers.
public enum CompactionMode: String, Sendable, CaseIterable {
    /// Small files become one, and files with many dead rows are written anew.
    case auto
    /// Files stay as they are, until another engine compacts the table.
    case off
}

/// The indexes that know where each key's row lies.
public struct IndexConfiguration: Sendable, Equatable {
    /// The absolute path of the folder where they are kept between runs; nil keeps none.
    public var folder: String?
    /// Bytes of memory for those of all tables.
    public var bytesMax: Int

    public init(folder: String? = nil, bytesMax: Int = 2 << 30) {
        self.folder = folder
        self.bytesMax = bytesMax
    }
}

/// How tables are copied first.
public struct SnapshotConfiguration: Sendable, Equatable {
    /// Connections that read at the same time.
    public var workers: Int
    public var rowsPerRange: Int

    public init(workers: Int = 2, rowsPerRange: Int = 500_000) {
        self.workers = workers
        self.rowsPerRange = rowsPerRange
    }
}

/// When tables are tagged with the name of a consistent cut.
public struct CutConfiguration: Sendable, Equatable {
    /// The least time between two cuts.
    public var intervalMilliseconds: Int
    /// How many cuts stay.
    public var keep: Int

    public init(intervalMilliseconds: Int, keep: Int = 24) {
        self.intervalMilliseconds = intervalMilliseconds
        self.keep = keep
    }
}
