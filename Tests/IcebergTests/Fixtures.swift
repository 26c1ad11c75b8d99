import Bytes
import Iceberg
import ObjectStore
import TableModel

/// A table of format version 2 with everything optional in it, as another engine could write it.
let fullMetadataText = #"""
    {"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1",
    "location":"s3://bucket/test/location","last-sequence-number":34,
    "last-updated-ms":1602638573590,"last-column-id":5,"current-schema-id":1,
    "schemas":[{"type":"struct","schema-id":0,"fields":[
    {"id":1,"name":"x","required":true,"type":"long"},
    {"id":4,"name":"tags","required":false,"type":
    {"type":"list","element-id":5,"element-required":true,"element":"string"}}]},
    {"type":"struct","schema-id":1,"identifier-field-ids":[1],"fields":[
    {"id":1,"name":"x","required":true,"type":"long","doc":"comment"},
    {"id":2,"name":"y","required":false,"type":"decimal(9, 2)"}]}],
    "default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[
    {"name":"x_bucket","transform":"bucket[4]","source-id":1,"field-id":1000}]}],
    "last-partition-id":1000,"default-sort-order-id":3,"sort-orders":[{"order-id":3,"fields":[
    {"transform":"identity","source-id":2,"direction":"asc","null-order":"nulls-first"}]}],
    "properties":{"b":"2","a":"1"},"current-snapshot-id":3055729675574597004,
    "snapshots":[{"snapshot-id":3051729675574597004,"timestamp-ms":1515100955770,
    "sequence-number":0,"summary":{"operation":"append"},"manifest-list":"s3://a/b/1.avro"},
    {"snapshot-id":3055729675574597004,"parent-snapshot-id":3051729675574597004,
    "timestamp-ms":1555100955770,"sequence-number":1,"summary":{"operation":"append","k":"v"},
    "manifest-list":"s3://a/b/2.avro","schema-id":1,"key-id":"k1"}],
    "snapshot-log":[{"snapshot-id":3051729675574597004,"timestamp-ms":1515100955770},
    {"snapshot-id":3055729675574597004,"timestamp-ms":1555100955770}],
    "metadata-log":[{"metadata-file":"s3://bucket/m1.json","timestamp-ms":1515100}],
    "refs":{"main":{"snapshot-id":3055729675574597004,"type":"branch","max-ref-age-ms":7},
    "old":{"snapshot-id":3051729675574597004,"type":"tag"}},
    "statistics":[{"snapshot-id":3051729675574597004,"statistics-path":"s3://a/b/s.puffin",
    "file-size-in-bytes":413,"file-footer-size-in-bytes":42,"blob-metadata":[]},
    {"snapshot-id":3055729675574597004,"statistics-path":"s3://a/b/t.puffin",
    "file-size-in-bytes":414,"file-footer-size-in-bytes":43,"key-metadata":"a2V5","blob-metadata":[
    {"type":"ndv","snapshot-id":3055729675574597004,"sequence-number":1,"fields":[1,2],
    "properties":{"ndv":"12"}}]}],
    "partition-statistics":[{"snapshot-id":3051729675574597004,
    "statistics-path":"s3://a/b/p.parquet","file-size-in-bytes":90}],
    "engine-extra":{"deep":[1,2.50]}}
    """#

func parseFullMetadata() throws -> TableMetadata {
    try TableMetadata(parsing: Array(fullMetadataText.utf8), file: "full.json")
}

let ordersSchema = Schema(
    schemaID: 0,
    fields: [
        SchemaField(id: 1, name: "id", type: .long, isRequired: true),
        SchemaField(id: 2, name: "name", type: .string, isRequired: false),
    ],
    identifierFieldIDs: [1]
)

func emptyTable(_ properties: [String: String] = [:]) throws -> TableMetadata {
    try TableMetadata(
        creating: ordersSchema,
        properties: properties,
        location: "file:///lake/orders",
        nowMilliseconds: 1000
    )
}

func dataFile(_ name: String, rows: Int64 = 10, bytes: Int64 = 100) -> DataFile {
    DataFile(
        content: .data,
        path: "file:///lake/orders/data/\(name)",
        recordCount: rows,
        fileSizeBytes: bytes
    )
}

func positionDeletes(_ name: String, rows: Int64 = 2) -> DataFile {
    DataFile(
        content: .positionDeletes,
        path: "file:///lake/orders/data/\(name)",
        recordCount: rows,
        fileSizeBytes: 20
    )
}

func equalityDeletes(_ name: String, rows: Int64 = 3) -> DataFile {
    DataFile(
        content: .equalityDeletes,
        path: "file:///lake/orders/data/\(name)",
        recordCount: rows,
        fileSizeBytes: 30,
        equalityIDs: [1]
    )
}

extension TableMetadata {
    /// The table after one more snapshot.
    func committing(
        _ delta: RowDelta,
        to store: any ObjectStore,
        nowMilliseconds: Int64 = 2000
    ) async throws -> TableMetadata {
        let produced = try await SnapshotProducer.produce(
            base: self,
            delta: delta,
            store: store,
            fileNamePrefix: "test",
            newSnapshotID: unusedSnapshotID(),
            nowMilliseconds: nowMilliseconds
        )
        return try applying(
            produced.updates,
            requirements: produced.requirements,
            nowMilliseconds: nowMilliseconds
        )
    }
}

extension DataFile {
    /// The last part of the path.
    var name: String { String(path.split(separator: "/").last ?? "") }
}
