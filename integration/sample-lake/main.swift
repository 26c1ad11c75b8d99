import Bytes
import Glibc
import Iceberg
import ObjectStore
import SQLiteCatalog

// Writes a lake that uses what the metadata layer can do, and what readers must find in it:
// `sample-lake FOLDER` makes FOLDER/catalog.db, FOLDER/warehouse and FOLDER/expected.json.

func writeSample(to folder: String) async throws {
    let store = LocalObjectStore()
    let catalog = try SQLiteCatalog(
        path: "\(folder)/catalog.db",
        warehouse: "file://\(folder)/warehouse",
        store: store
    )
    try await catalog.createNamespace(SampleTables.namespace)
    let sample = SampleTables(catalog: catalog, store: store)
    var tables = try await sample.transforms()
    tables.append(try await sample.evolved())
    tables.append(try await sample.upgraded())
    for version in TableMetadata.writtenFormatVersions {
        tables.append(try await sample.overwritten(version: version))
        tables.append(try await sample.expired(version: version))
        tables.append(try await sample.manyCommits(version: version))
    }
    var expected = JSONObject()
    for table in tables { expected.append(table.name, .object(try await table.expectation())) }
    try await store.put("file://\(folder)/expected.json", JSONValue.object(expected).serialized())
}

guard CommandLine.arguments.count == 2 else {
    print("sample-lake: one argument is needed, the folder to write to")
    exit(2)
}
do {
    try await writeSample(to: CommandLine.arguments[1])
} catch {
    print("sample-lake: \(error)")
    exit(1)
}
