import ChangeModel
import PipelineConfig
import TableModel
import Testing

/// The shortest whole pipeline file.
let shortFile = """
    pipeline: shop
    source:
      type: mysql
      url: mysql://replicator:${SHOP_PASSWORD}@127.0.0.1
      tables: ["shop.*"]
    lake:
      catalog: { type: sqlite, path: lake/catalog.db }
      warehouse: lake/warehouse
    """

func configuration(_ yaml: String) throws -> PipelineConfiguration {
    try PipelineConfiguration(
        yaml: yaml,
        fileName: "shop.yaml",
        folder: "/etc/frazil",
        environment: { ["SHOP_PASSWORD": "p@ss:w/rd%", "INTERVAL": "2s"][$0] }
    )
}

/// The error of a file, as it is shown.
func refusal(of yaml: String) -> String? {
    do {
        _ = try configuration(yaml)
        return nil
    } catch {
        return "\(error)"
    }
}

@Suite("The pipeline file")
struct PipelineFileTests {
    @Test("a short file gets every default, and paths start from the file's folder")
    func defaults() throws {
        #expect(
            try configuration(shortFile)
                == PipelineConfiguration(
                    pipeline: "shop",
                    source: SourceConfiguration(
                        type: .mysql,
                        url: SourceURL(
                            scheme: "mysql",
                            user: "replicator",
                            password: "p@ss:w/rd%",
                            host: "127.0.0.1",
                            port: 3306
                        ),
                        tables: try TableFilter(["shop.*"])
                    ),
                    lake: LakeConfiguration(
                        catalog: .sqlite(path: "/etc/frazil/lake/catalog.db"),
                        catalogName: "frazil",
                        warehouse: "file:///etc/frazil/lake/warehouse",
                        namespace: try NameTemplate("{schema}"),
                        table: try NameTemplate("{table}")
                    ),
                    commit: CommitConfiguration(
                        intervalMilliseconds: 10_000,
                        bytesMax: 64_000_000
                    ),
                    deletes: .auto,
                    snapshot: SnapshotConfiguration(workers: 2, rowsPerRange: 500_000)
                )
        )
    }

    @Test("a file with every key sets every value")
    func everyKey() throws {
        let whole = try configuration(
            """
            pipeline: shop-2
            source:
              type: postgres
              url: postgresql://me@[::1]:6543/web?sslmode=require&application_name=a%20b
              tables:
                - public.*
                - "!public.tmp_*"
              slot: shop_slot
              publication: shop_publication
            lake:
              catalog: { type: sqlite, path: /lake/./x/../catalog.db, name: main }
              warehouse: file:///lake/warehouse/
              namespace: raw.{database}
              table: "{schema}_{table}"
              format-version: 3
              file-size: 64MB
            commit: { interval: "${INTERVAL}", bytes: 1GiB }
            deletes: equality
            snapshot: { workers: 8, rows-per-range: 1000 }
            """
        )
        #expect(whole.source.url.host == "::1")
        #expect(whole.source.url.port == 6543)
        #expect(whole.source.url.database == "web")
        #expect(
            whole.source.url.parameters == ["sslmode": "require", "application_name": "a b"]
        )
        #expect(whole.source.slot == "shop_slot")
        #expect(whole.source.publication == "shop_publication")
        #expect(whole.lake.catalog == .sqlite(path: "/lake/catalog.db"))
        #expect(whole.lake.catalogName == "main")
        #expect(whole.lake.warehouse == "file:///lake/warehouse")
        #expect(whole.lake.formatVersion == 3)
        #expect(whole.lake.fileBytesMax == 64_000_000)
        #expect(whole.commit.intervalMilliseconds == 2000)
        #expect(whole.commit.bytesMax == 1 << 30)
        #expect(whole.deletes == .equality)
        #expect(whole.snapshot == SnapshotConfiguration(workers: 8, rowsPerRange: 1000))
        let table = SourceTableName(schema: "pub.lic", table: "orders")
        #expect(
            whole.lake.identifier(of: table, database: whole.source.databaseName(of: table))
                == TableIdentifier(namespace: ["raw", "web"], name: "pub.lic_orders")
        )
    }

    @Test("buckets are reached as the file says, and their scheme stays as it is written")
    func buckets() throws {
        let whole = try configuration(
            shortFile.replacing(
                "warehouse: lake/warehouse",
                with: """
                    warehouse: s3a://my.bucket/lake/house//
                      s3:
                        endpoint: https://host:9000/
                        region: eu-west-1
                        path-style: false
                        access-key: AKID
                        secret-key: ${SHOP_PASSWORD}
                        session-token: token
                        part-size: 16MiB
                        conditional-writes: false
                        ca-file: ca.pem
                        verify-tls: "false"
                    """
            )
        )
        #expect(whole.lake.warehouse == "s3a://my.bucket/lake/house")
        #expect(
            whole.lake.s3
                == LakeConfiguration.S3Settings(
                    endpoint: "https://host:9000",
                    region: "eu-west-1",
                    usesPathStyle: false,
                    accessKey: "AKID",
                    secretKey: "p@ss:w/rd%",
                    sessionToken: "token",
                    partBytes: 16 << 20,
                    writesConditionally: false,
                    authorityPath: "/etc/frazil/ca.pem",
                    verifiesTLS: false
                )
        )
        let short = try configuration(
            shortFile.replacing("lake/warehouse", with: "s3://bucket\n  s3: { anonymous: true }")
        )
        #expect(short.lake.warehouse == "s3://bucket")
        #expect(short.lake.s3 == LakeConfiguration.S3Settings(isAnonymous: true))
        #expect(try configuration(shortFile).lake.s3 == LakeConfiguration.S3Settings())
    }

    @Test("a server id reaches to the end of 32 bits")
    func serverID() throws {
        let text = shortFile.replacing("type: mysql", with: "type: mysql\n  server-id: 4294967295")
        #expect(try configuration(text).source.serverID == 4_294_967_295)
    }
}

@Suite("What a pipeline file refuses")
struct PipelineFileRefusalTests {
    @Test(
        "each mistake gives one sentence with line, key and remedy",
        arguments: [
            (
                "  tables: [\"shop.*\"]", "  tabels: [\"shop.*\"]",
                "shop.yaml line 5: unknown key source.tabels. Did you mean source.tables?"
            ),
            (
                "pipeline: shop", "pipline: shop",
                "shop.yaml line 1: unknown key pipline. Did you mean pipeline?"
            ),
            (
                "pipeline: shop", "pipeline: shop\nurl: x",
                "shop.yaml line 2: unknown key url. Did you mean source.url?"
            ),
            (
                "pipeline: shop", "pipeline: shop\nzzzzzzz: 1",
                "shop.yaml line 2: unknown key zzzzzzz. Known keys here: pipeline, source, lake, "
                    + "commit, deletes, compaction, index, table-options, snapshot, cuts"
            ),
            (
                "pipeline: shop", "# nothing",
                "shop.yaml: the key pipeline is missing. Add it: The pipeline's name. Positions "
                    + "and the ledger in the lake carry it; keep it for ever."
            ),
            (
                "pipeline: shop", "pipeline: Shop",
                "shop.yaml line 1: pipeline must be 1 to 40 small letters, digits and '_' and "
                    + "'-', a letter first"
            ),
            (
                "pipeline: shop", "pipeline: [shop]",
                "shop.yaml line 1: pipeline must be 1 to 40 small letters, digits and '_' and "
                    + "'-', a letter first, but holds a list"
            ),
            (
                "type: mysql", "type: oracle",
                "shop.yaml line 3: source.type must be mysql, mariadb, postgres"
            ),
            (
                "type: mysql", "type: postgres",
                "shop.yaml line 4: source.url begins with mysql://, but source.type is postgres. "
                    + "Make the two agree"
            ),
            (
                "type: mysql", "type: mysql\n  slot: s",
                "shop.yaml line 4: source.slot means nothing to a source of type mysql. Remove "
                    + "the line"
            ),
            (
                "type: mysql", "type: mysql\n  server-id: 0",
                "shop.yaml line 4: source.server-id must be a whole number from 1 to 4294967295"
            ),
            (
                "[\"shop.*\"]", "[]",
                "shop.yaml line 5: source.tables: the list is empty. Add a pattern such as "
                    + "\"shop.*\""
            ),
            (
                "[\"shop.*\"]", "[\"!shop.x\"]",
                "shop.yaml line 5: source.tables: every pattern excludes, none chooses. Add a "
                    + "pattern such as \"shop.*\""
            ),
            (
                "[\"shop.*\"]", "orders",
                "shop.yaml line 5: source.tables: the pattern \"orders\" has no dot. Write "
                    + "schema.table, such as \"orders.*\""
            ),
            (
                "type: sqlite", "type: hive",
                "shop.yaml line 7: lake.catalog.type hive does not work in this version yet. Use "
                    + "sqlite or rest"
            ),
            (
                "type: sqlite, path: lake/catalog.db", "type: rest, uri: \"host:1\"",
                "shop.yaml line 7: lake.catalog.uri must begin with http:// or https://. Write "
                    + "the catalog's root, such as https://host/catalog"
            ),
            (
                "type: sqlite, path", "type: sqlite, uri: \"http://x\", path",
                "shop.yaml line 7: lake.catalog.uri means nothing to a catalog of type sqlite. "
                    + "Remove the line"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: hdfs://host/lake",
                "shop.yaml line 8: lake.warehouse: hdfs:// does not work in this version yet. Use "
                    + "a folder of this machine, or a warehouse at s3://bucket/folder"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: s3:///lake",
                "shop.yaml line 8: lake.warehouse: it names no bucket. Write s3://bucket/folder; "
                    + "a bucket has letters, digits, dots and dashes"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: s3://buck@et/lake",
                "shop.yaml line 8: lake.warehouse: it names no bucket. Write s3://bucket/folder; "
                    + "a bucket has letters, digits, dots and dashes"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: s3://bucket/a/../b",
                "shop.yaml line 8: lake.warehouse: a folder in it has no name of its own. Take "
                    + "out //, /./ and /../"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: s3://bucket/a%20b",
                "shop.yaml line 8: lake.warehouse: a path cannot hold ?, # or %. Readers of the "
                    + "lake would take it apart as a URL; rename the folder"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  s3: { endpoint: \"host:9000\" }",
                "shop.yaml line 9: lake.s3.endpoint is no address of a server. Write "
                    + "http://host:port or https://host, without a user name or a query"
            ),
            (
                "warehouse: lake/warehouse",
                "warehouse: x\n  s3: { endpoint: \"http://me:pw@host\" }",
                "shop.yaml line 9: lake.s3.endpoint is no address of a server. Write "
                    + "http://host:port or https://host, without a user name or a query"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  s3: { region: EU }",
                "shop.yaml line 9: lake.s3.region must be small letters, digits and '-'. Write it "
                    + "as AWS does, such as eu-west-1"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  s3: { secret-key: k }",
                "shop.yaml line 9: lake.s3 has a key secret-key, but none access-key. Give both, "
                    + "or none to use what AWS tools use"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  s3: { session-token: k }",
                "shop.yaml line 9: lake.s3.session-token needs the access-key and the secret-key "
                    + "that it belongs to. Give all three"
            ),
            (
                "warehouse: lake/warehouse",
                "warehouse: x\n  s3: { anonymous: true, profile: work }",
                "shop.yaml line 9: lake.s3 has anonymous: true and profile, which say who asks in "
                    + "different ways. Keep one of them"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  s3: { path-style: yes }",
                "shop.yaml line 9: lake.s3.path-style must be true or false"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  s3: { part-size: 1MiB }",
                "shop.yaml line 9: lake.s3.part-size must be a size such as 64MB or 1GiB, from "
                    + "5MiB to 1GiB"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: a%20b",
                "shop.yaml line 8: lake.warehouse: a path cannot hold ?, # or %. Readers of the "
                    + "lake would take it apart as a URL; rename the folder"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  table: all",
                "shop.yaml line 9: lake.table gives all tables one name. Use {table} in it"
            ),
            (
                "warehouse: lake/warehouse", "warehouse: x\n  namespace: \"{shema}\"",
                "shop.yaml line 9: lake.namespace: the name {shema} is not known. Write text and "
                    + "{schema}, {database} or {table}"
            ),
            (
                "pipeline: shop", "pipeline: shop\ncommit: { interval: 10 }",
                "shop.yaml line 2: commit.interval must be a duration such as 500ms, 10s or 1m, "
                    + "from 100ms to 1h"
            ),
            (
                "pipeline: shop", "pipeline: shop\ncommit: { bytes: 20GB }",
                "shop.yaml line 2: commit.bytes must be a size such as 64MB or 1GiB, from 1MB to "
                    + "16GiB"
            ),
            (
                "pipeline: shop", "pipeline: shop\ncommit: 10s",
                "shop.yaml line 2: commit must hold keys. Write one key in each line: interval, "
                    + "bytes"
            ),
            (
                "pipeline: shop", "pipeline: ${NOBODY}",
                "shop.yaml line 1: pipeline: the environment variable NOBODY is not set. Set it: "
                    + "export NOBODY=…"
            ),
            (
                "SHOP_PASSWORD", "NOBODY",
                "shop.yaml line 4: source.url: the environment variable NOBODY is not set. Set "
                    + "it: export NOBODY=…"
            ),
            (
                "pipeline: shop", "pipeline: shop\npipeline: shop",
                "shop.yaml line 1: the key pipeline stands twice. Remove one of the two"
            ),
        ]
    )
    func mistake(_ original: String, _ replacement: String, _ expected: String) {
        #expect(refusal(of: shortFile.replacing(original, with: replacement)) == expected)
    }

    @Test("a YAML error tells the place and never the line, which may hold a password")
    func brokenYAML() throws {
        let text = shortFile.replacing("\n  tables", with: " \"s3cret\" : : x\n tables")
        let message = try #require(refusal(of: text))
        #expect(message.hasPrefix("shop.yaml line 4 column 63: not YAML: "))
        #expect(!message.contains("s3cret"))
    }

    @Test(
        "a bad URL never shows the password",
        arguments: [
            "mysql://u:s3cret", "mysql://u:s3cret@", "mysql://u:s3cret@h:port", "u:s3cret@h",
            "s3cret://u@h", "mysql://:s3cret@h", "mysql://u:s3cret%zz@h", "mysql://u:s3cret%ff@h",
            "mysql://u:s3cret@h:99999", "mysql://u:s3cret${@h",
        ]
    )
    func secret(url: String) throws {
        let text = shortFile.replacing(
            "mysql://replicator:${SHOP_PASSWORD}@127.0.0.1",
            with: "\"\(url)\""
        )
        let message = try #require(refusal(of: text))
        #expect(message.hasPrefix("shop.yaml line 4: source.url: "))
        #expect(!message.contains("s3cret"))
    }

    @Test("an empty file says how one begins")
    func empty() {
        #expect(
            refusal(of: "# only a comment")
                == "shop.yaml holds nothing. A pipeline file begins with: pipeline: NAME"
        )
    }

    @Test("a file that is not there and a folder are refused by name")
    func noFile() {
        #expect(throws: ConfigurationError.self) {
            try PipelineConfiguration.load(path: "/nowhere/shop.yaml")
        }
        #expect(throws: ConfigurationError.self) { try PipelineConfiguration.load(path: "/tmp") }
    }
}
