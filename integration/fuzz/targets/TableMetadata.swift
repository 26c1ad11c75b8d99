import Diagnostics
import Iceberg

/// Table metadata as JSON: what is read is written and read again.
let target = FuzzTarget(
    seeds: { ["version-1": Array(version1.utf8), "version-2": Array(version2.utf8)] },
    run: { bytes in
        let metadata = try TableMetadata(parsing: bytes, file: "f")
        _ = metadata.ancestorSnapshotIDs()
        let written = metadata.serialized()
        do throws(FormatError) {
            let again = try TableMetadata(parsing: written, file: "again")
            if again.serialized() != written { fail("what is written twice differs") }
        } catch {
            fail("what is written is not read: \(error)")
        }
        _ = try metadata.currentSchema()
    },
    allows: { $0 is FormatError }
)

private let version1 = #"""
    {"format-version":1,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"s3://b/t",
    "last-updated-ms":1602638573590,"last-column-id":1,"schema":{"type":"struct","fields":[
    {"id":1,"name":"x","required":true,"type":"long"}]},"partition-spec":[
    {"name":"x","transform":"identity","source-id":1,"field-id":1000}],"properties":{},
    "current-snapshot-id":-1,"snapshots":[]}
    """#

private let version2 = #"""
    {"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"s3://b/t",
    "last-sequence-number":34,"last-updated-ms":1602638573590,"last-column-id":5,
    "current-schema-id":1,"schemas":[{"type":"struct","schema-id":1,"identifier-field-ids":[1],
    "fields":[{"id":1,"name":"x","required":true,"type":"long","doc":"d"},
    {"id":2,"name":"y","required":false,"type":"decimal(9, 2)"},
    {"id":3,"name":"tags","required":false,"type":
    {"type":"list","element-id":4,"element-required":true,"element":"string"}}]}],
    "default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[
    {"name":"x_bucket","transform":"bucket[4]","source-id":1,"field-id":1000}]}],
    "last-partition-id":1000,"default-sort-order-id":3,"sort-orders":[{"order-id":3,"fields":[
    {"transform":"identity","source-id":2,"direction":"asc","null-order":"nulls-first"}]}],
    "properties":{"a":"1"},"current-snapshot-id":3055729675574597004,"snapshots":[
    {"snapshot-id":3055729675574597004,"timestamp-ms":1555100955770,"sequence-number":1,
    "summary":{"operation":"append"},"manifest-list":"s3://a/b/2.avro","schema-id":1}],
    "snapshot-log":[{"snapshot-id":3055729675574597004,"timestamp-ms":1555100955770}],
    "metadata-log":[{"metadata-file":"s3://bucket/m1.json","timestamp-ms":1515100}],
    "refs":{"main":{"snapshot-id":3055729675574597004,"type":"branch","max-ref-age-ms":7}},
    "statistics":[],"other":{"deep":[1,2.50]}}
    """#
