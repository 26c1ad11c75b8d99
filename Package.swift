// swift-tools-version: 6.2
import PackageDescription

// The floors of the house, from the ground up. A target imports only what stands on a lower floor;
// `Tests/HouseTests` reads the same plan and fails on an import that climbs.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
let bytewise = strict + [.enableExperimentalFeature("Lifetimes")]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: bytewise)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path, swiftSettings: bytewise)
}

func system(_ name: String, path: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: path, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "frazil",
    products: [.executable(name: "frazil", targets: ["frazil"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries
        .target(name: "CPrefetch", path: "Sources/CLibraries/CPrefetch"),
        .systemLibrary(name: "CMalloc", path: "Sources/CLibraries/CMalloc"),
        system("CZlib", path: "Sources/CLibraries/CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CZstd", path: "Sources/CLibraries/CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        system(
            "CSnappy",
            path: "Sources/CLibraries/CSnappy",
            pkgConfig: "snappy",
            apt: "libsnappy-dev"
        ),
        system("CLZ4", path: "Sources/CLibraries/CLZ4", pkgConfig: "liblz4", apt: "liblz4-dev"),
        system(
            "CSQLite",
            path: "connectors/sqlite-catalog/CSQLite",
            pkgConfig: "sqlite3",
            apt: "libsqlite3-dev"
        ),
        system(
            "CMariaDB",
            path: "connectors/mysql/CMariaDB",
            pkgConfig: "libmariadb",
            apt: "default-libmysqlclient-dev"
        ),
        system("CPQ", path: "connectors/postgres/CPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        system(
            "CCurl",
            path: "Sources/CLibraries/CCurl",
            pkgConfig: "libcurl",
            apt: "libcurl4-openssl-dev"
        ),
        system(
            "CCrypto",
            path: "Sources/CLibraries/CCrypto",
            pkgConfig: "libcrypto",
            apt: "libssl-dev"
        ),

        // Floor 0: ground
        library("Bytes", ["CZlib"]),
        library("Diagnostics", [logging]),

        // Floor 1: vocabulary
        library("Codecs", ["Bytes", "CZlib", "CZstd", "CSnappy", "CLZ4"]),
        library("Columns", ["Bytes"]),
        library("TableModel", ["Bytes", "Columns"]),

        // Floor 2: formats
        library("ChangeModel", ["Columns", "TableModel"]),
        library("Parquet", ["Bytes", "Diagnostics", "Codecs", "Columns", "TableModel"]),
        library("Avro", ["Bytes", "Diagnostics", "Codecs", "TableModel"]),
        library("RowText", ["Bytes", "Columns", "TableModel"]),
        library("Puffin", ["Bytes", "Diagnostics", "Codecs"]),
        library("ObjectStore", ["Bytes", "Diagnostics"]),
        library("KeyIndex", ["CPrefetch", "Bytes", "Columns", "TableModel"]),
        library("HTTPClient", ["CCurl", "Bytes"]),
        library("AWSSigning", ["CCrypto", "Bytes", "HTTPClient"]),

        // Floor 3: table format
        library(
            "Iceberg",
            ["Bytes", "Diagnostics", "Codecs", "Columns", "TableModel", "Avro", "ObjectStore"]
        ),
        library("Catalog", ["Diagnostics", "TableModel", "ObjectStore", "Iceberg"]),
        library("SourceInterface", ["Diagnostics", "Columns", "TableModel", "ChangeModel"]),

        // Connectors
        .target(
            name: "CMySQLClient",
            dependencies: ["CMariaDB"],
            path: "connectors/mysql/CMySQLClient"
        ),
        library(
            "MySQLConnector",
            [
                "CMySQLClient", "Bytes", "Diagnostics", "Codecs", "Columns", "TableModel",
                "ChangeModel", "SourceInterface",
            ],
            path: "connectors/mysql/Sources"
        ),
        library(
            "PostgresConnector",
            [
                "CPQ", "Bytes", "Diagnostics", "Columns", "TableModel", "ChangeModel",
                "SourceInterface",
            ],
            path: "connectors/postgres/Sources"
        ),
        library(
            "SQLiteCatalog",
            ["CSQLite", "Diagnostics", "TableModel", "ObjectStore", "Iceberg", "Catalog"],
            path: "connectors/sqlite-catalog/Sources"
        ),

        library(
            "RESTCatalog",
            [
                "Bytes", "Diagnostics", "TableModel", "HTTPClient", "Iceberg", "Catalog",
            ],
            path: "connectors/rest-catalog/Sources"
        ),

        library(
            "S3ObjectStore",
            ["Bytes", "ObjectStore", "HTTPClient", "AWSSigning"],
            path: "connectors/s3/Sources"
        ),

        // Floor 4: stages
        library("ChangeMerge", ["Columns", "TableModel", "ChangeModel", "KeyIndex"]),
        library(
            "TableWriter",
            [
                "Bytes", "Codecs", "Columns", "TableModel", "ChangeModel", "Parquet", "Puffin",
                "ObjectStore", "KeyIndex", "Iceberg",
            ]
        ),
        library(
            "TableScan",
            [
                "Bytes", "Diagnostics", "Columns", "TableModel", "Parquet", "Puffin",
                "ObjectStore", "KeyIndex", "Iceberg",
            ]
        ),
        library(
            "TableCommit",
            ["Diagnostics", "TableModel", "ObjectStore", "Iceberg", "Catalog"]
        ),

        // Floor 5: assembly
        library("PipelineConfig", ["Diagnostics", "TableModel", "ChangeModel", yams]),
        library(
            "Pipeline",
            [
                "Bytes", "Diagnostics", "Columns", "TableModel", "ChangeModel", "Parquet",
                "Puffin", "ObjectStore", "KeyIndex", "Iceberg", "Catalog", "SourceInterface",
                "ChangeMerge", "TableWriter", "TableScan", "TableCommit", "PipelineConfig",
            ]
        ),

        library(
            "Inspection",
            [
                "Bytes", "Diagnostics", "Columns", "TableModel", "Parquet", "RowText", "Avro",
                "Puffin",
                "ObjectStore", "Iceberg", "TableScan",
            ]
        ),

        // Floor 6: program
        .executableTarget(
            name: "frazil",
            dependencies: [
                "Inspection",
                "Diagnostics", "TableModel", "ChangeModel", "ObjectStore", "Iceberg", "Catalog",
                "SourceInterface", "PipelineConfig", "Pipeline", "HTTPClient", "AWSSigning",
                "S3ObjectStore", "MySQLConnector",
                "PostgresConnector",
                "SQLiteCatalog", "RESTCatalog", "CMalloc", argumentParser, logging,
            ],
            swiftSettings: strict
        ),

        // Figures of the file format, for `make bench`
        .executableTarget(
            name: "format-bench",
            dependencies: [
                "TestKit",
                "Bytes", "Codecs", "Columns", "TableModel", "Parquet", "ParquetTestKit",
            ],
            path: "integration/bench/formats",
            swiftSettings: strict
        ),

        // Figures of the key index, for `make bench`
        .executableTarget(
            name: "index-bench",
            dependencies: [
                "Bytes", "Columns", "TableModel", "Parquet", "ObjectStore", "KeyIndex", "Iceberg",
                "TableScan", "TableWriter",
            ],
            path: "integration/bench/indexes",
            swiftSettings: strict
        ),

        // Writes files for the integration tests, with our own writer
        .executableTarget(
            name: "parquet-probe",
            dependencies: [
                "TestKit",
                "Bytes", "Codecs", "Columns", "TableModel", "Parquet", "ObjectStore", "Iceberg",
                "Catalog", "SQLiteCatalog", "TableWriter", "ParquetTestKit", argumentParser,
            ],
            path: "integration/probe",
            swiftSettings: strict
        ),

        // Tests
        tests("HouseTests", []),
        .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: strict),
        tests("PipelineConfigTests", ["TestKit", "PipelineConfig", "ChangeModel", "TableModel"]),
        tests("BytesTests", ["Bytes"]),
        tests("DiagnosticsTests", ["Diagnostics"]),
        tests("ProgramTests", ["frazil"]),
        tests("ColumnsTests", ["Columns", "TableModel"]),
        tests("TableModelTests", ["TableModel", "Bytes", "Columns"]),
        .target(
            name: "ParquetTestKit",
            dependencies: ["TestKit", "Codecs", "Columns", "TableModel", "Parquet"],
            path: "Tests/ParquetTestKit",
            swiftSettings: strict
        ),
        tests(
            "ParquetTests",
            [
                "TestKit",
                "Parquet", "ParquetTestKit", "RowText", "Codecs", "Columns", "TableModel", "Bytes",
                "Diagnostics",
            ]
        ),
        tests("AvroTests", ["TestKit", "Avro", "Bytes", "Codecs", "Diagnostics"]),
        tests("PuffinTests", ["TestKit", "Puffin", "Bytes", "Diagnostics", "CLZ4"]),
        .target(
            name: "CatalogTestKit",
            dependencies: ["Catalog", "Diagnostics", "Iceberg", "ObjectStore", "TableModel"],
            path: "Tests/CatalogTestKit",
            swiftSettings: strict
        ),
        tests(
            "IcebergTests",
            [
                "TestKit",
                "Iceberg", "Avro", "Bytes", "Catalog", "Codecs", "Columns", "Diagnostics",
                "TableModel",
                "ObjectStore",
            ]
        ),
        tests(
            "SQLiteCatalogTests",
            [
                "TestKit",
                "SQLiteCatalog", "CSQLite", "CatalogTestKit", "Catalog", "Iceberg", "ObjectStore",
                "TableModel",
            ],
            path: "connectors/sqlite-catalog/Tests"
        ),
        tests(
            "RESTCatalogTests",
            [
                "RESTCatalog", "HTTPClient", "HTTPTestKit", "CatalogTestKit", "Catalog", "Iceberg",
                "ObjectStore", "TableModel", "Bytes", "Diagnostics",
            ],
            path: "connectors/rest-catalog/Tests"
        ),
        tests(
            "MySQLConnectorTests",
            ["MySQLConnector", "SourceInterface", "ChangeModel", "Columns", "TableModel", "Bytes"],
            path: "connectors/mysql/Tests"
        ),
        tests(
            "PostgresConnectorTests",
            [
                "PostgresConnector", "SourceInterface", "ChangeModel", "Columns", "TableModel",
                "Bytes",
            ],
            path: "connectors/postgres/Tests"
        ),
        .target(
            name: "ObjectStoreTestKit",
            dependencies: ["ObjectStore"],
            path: "Tests/ObjectStoreTestKit",
            swiftSettings: strict
        ),
        tests("ObjectStoreTests", ["TestKit", "ObjectStore", "ObjectStoreTestKit"]),
        .executableTarget(
            name: "store-claims",
            dependencies: [
                "ObjectStoreTestKit", "ObjectStore", "S3ObjectStore", "AWSSigning", "HTTPClient",
            ],
            path: "integration/store-claims",
            swiftSettings: strict
        ),
        tests(
            "S3ObjectStoreTests",
            [
                "S3ObjectStore", "ObjectStore", "ObjectStoreTestKit", "HTTPClient", "HTTPTestKit",
                "AWSSigning", "Bytes",
            ],
            path: "connectors/s3/Tests"
        ),
        .target(name: "HTTPTestKit", path: "Tests/HTTPTestKit", swiftSettings: strict),
        tests("HTTPClientTests", ["HTTPClient", "HTTPTestKit"]),
        tests("AWSSigningTests", ["TestKit", "AWSSigning", "HTTPClient", "HTTPTestKit"]),
        tests(
            "InspectionTests",
            [
                "TestKit",
                "Inspection", "Bytes", "Diagnostics", "Columns", "TableModel", "Parquet", "Avro",
                "Puffin", "ObjectStore", "Iceberg", "TableScan",
            ]
        ),
        tests("KeyIndexTests", ["TestKit", "KeyIndex", "Bytes", "Columns", "TableModel"]),
        tests(
            "TableScanTests",
            [
                "TestKit",
                "TableScan", "Bytes", "Codecs", "Diagnostics", "Columns", "TableModel", "Parquet",
                "Puffin",
                "ObjectStore", "KeyIndex", "Iceberg", "Avro",
            ]
        ),
        tests(
            "ChangeMergeTests",
            ["TestKit", "ChangeMerge", "ChangeModel", "KeyIndex", "Bytes", "Columns", "TableModel"]
        ),
        .target(
            name: "PipelineTestKit",
            dependencies: [
                "TestKit",
                "Pipeline", "SourceInterface", "Catalog", "Iceberg", "ObjectStore", "TableModel",
                "ChangeModel", "Columns", "Diagnostics", "Parquet", "TableScan", "TableWriter",
            ],
            path: "Tests/PipelineTestKit",
            swiftSettings: bytewise
        ),
        .executableTarget(
            name: "sample-lake",
            dependencies: [
                "Bytes", "Columns", "TableModel", "Parquet", "Puffin", "ObjectStore", "Iceberg",
                "Catalog", "SQLiteCatalog", "TableWriter",
            ],
            path: "integration/sample-lake",
            swiftSettings: bytewise
        ),
        .executableTarget(
            name: "simulation",
            dependencies: [
                "TestKit",
                "PipelineTestKit", "Pipeline", "PipelineConfig", "SourceInterface", "Catalog",
                "Iceberg", "ObjectStore", "TableModel", "ChangeModel", "TableScan", "TableWriter",
                "Columns", "Parquet", "Diagnostics", argumentParser, logging,
            ],
            path: "Tests/Simulation",
            swiftSettings: bytewise
        ),
        tests(
            "TableWriterTests",
            [
                "TestKit",
                "TableWriter", "TableScan", "ChangeMerge", "ChangeModel", "Iceberg", "KeyIndex",
                "ObjectStore", "Parquet", "Puffin", "TableModel", "Codecs", "Columns", "Bytes",
            ]
        ),
        tests(
            "PipelineTests",
            [
                "TestKit",
                "PipelineTestKit",
                "Pipeline", "PipelineConfig", "SourceInterface", "Catalog", "Iceberg",
                "ObjectStore", "TableModel", "ChangeModel", "Columns", "SQLiteCatalog", "KeyIndex",
                "Bytes", "TableCommit", "TableScan", "TableWriter", "Parquet", "Diagnostics",
                logging,
            ]
        ),
    ]
)
