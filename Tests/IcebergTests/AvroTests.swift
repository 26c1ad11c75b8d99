import Avro
import Bytes
import Codecs
import Diagnostics
import Testing

@Suite("Avro")
struct AvroTests {
    static let schema = """
        {"type":"record","name":"r","fields":[
        {"name":"a","type":["null","long"],"field-id":1},
        {"name":"b","type":{"type":"map","values":"string"}},
        {"name":"c","type":{"type":"array","items":{"type":"fixed","name":"f","size":2}}},
        {"name":"d","type":{"type":"enum","name":"e","symbols":["x","y"]}},
        {"name":"g","type":["f","double","float","boolean","bytes","null"]}]}
        """

    static let records: [AvroValue] = [
        .record([
            .long(-9_007_199_254_740_993),
            .map([.init(key: "k", value: .string("é"))]),
            .array([.fixed([1, 2]), .fixed([3, 4])]),
            .enumeration(1),
            .fixed([5, 6]),
        ]),
        .record([.null, .map([]), .array([]), .enumeration(0), .double(bits: 0x7FF8 << 48)]),
        .record([.long(1), .map([]), .array([]), .enumeration(0), .bytes([])]),
    ]

    func write(_ values: [AvroValue]) throws -> [UInt8] {
        var writer = AvroFileWriter(
            schema: Self.schema,
            metadata: [("content", "data")],
            file: "f.avro"
        )
        let schema = try AvroSchema(json: try JSONValue(parsing: Self.schema), file: "f.avro")
        for value in values {
            try writer.record.appendAvroValue(value, schema)
            try writer.endRecord()
        }
        return try writer.finish()
    }

    func read(_ bytes: [UInt8]) throws -> [AvroValue] {
        let file = try AvroFile(bytes, file: "f.avro")
        var values: [AvroValue] = []
        try file.forEachRecord { values.append(try $0.readAvroValue(file.schema)) }
        return values
    }

    @Test("values of all types round-trip")
    func roundTrip() throws {
        let bytes = try write(Self.records)
        #expect(try read(bytes) == Self.records)
        #expect(try AvroFile(bytes, file: "f").text("content") == "data")
        #expect(try AvroFile(bytes, file: "f").text("avro.codec") == "deflate")
    }

    @Test("skipping a value ends where reading it ends")
    func skipping() throws {
        let file = try AvroFile(try write(Self.records), file: "f.avro")
        var count = 0
        try file.forEachRecord { reader in
            try reader.skipAvro(file.schema)
            count += 1
        }
        #expect(count == Self.records.count)
    }

    @Test("many records are spread over blocks")
    func blocks() throws {
        let values = (0..<20_000).map { number in
            AvroValue.record([
                .long(Int64(number)), .map([]), .array([]), .enumeration(0), .null,
            ])
        }
        #expect(try read(try write(values)) == values)
    }

    @Test("a file cut anywhere is refused, or has lost whole blocks only")
    func everyCut() throws {
        let bytes = try write(Self.records)
        for count in 0..<bytes.count {
            let values = try? read(Array(bytes[..<count]))
            #expect(values == nil || values == [], "cut to \(count) of \(bytes.count) bytes")
        }
    }

    @Test("any byte may be changed without a trap")
    func everyByte() throws {
        let bytes = try write(Self.records)
        for index in bytes.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = bytes
                damaged[index] ^= change
                _ = try? read(damaged)
            }
        }
    }

    @Test("a sync marker that differs is named with its place")
    func syncMarker() throws {
        var bytes = try write(Self.records)
        bytes[bytes.count - 1] ^= 1
        let error = #expect(throws: FormatError.self) { try read(bytes) }
        #expect(error?.offset == bytes.count - 16)
    }

    @Test("a block may not claim more records than it has bytes")
    func forgedCount() throws {
        var file = ByteBuffer()
        file.append(contentsOf: [0x4F, 0x62, 0x6A, 1])
        file.appendAvroLong(1)
        file.appendAvroString("avro.schema")
        file.appendAvroString("\"null\"")
        file.appendAvroLong(0)
        file.append(contentsOf: [UInt8](repeating: 7, count: 16))
        file.appendAvroLong(1 << 60)
        file.appendAvroLong(0)
        file.append(contentsOf: [UInt8](repeating: 7, count: 16))
        let error = #expect(throws: FormatError.self) { try read(file.toArray()) }
        #expect(error?.message == "a block of 0 bytes claims \(1 << 60) records")
    }

    @Test("a schema whose names multiply is refused before it fills the memory")
    func exponentialSchema() throws {
        var fields = #"{"name":"x","type":"int"}"#
        var text = #"{"type":"record","name":"r0","fields":[\#(fields)]}"#
        for level in 1..<30 {
            fields = #"{"name":"a","type":\#(text)},{"name":"b","type":"r\#(level - 1)"}"#
            text = #"{"type":"record","name":"r\#(level)","fields":[\#(fields)]}"#
        }
        let json = try JSONValue(parsing: text)
        let error = #expect(throws: FormatError.self) { try AvroSchema(json: json, file: "f") }
        #expect(error?.message == "the Avro schema is not valid: more than 100000 types")
    }

    @Test("a record that holds itself is refused")
    func recursiveSchema() throws {
        let json: JSONValue = [
            "type": "record", "name": "r",
            "fields": [["name": "next", "type": ["null", "r"]]],
        ]
        let error = #expect(throws: FormatError.self) { try AvroSchema(json: json, file: "f") }
        #expect(error?.message == "the Avro schema is not valid: the type r is not known")
    }

    @Test(
        "snappy and zstandard blocks of other writers are read",
        arguments: ["snappy", "zstandard"]
    )
    func foreignCodecs(_ codec: String) throws {
        let content: [UInt8] = [2, 4, 6]
        var block = ByteBuffer()
        let method: CompressionCodec = codec == "snappy" ? .snappy : .zstd(level: 3)
        try content.withUnsafeBytes { source in
            try Compressor(method).compress(source, into: &block)
        }
        if codec == "snappy" {
            block.appendBigEndian(content.withUnsafeBytes { crc32Checksum($0) })
        }
        var file = ByteBuffer()
        file.append(contentsOf: [0x4F, 0x62, 0x6A, 1])
        file.appendAvroLong(2)
        file.appendAvroString("avro.schema")
        file.appendAvroString("\"long\"")
        file.appendAvroString("avro.codec")
        file.appendAvroString(codec)
        file.appendAvroLong(0)
        file.append(contentsOf: [UInt8](repeating: 7, count: 16))
        file.appendAvroLong(3)
        file.appendAvroLong(Int64(block.count))
        file.append(contentsOf: block.toArray())
        file.append(contentsOf: [UInt8](repeating: 7, count: 16))
        #expect(try read(file.toArray()) == [.long(1), .long(2), .long(3)])
    }
}
