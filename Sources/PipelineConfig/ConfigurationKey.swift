/// One key of the pipeline file: what it is called, what it holds, and what it is for.
///
/// The description of all keys, ``pipelineKeys``, is the only one: the reader knows from it which
/// keys there are and which values they take, errors name their neighbours from it, and the JSON
/// schema for editors is made from it.
struct ConfigurationKey: Sendable {
    enum Presence: Sendable {
        case required
        /// Absent means nothing is set.
        case optional
        /// Absent means this text, read as if it stood in the file.
        case defaults(to: String)
    }

    var name: String
    var shape: ConfigurationShape
    var presence: Presence
    /// One sentence for editors.
    var summary: String

    init(
        _ name: String,
        _ shape: ConfigurationShape,
        _ presence: Presence,
        _ summary: String
    ) {
        self.name = name
        self.shape = shape
        self.presence = presence
        self.summary = summary
    }
}

/// What a key holds.
indirect enum ConfigurationShape: Sendable {
    case section([ConfigurationKey])
    /// Sections of the same keys, each under a name that the user chooses; the text says what the
    /// names are.
    case namedSections([ConfigurationKey], names: String)
    case text
    /// Letters a to z, digits and the characters named, starting with a letter.
    case identifier(allowed: String, lengthMax: Int)
    /// One of these words; `later` are words that the design has and this version has not.
    case choice([String], later: [String])
    case integer(ClosedRange<Int>)
    /// `true` or `false`.
    case boolean
    case milliseconds(ClosedRange<Int>)
    case bytes(ClosedRange<Int>)
    /// Text whose `${NAME}` stay for the URL's own reader.
    case url
    /// A list of texts, or one text alone.
    case textList
}

/// Every key of the pipeline file.
let pipelineKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "pipeline",
        .identifier(allowed: "_-", lengthMax: 40),
        .required,
        "The pipeline's name. Positions and the ledger in the lake carry it; keep it for ever."
    ),
    ConfigurationKey("source", .section(sourceKeys), .required, "The database to replicate."),
    ConfigurationKey("lake", .section(lakeKeys), .required, "Where the Iceberg tables go."),
    ConfigurationKey("commit", .section(commitKeys), .optional, "When changes are committed."),
    ConfigurationKey(
        "deletes",
        .choice(DeleteMode.allCases.map(\.rawValue), later: []),
        .defaults(to: "auto"),
        "How changed and deleted rows are taken out of files: by position (auto, position: cheap"
            + " to read) or by key (equality: the smallest memory)."
    ),
    ConfigurationKey(
        "compaction",
        .choice(CompactionMode.allCases.map(\.rawValue), later: []),
        .defaults(to: "auto"),
        "Whether small files become one and files with many deleted rows are written anew (auto), or"
            + " another engine does that (off)."
    ),
    ConfigurationKey(
        "index",
        .section(indexKeys),
        .optional,
        "The key indexes, by which rows are deleted by position."
    ),
    ConfigurationKey(
        "table-options",
        .namedSections(tableOptionKeys, names: "patterns schema.table"),
        .optional,
        "Files of some tables, by patterns schema.table. Where several match, later lines win."
    ),
    ConfigurationKey("snapshot", .section(snapshotKeys), .optional, "How tables are copied first."),
    ConfigurationKey(
        "cuts",
        .section(cutKeys),
        .optional,
        "Named consistent cuts: now and then a tag of one name on every table."
    ),
]

private let sourceKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "type",
        .choice(SourceConfiguration.Kind.allCases.map(\.rawValue), later: []),
        .required,
        "The kind of server."
    ),
    ConfigurationKey(
        "url",
        .url,
        .required,
        "scheme://user:password@host:port/database. Take the password from ${NAME}."
    ),
    ConfigurationKey(
        "tables",
        .textList,
        .required,
        "Patterns schema.table (in MySQL database.table); * and ? are wildcards, ! excludes."
    ),
    ConfigurationKey(
        "server-id",
        .integer(1...Int(UInt32.max)),
        .optional,
        "MySQL and MariaDB: the replica's number, unique among all replicas of the server."
    ),
    ConfigurationKey(
        "slot",
        .identifier(allowed: "_", lengthMax: 63),
        .optional,
        "PostgreSQL: the replication slot. Made when it is not there."
    ),
    ConfigurationKey(
        "publication",
        .identifier(allowed: "_", lengthMax: 63),
        .optional,
        "PostgreSQL: the publication. Made when it is not there."
    ),
]

private let lakeKeys: [ConfigurationKey] = [
    ConfigurationKey("catalog", .section(catalogKeys), .required, "What knows the tables."),
    ConfigurationKey(
        "warehouse",
        .text,
        .optional,
        "The folder of all tables: a folder, relative to that of this file, or s3://bucket/folder."
            + " A REST catalog may choose."
    ),
    ConfigurationKey("s3", .section(s3Keys), .optional, "How buckets are reached."),
    ConfigurationKey(
        "namespace",
        .text,
        .defaults(to: "{schema}"),
        "The tables' namespace; may use {schema} and {database}. Dots make levels."
    ),
    ConfigurationKey(
        "table",
        .text,
        .defaults(to: "{table}"),
        "The tables' names; uses {table} and may use {schema} and {database}."
    ),
    ConfigurationKey(
        "format-version",
        .integer(2...3),
        .defaults(to: "2"),
        "Iceberg's format version. Tables of version 2 are upgraded when this is 3; none goes back."
    ),
    ConfigurationKey(
        "file-size",
        .bytes(fileSizeBytes),
        .defaults(to: "128MB"),
        "A data file that has grown to this is closed and the next one begun."
    ),
]

/// Data files may be this large.
private let fileSizeBytes = 1_000_000...(4 << 30)

private let tableOptionKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "bloom-filters",
        .textList,
        .optional,
        "Columns with Bloom filters in data files, for readers that look up single values:"
            + " primary-key, names of columns; or none."
    ),
    ConfigurationKey(
        "partition",
        .textList,
        .optional,
        "Columns or transforms of them, such as day(created_at) or bucket(16, id); or none."
    ),
    ConfigurationKey(
        "sort",
        .textList,
        .optional,
        "Rows are sorted in each file: by primary-key, by columns such as created_at desc; or none."
    ),
    ConfigurationKey(
        "file-size",
        .bytes(fileSizeBytes),
        .optional,
        "As lake.file-size, for these tables."
    ),
]

private let catalogKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "type",
        .choice(["sqlite", "rest"], later: ["hive", "filesystem"]),
        .required,
        "The kind of catalog."
    ),
    ConfigurationKey(
        "path",
        .text,
        .optional,
        "SQLite: the catalog's file; relative to the folder of this file."
    ),
    ConfigurationKey(
        "name",
        .text,
        .optional,
        "SQLite: the catalog's name inside its file, frazil by default; readers must use the same."
    ),
    ConfigurationKey(
        "uri",
        .text,
        .optional,
        "REST: the catalog's root, such as https://host/catalog, without /v1."
    ),
    ConfigurationKey(
        "warehouse",
        .text,
        .optional,
        "REST: which warehouse of the server is meant."
    ),
    ConfigurationKey(
        "prefix",
        .text,
        .optional,
        "REST: the path segment of the server's catalog, where the server does not say it."
    ),
    ConfigurationKey("token", .text, .optional, "REST: a bearer token. Take it from ${NAME}."),
    ConfigurationKey(
        "credential",
        .text,
        .optional,
        "REST: client id and secret of OAuth2, id:secret. Take it from ${NAME}."
    ),
    ConfigurationKey(
        "token-uri",
        .text,
        .optional,
        "REST: where OAuth2 tokens are, when not at the catalog itself."
    ),
    ConfigurationKey("scope", .text, .optional, "REST: the scope of OAuth2, catalog by default."),
    ConfigurationKey(
        "signing-name",
        .text,
        .optional,
        "REST: the service of AWS that requests are signed for (SigV4), such as glue or s3tables;"
            + " the credentials are those of lake.s3."
    ),
    ConfigurationKey(
        "signing-region",
        .text,
        .optional,
        "REST: the region that requests are signed for; that of lake.s3 without it."
    ),
]

private let s3Keys: [ConfigurationKey] = [
    ConfigurationKey(
        "endpoint",
        .text,
        .optional,
        "The server of the buckets, such as https://host:9000; AWS itself without it."
    ),
    ConfigurationKey(
        "region",
        .text,
        .optional,
        "The buckets' region; that of AWS_REGION or of the AWS profile without it, or us-east-1."
    ),
    ConfigurationKey(
        "path-style",
        .boolean,
        .optional,
        "Whether the bucket stands in the URL's path instead of the host's name; true by default"
            + " where an endpoint is given."
    ),
    ConfigurationKey(
        "access-key",
        .text,
        .optional,
        "The access key's id; what AWS tools use without it."
    ),
    ConfigurationKey(
        "secret-key",
        .text,
        .optional,
        "The access key's secret. Take it from ${NAME}."
    ),
    ConfigurationKey(
        "session-token",
        .text,
        .optional,
        "The token of temporary credentials. Take it from ${NAME}."
    ),
    ConfigurationKey("profile", .text, .optional, "The profile in ~/.aws to use."),
    ConfigurationKey(
        "anonymous",
        .boolean,
        .defaults(to: "false"),
        "Asks without a name, for public buckets."
    ),
    ConfigurationKey(
        "part-size",
        .bytes((5 << 20)...(1 << 30)),
        .defaults(to: "8MiB"),
        "Larger files go in parts of this size; a file has at most 10000 parts."
    ),
    ConfigurationKey(
        "conditional-writes",
        .boolean,
        .defaults(to: "true"),
        "Whether the server refuses names that are taken (If-None-Match). Without it a look comes"
            + " before each write."
    ),
    ConfigurationKey(
        "ca-file",
        .text,
        .optional,
        "A file of certificates in PEM to trust instead of the system's; relative to the folder of"
            + " this file."
    ),
    ConfigurationKey(
        "verify-tls",
        .boolean,
        .defaults(to: "true"),
        "Whether the server's certificate is checked. Without it anyone between may read and answer."
    ),
]

private let commitKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "interval",
        .milliseconds(100...3_600_000),
        .defaults(to: "10s"),
        "The longest time between two commits while changes come."
    ),
    ConfigurationKey(
        "bytes",
        .bytes(1_000_000...(16 << 30)),
        .defaults(to: "64MB"),
        "Commit early when this many bytes of changes are held."
    ),
]

private let snapshotKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "workers",
        .integer(1...64),
        .defaults(to: "2"),
        "Connections that read at the same time."
    ),
    ConfigurationKey(
        "rows-per-range",
        .integer(1_000...100_000_000),
        .defaults(to: "500000"),
        "About how many rows one worker reads at a time."
    ),
]

private let cutKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "interval",
        .milliseconds(1_000...2_592_000_000),
        .optional,
        "The least time between two cuts. Without it there are none."
    ),
    ConfigurationKey(
        "keep",
        .integer(1...10_000),
        .defaults(to: "24"),
        "How many cuts stay; older tags go."
    ),
]

private let indexKeys: [ConfigurationKey] = [
    ConfigurationKey(
        "folder",
        .text,
        .optional,
        "A folder of this machine where indexes are kept between runs. Without it each start reads"
            + " the keys of every table."
    ),
    ConfigurationKey(
        "memory",
        .bytes(1_000_000...1 << 40),
        .defaults(to: "2GiB"),
        "Memory for the indexes of all tables. Of tables that do not fit, rows are deleted by key."
    ),
]

extension ConfigurationShape {
    /// What the key wants, to end the sentence "… must be".
    var wanted: String {
        switch self {
        case .section: return "a section of keys"
        case .namedSections(_, let names): return "sections of keys, named by \(names)"
        case .text: return "text"
        case .identifier(let allowed, let lengthMax):
            let marks = allowed.map { "'\($0)'" }.joined(separator: " and ")
            return "1 to \(lengthMax) small letters, digits and \(marks), a letter first"
        case .choice(let words, _): return words.joined(separator: ", ")
        case .integer(let range):
            return "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: return "true or false"
        case .milliseconds(let range):
            return "a duration such as 500ms, 10s or 1m, from "
                + "\(describeMilliseconds(range.lowerBound)) to "
                + describeMilliseconds(range.upperBound)
        case .bytes(let range):
            return "a size such as 64MB or 1GiB, from "
                + "\(describeBytes(range.lowerBound)) to \(describeBytes(range.upperBound))"
        case .url: return "a URL such as mysql://user@host:3306"
        case .textList: return "a list of texts"
        }
    }

    /// The keys inside a section.
    var keys: [ConfigurationKey] {
        switch self {
        case .section(let keys), .namedSections(let keys, _): keys
        default: []
        }
    }
}
