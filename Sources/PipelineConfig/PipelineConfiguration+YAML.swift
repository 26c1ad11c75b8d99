extension PipelineConfiguration {
    /// Reads a pipeline file's text.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - fileName: How errors call the file.
    ///   - folder: The absolute folder that relative paths in the file start from.
    ///   - environment: Where `${NAME}` is looked up.
    /// - Throws: ``ConfigurationError`` with the line and the key.
    public init(
        yaml: String,
        fileName: String,
        folder: String,
        environment: @escaping (String) -> String? = processEnvironment
    ) throws(ConfigurationError) {
        let document = try parseYAML(yaml, fileName: fileName)
        var reader = ConfigurationReader(fileName: fileName, environment: environment)
        try reader.readSection(pipelineKeys, document, path: "")
        let values = reader.result
        self.init(
            pipeline: try required(values, "pipeline"),
            source: try readSource(values, environment),
            lake: try readLake(values, folder: folder),
            commit: CommitConfiguration(
                intervalMilliseconds: try required(values, "commit.interval"),
                bytesMax: try required(values, "commit.bytes")
            ),
            deletes: try requiredCase(values, "deletes"),
            compaction: try requiredCase(values, "compaction"),
            index: try readIndex(values, folder: folder),
            tableRules: try readTableRules(values),
            snapshot: SnapshotConfiguration(
                workers: try required(values, "snapshot.workers"),
                rowsPerRange: try required(values, "snapshot.rows-per-range")
            ),
            cuts: try readCuts(values)
        )
    }
}

private func readIndex(
    _ values: ConfigurationValues,
    folder: String
) throws(ConfigurationError) -> IndexConfiguration {
    let bytesMax: Int = try required(values, "index.memory")
    guard let path = values.text("index.folder") else {
        return IndexConfiguration(bytesMax: bytesMax)
    }
    return IndexConfiguration(
        folder: try at("index.folder", in: values) { () throws(ConfigurationError) in
            try absolutePath(path, folder: folder)
        },
        bytesMax: bytesMax
    )
}

private func readCuts(
    _ values: ConfigurationValues
) throws(ConfigurationError) -> CutConfiguration? {
    guard let interval = values.integer("cuts.interval") else { return nil }
    return CutConfiguration(
        intervalMilliseconds: interval,
        keep: try required(values, "cuts.keep")
    )
}

private func readSource(
    _ values: ConfigurationValues,
    _ environment: (String) -> String?
) throws(ConfigurationError) -> SourceConfiguration {
    let type: SourceConfiguration.Kind = try requiredCase(values, "source.type")
    let source = SourceConfiguration(
        type: type,
        url: try readURL(values, type, environment),
        tables: try at("source.tables", in: values) { () throws(ConfigurationError) in
            try TableFilter(values.list("source.tables"))
        },
        serverID: values.integer("source.server-id").flatMap { UInt32(exactly: $0) },
        slot: values.text("source.slot"),
        publication: values.text("source.publication")
    )
    let strangers =
        type == .postgres ? ["source.server-id"] : ["source.slot", "source.publication"]
    for path in strangers where values.values[path] != nil {
        throw values.error(
            path,
            "\(path) means nothing to a source of type \(type.rawValue)",
            remedy: "Remove the line"
        )
    }
    return source
}

private func readURL(
    _ values: ConfigurationValues,
    _ type: SourceConfiguration.Kind,
    _ environment: (String) -> String?
) throws(ConfigurationError) -> SourceURL {
    let path = "source.url"
    let text: String = try required(values, path)
    let url = try at(path, in: values) { () throws(ConfigurationError) in
        try SourceURL(text, environment: environment)
    }
    let isPostgres = url.scheme == "postgres" || url.scheme == "postgresql"
    guard isPostgres == (type == .postgres) else {
        throw values.error(
            path,
            "source.url begins with \(url.scheme)://, but source.type is \(type.rawValue)",
            remedy: "Make the two agree"
        )
    }
    if type == .postgres, url.database == nil {
        throw values.error(
            path,
            "source.url names no database",
            remedy: "Add it behind the port: postgres://user@host:5432/database"
        )
    }
    return url
}

private func readLake(
    _ values: ConfigurationValues,
    folder: String
) throws(ConfigurationError) -> LakeConfiguration {
    let lake = LakeConfiguration(
        catalog: try readCatalog(values, folder: folder),
        catalogName: values.text("lake.catalog.name") ?? "frazil",
        warehouse: try readWarehouse(values, folder: folder),
        s3: try readS3(values, folder: folder),
        namespace: try readTemplate(values, "lake.namespace"),
        table: try readTemplate(values, "lake.table"),
        formatVersion: try required(values, "lake.format-version"),
        fileBytesMax: try required(values, "lake.file-size")
    )
    guard lake.table.namesTables else {
        throw values.error(
            "lake.table",
            "lake.table gives all tables one name",
            remedy: "Use {table} in it"
        )
    }
    guard !lake.namespace.namesTables else {
        throw values.error(
            "lake.namespace",
            "lake.namespace cannot use {table}",
            remedy: "Use {schema} or {database}, and {table} in lake.table"
        )
    }
    return lake
}

private func readCatalog(
    _ values: ConfigurationValues,
    folder: String
) throws(ConfigurationError) -> LakeConfiguration.CatalogLocation {
    let type: String = try required(values, "lake.catalog.type")
    let isREST = type == "rest"
    let strangers =
        isREST
        ? ["path", "name"]
        : [
            "uri", "warehouse", "prefix", "token", "credential", "token-uri", "scope",
            "signing-name", "signing-region",
        ]
    for path in strangers.map({ "lake.catalog.\($0)" }) where values.values[path] != nil {
        throw values.error(
            path,
            "\(path) means nothing to a catalog of type \(type)",
            remedy: "Remove the line"
        )
    }
    if isREST { return .rest(try readREST(values)) }
    let path: String = try required(values, "lake.catalog.path")
    return .sqlite(
        path: try at("lake.catalog.path", in: values) { () throws(ConfigurationError) in
            try absolutePath(path, folder: folder)
        }
    )
}

private func readREST(
    _ values: ConfigurationValues
) throws(ConfigurationError) -> LakeConfiguration.RESTSettings {
    let path = "lake.catalog.uri"
    var uri: String = try required(values, path)
    while uri.hasSuffix("/") { uri.removeLast() }
    guard uri.hasPrefix("http://") || uri.hasPrefix("https://") else {
        throw values.error(
            path,
            "\(path) must begin with http:// or https://",
            remedy: "Write the catalog's root, such as https://host/catalog"
        )
    }
    let proofs = ["token", "credential", "signing-name"].filter {
        values.text("lake.catalog.\($0)") != nil
    }
    guard proofs.count <= 1 else {
        throw values.error(
            "lake.catalog.\(proofs[0])",
            "lake.catalog has a \(proofs[0]) and a \(proofs[1])",
            remedy: "Keep one of the two"
        )
    }
    let region = "lake.catalog.signing-region"
    if values.text(region) != nil, values.text("lake.catalog.signing-name") == nil {
        throw values.error(
            region,
            "\(region) means nothing without lake.catalog.signing-name",
            remedy: "Name the service, such as glue, or remove the line"
        )
    }
    return LakeConfiguration.RESTSettings(
        uri: uri,
        warehouse: values.text("lake.catalog.warehouse"),
        prefix: values.text("lake.catalog.prefix"),
        token: values.text("lake.catalog.token"),
        credential: values.text("lake.catalog.credential"),
        tokenURI: values.text("lake.catalog.token-uri"),
        scope: values.text("lake.catalog.scope"),
        signingName: values.text("lake.catalog.signing-name"),
        signingRegion: values.text(region)
    )
}

/// A REST catalog may choose where tables lie; nobody else can.
private func readWarehouse(
    _ values: ConfigurationValues,
    folder: String
) throws(ConfigurationError) -> String? {
    let path = "lake.warehouse"
    if values.text(path) == nil, values.text("lake.catalog.type") == "rest" { return nil }
    let warehouse: String = try required(values, path)
    return try at(path, in: values) { () throws(ConfigurationError) in
        try warehouseLocation(warehouse, folder: folder)
    }
}

private func readTemplate(
    _ values: ConfigurationValues,
    _ path: String
) throws(ConfigurationError) -> NameTemplate {
    let text: String = try required(values, path)
    return try at(path, in: values) { () throws(ConfigurationError) in try NameTemplate(text) }
}

/// Runs `body` and says of its errors which key they are about.
func at<Result>(
    _ path: String,
    in values: ConfigurationValues,
    _ body: () throws(ConfigurationError) -> Result
) throws(ConfigurationError) -> Result {
    do {
        return try body()
    } catch {
        throw values.error(path, error)
    }
}

private func required(
    _ values: ConfigurationValues,
    _ path: String
) throws(ConfigurationError) -> String {
    guard let text = values.text(path) else {
        throw values.error(path, "the key \(path) is missing", remedy: nil)
    }
    return text
}

func required(
    _ values: ConfigurationValues,
    _ path: String
) throws(ConfigurationError) -> Int {
    guard let number = values.integer(path) else {
        throw values.error(path, "the key \(path) is missing", remedy: nil)
    }
    return number
}

private func requiredCase<Choice: RawRepresentable<String>>(
    _ values: ConfigurationValues,
    _ path: String
) throws(ConfigurationError) -> Choice {
    let text: String = try required(values, path)
    guard let choice = Choice(rawValue: text) else {
        throw values.error(path, "\(path) has no meaning for \(text)", remedy: nil)
    }
    return choice
}
