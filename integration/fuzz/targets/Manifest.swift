import Avro
import Bytes
import Diagnostics
import Iceberg

/// Manifest lists and manifests.
let target = FuzzTarget(
    seeds: {
        [
            "list": try file(listSchema, [listRecord], .null),
            "list-deflated": try file(listSchema, [listRecord, listRecord], .deflate),
            "entries": try file(entrySchema, entries, .null),
            "entries-deflated": try file(entrySchema, entries, .deflate),
        ]
    },
    run: { bytes in
        do {
            _ = try ManifestList.read(bytes, file: "f")
        } catch _ as FormatError {}
        _ = try ManifestReader.read(bytes, manifest: manifest)
    },
    allows: { $0 is FormatError }
)

/// What the list says about the manifest that is read.
private let manifest: ManifestFile = {
    let list = try? ManifestList.read(try file(listSchema, [listRecord], .null), file: "list")
    guard let manifest = list?.first else { fail("the list of one manifest is not read") }
    return manifest
}()

private func file(
    _ schemaText: String,
    _ records: [AvroValue],
    _ codec: AvroFileWriter.Codec
) throws -> [UInt8] {
    var writer = AvroFileWriter(
        schema: schemaText,
        metadata: [("format-version", "2"), ("partition-spec-id", "0"), ("content", "deletes")],
        codec: codec,
        file: "seed"
    )
    let schema = try AvroSchema(json: try JSONValue(parsing: schemaText), file: "seed")
    for record in records {
        try writer.record.appendAvroValue(record, schema)
        try writer.endRecord()
    }
    return try writer.finish()
}

private let listSchema = """
    {"type":"record","name":"manifest_file","fields":[
    {"name":"manifest_path","type":"string","field-id":500},
    {"name":"manifest_length","type":"long","field-id":501},
    {"name":"partition_spec_id","type":"int","field-id":502},
    {"name":"content","type":"int","field-id":517},
    {"name":"sequence_number","type":"long","field-id":515},
    {"name":"min_sequence_number","type":"long","field-id":516},
    {"name":"added_snapshot_id","type":"long","field-id":503},
    {"name":"added_files_count","type":"int","field-id":504},
    {"name":"existing_files_count","type":"int","field-id":505},
    {"name":"deleted_files_count","type":"int","field-id":506},
    {"name":"added_rows_count","type":"long","field-id":512},
    {"name":"existing_rows_count","type":"long","field-id":513},
    {"name":"deleted_rows_count","type":"long","field-id":514},
    {"name":"partitions","field-id":507,"default":null,"type":["null",{"type":"array",
      "element-id":508,"items":{"type":"record","name":"r508","fields":[
      {"name":"contains_null","type":"boolean","field-id":509},
      {"name":"contains_nan","type":["null","boolean"],"field-id":518},
      {"name":"lower_bound","type":["null","bytes"],"field-id":510},
      {"name":"upper_bound","type":["null","bytes"],"field-id":511}]}}]},
    {"name":"first_row_id","type":["null","long"],"default":null,"field-id":520}]}
    """

private let listRecord = AvroValue.record([
    .string("file:///lake/m.avro"), .long(4000), .int(0), .int(1), .long(9), .long(3), .long(77),
    .int(1), .int(2), .int(0), .long(12), .long(30), .long(0),
    .array([.record([.boolean(false), .null, .bytes([1]), .bytes([2])])]), .long(5),
])

private let entrySchema = """
    {"type":"record","name":"manifest_entry","fields":[
    {"name":"status","type":"int","field-id":0},
    {"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1},
    {"name":"sequence_number","type":["null","long"],"default":null,"field-id":3},
    {"name":"file_sequence_number","type":["null","long"],"default":null,"field-id":4},
    {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
      {"name":"content","type":"int","field-id":134},
      {"name":"file_path","type":"string","field-id":100},
      {"name":"file_format","type":"string","field-id":101},
      {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[
        {"name":"day","field-id":1000,"type":["null",{"type":"int","logicalType":"date"}]}]}},
      {"name":"record_count","type":"long","field-id":103},
      {"name":"file_size_in_bytes","type":"long","field-id":104},
      {"name":"value_counts","field-id":109,"type":["null",{"type":"array","logicalType":"map",
        "items":{"type":"record","name":"k119_v120","fields":[
        {"name":"key","type":"int","field-id":119},{"name":"value","type":"long","field-id":120}]}}]},
      {"name":"lower_bounds","field-id":125,"type":["null",{"type":"array","logicalType":"map",
        "items":{"type":"record","name":"k126_v127","fields":[
        {"name":"key","type":"int","field-id":126},{"name":"value","type":"bytes","field-id":127}]}}]},
      {"name":"split_offsets","field-id":132,
        "type":["null",{"type":"array","items":"long","element-id":133}]},
      {"name":"equality_ids","field-id":135,
        "type":["null",{"type":"array","items":"int","element-id":136}]},
      {"name":"sort_order_id","type":["null","int"],"default":null,"field-id":140},
      {"name":"referenced_data_file","type":["null","string"],"default":null,"field-id":143},
      {"name":"content_offset","type":["null","long"],"default":null,"field-id":144},
      {"name":"content_size_in_bytes","type":["null","long"],"default":null,"field-id":145}]}}]}
    """

private let entries: [AvroValue] = [
    .record([
        .int(1), .null, .null, .null,
        .record([
            .int(1), .string("file:///lake/d.puffin"), .string("PUFFIN"), .record([.int(19_000)]),
            .long(3), .long(400), .array([.record([.int(1), .long(3)])]),
            .array([.record([.int(1), .bytes([1, 2])])]), .array([.long(4)]), .array([.int(1)]),
            .int(0), .string("file:///lake/1.parquet"), .long(4), .long(46),
        ]),
    ]),
    .record([
        .int(0), .long(5), .long(3), .long(3),
        .record([
            .int(0), .string("file:///lake/1.parquet"), .string("PARQUET"), .record([.null]),
            .long(3), .long(400), .null, .null, .null, .null, .null, .null, .null, .null,
        ]),
    ]),
]
