import Avro
import Bytes
import Diagnostics

/// Avro container files: their schema, and each record by all ways of reading it.
let target = FuzzTarget(
    seeds: {
        var seeds: [String: [UInt8]] = [:]
        for (name, codec) in ["plain": AvroFileWriter.Codec.null, "deflated": .deflate] {
            var writer = AvroFileWriter(schema: schemaText, metadata: [], codec: codec, file: "s")
            let schema = try AvroSchema(json: try JSONValue(parsing: schemaText), file: "s")
            for record in records {
                try writer.record.appendAvroValue(record, schema)
                try writer.endRecord()
            }
            seeds[name] = try writer.finish()
        }
        var empty = AvroFileWriter(schema: schemaText, metadata: [("a", "b")], file: "s")
        empty.record.removeAll()
        seeds["empty"] = try empty.finish()
        return seeds
    },
    run: { bytes in
        let file = try AvroFile(bytes, file: "f")
        var skipped = 0
        try file.forEachRecord { reader in
            try reader.skipAvro(file.schema)
            skipped += 1
        }
        try file.forEachNamedValue { _ = $0.json.serialized() }
        try file.forEachValue { value in
            var buffer = ByteBuffer()
            try buffer.appendAvroValue(value, file.schema)
        }
        let wanted = try AvroSchema(json: try JSONValue(parsing: wantedText), file: "wanted")
        try file.forEachValue(as: wanted) { _ in }
    },
    allows: { $0 is FormatError }
)

private let schemaText = """
    {"type":"record","name":"r","namespace":"n","fields":[
    {"name":"a","type":["null","long"],"default":null,"field-id":1},
    {"name":"b","type":{"type":"map","values":"string"}},
    {"name":"c","type":{"type":"array","items":{"type":"fixed","name":"f","size":2}}},
    {"name":"d","type":{"type":"enum","name":"e","symbols":["x","y"],"default":"x"}},
    {"name":"g","type":["f","double","float","boolean","bytes","null"]},
    {"name":"h","type":{"type":"array","logicalType":"map","items":{"type":"record","name":"k",
      "fields":[{"name":"key","type":"int"},{"name":"value","type":"bytes"}]}}},
    {"name":"i","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"j","type":{"type":"long","logicalType":"timestamp-micros"}}]}
    """

private let wantedText = """
    {"type":"record","name":"w","fields":[{"name":"a","type":["null","double"],"field-id":1},
    {"name":"other","type":"int","default":5},{"name":"b","type":{"type":"map","values":"bytes"}}]}
    """

private let records: [AvroValue] = [
    .record([
        .long(-9), .map([.init(key: "k", value: .string("v"))]), .array([.fixed([1, 2])]),
        .enumeration(1), .bytes([7]), .array([.record([.int(1), .bytes([2])])]), .bytes([0xFF]),
        .long(1),
    ]),
    .record([
        .null, .map([]), .array([]), .enumeration(0), .null, .array([]), .bytes([]), .long(0),
    ]),
]
