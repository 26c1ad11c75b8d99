import Avro
import Bytes
import Codecs
import Diagnostics
import Testing

@Suite("Avro file")
struct AvroFileTests {
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

    func write(
        _ values: [AvroValue],
        codec: AvroFileWriter.Codec = .deflate
    ) throws -> [UInt8] {
        var writer = AvroFileWriter(
            schema: Self.schema,
            metadata: [("content", "data")],
            codec: codec,
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
        try file.forEachValue { values.append($0) }
        return values
    }

    @Test(
        "values of all types round-trip",
        arguments: [(AvroFileWriter.Codec.deflate, "deflate"), (.null, "null")]
    )
    func roundTrip(codec: AvroFileWriter.Codec, name: String) throws {
        let bytes = try write(Self.records, codec: codec)
        #expect(try read(bytes) == Self.records)
        #expect(try AvroFile(bytes, file: "f").text("content") == "data")
        #expect(try AvroFile(bytes, file: "f").text("avro.codec") == name)
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

    @Test("a sync marker that differs is named with its place")
    func syncMarker() throws {
        var bytes = try write(Self.records)
        bytes[bytes.count - 1] ^= 1
        let error = #expect(throws: FormatError.self) { try read(bytes) }
        #expect(error?.offset == bytes.count - 16)
    }

    @Test("a block may not claim more records than it has bytes")
    func forgedCount() throws {
        let file = avroFile(schema: "\"null\"", blocks: [(1 << 60, [])])
        let error = #expect(throws: FormatError.self) { try read(file) }
        #expect(error?.message == "a block of 0 bytes claims \(1 << 60) records")
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
        let file = avroFile(schema: "\"long\"", codec: codec, blocks: [(3, block.toArray())])
        #expect(try read(file) == [.long(1), .long(2), .long(3)])
        for index in file.indices.suffix(16 + block.count).prefix(block.count) {
            var damaged = file
            damaged[index] ^= 0xFF
            let values = try? read(damaged)
            #expect(values == nil, "byte \(index) of \(file.count)")
        }
    }

    @Test("a codec that is not known is named")
    func unknownCodec() {
        let file = avroFile(schema: "\"long\"", codec: "xz", blocks: [(1, [2])])
        #expect(
            throws: FormatError(
                file: "f.avro",
                "its codec is xz; null, deflate, snappy and zstandard are supported"
            )
        ) {
            try read(file)
        }
    }

    @Test("a block that decompresses to more than the limit is refused")
    func bomb() throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var content = ByteBuffer()
        let compressor = Compressor(.zstd(level: 1))
        for _ in 0..<257 {
            try zeros.withUnsafeBytes { source in try compressor.compress(source, into: &content) }
        }
        let file = avroFile(
            schema: "\"boolean\"",
            codec: "zstandard",
            blocks: [(1, content.toArray())]
        )
        let error = #expect(throws: FormatError.self) { try read(file) }
        #expect(error?.message.hasSuffix("decompress to more than the 268435456 allowed") == true)
    }

    @Test("blocks and the header may say their size in bytes, and a wrong size is refused")
    func sizedBlocks() throws {
        let schema =
            #"{"type":"record","name":"r","fields":["#
            + #"{"name":"a","type":{"type":"array","items":"long"}},"#
            + #"{"name":"m","type":{"type":"map","values":"int"}},{"name":"z","type":"int"}]}"#
        // Two blocks of items, of two and of one, then an entry.
        let record = hex("03 06 02 8001  02 04  00  01 06 02 6b 0a  00  0e")
        let file = avroFile(schema: schema, blocks: [(1, record)], sizesHeader: true)
        let expected = AvroValue.record([
            .array([.long(1), .long(64), .long(2)]), .map([.init(key: "k", value: .int(5))]),
            .int(7),
        ])
        #expect(try read(file) == [expected])
        let parsed = try AvroFile(file, file: "f.avro")
        try parsed.forEachRecord { reader in try reader.skipAvro(parsed.schema) }
        for size: UInt8 in [0, 4, 8, 0x7F] {
            var damaged = record
            damaged[1] = size
            let file = avroFile(schema: schema, blocks: [(1, damaged)])
            #expect(throws: FormatError.self, "size \(size)") { try read(file) }
        }
    }

    @Test("a block's count is not believed beyond the bytes that follow")
    func forgedItems() throws {
        let schema = #"{"type":"array","items":"long"}"#
        // A count, the least count there is with a size, and a count above its size.
        for text in ["feffffffff1f 02", "ffffffffffffffffff01 02 00", "05 04 02 04"] {
            let file = avroFile(schema: schema, blocks: [(1, hex(text))])
            let error = #expect(throws: FormatError.self) { try read(file) }
            #expect(error?.message.contains("exceeds") == true, "\(text)")
        }
    }
}
