import Bytes
import Codecs
import Testing

@Suite struct CodecTests {
    private let sample = Array(String(repeating: "what goes in comes out; ", count: 4000).utf8)

    private func compressed(_ codec: CompressionCodec, _ bytes: [UInt8]) throws -> [UInt8] {
        var target = ByteBuffer()
        let compressor = Compressor(codec)
        try bytes.withUnsafeBytes { try compressor.compress($0, into: &target) }
        return target.toArray()
    }

    private func decompressed(
        _ codec: CompressionCodec,
        _ bytes: [UInt8],
        _ expectedByteCount: Int
    ) throws -> [UInt8] {
        var target = ByteBuffer()
        try bytes.withUnsafeBytes {
            try Decompressor.decompress(
                $0,
                codec: codec,
                expectedByteCount: expectedByteCount,
                into: &target
            )
        }
        return target.toArray()
    }

    static let codecs: [CompressionCodec] = [.none, .snappy, .gzip, .zstd(level: 3), .lz4Raw]

    @Test("Bytes come back from every codec", arguments: codecs)
    func roundTrip(codec: CompressionCodec) throws {
        for bytes in [[], [7], sample] {
            let small = try compressed(codec, bytes)
            #expect(try decompressed(codec, small, bytes.count) == bytes)
        }
        if codec != .none { #expect(try compressed(codec, sample).count < sample.count / 10) }
    }

    @Test("Another announced size, cut bytes and forged sizes are refused", arguments: codecs)
    func refused(codec: CompressionCodec) throws {
        let small = try compressed(codec, sample)
        for size in [sample.count - 1, sample.count + 1, 0, -1, Int.max] {
            #expect(throws: CodecError.self, "\(size)") { try decompressed(codec, small, size) }
        }
        let cut = Array(small.dropLast(small.count / 2))
        #expect(throws: CodecError.self) { try decompressed(codec, cut, sample.count) }
    }

    @Test("DEFLATE streams of all three wrappers come back, and no more than allowed")
    func deflate() throws {
        for format in [DeflateFormat.raw, .zlib, .gzip] {
            let small = try Deflate.compress(sample, format: format)
            let all = try Inflate.decompress(small, format: format, byteCountMax: sample.count)
            #expect(all == sample)
            let error = try #require(throws: CodecError.self) {
                try Inflate.decompress(small, format: format, byteCountMax: sample.count - 1)
            }
            #expect(error.kind == .overLimit)
            let cut = try #require(throws: CodecError.self) {
                try Inflate.decompress(small.dropLast(9), format: format, byteCountMax: 1 << 20)
            }
            #expect(cut.kind == .damaged)
        }
        let zlib = try Deflate.compress(sample, format: .zlib)
        #expect(try Inflate.zlib(zlib, expectedByteCount: sample.count) == sample)
        let wrong = try #require(throws: CodecError.self) {
            try Inflate.zlib(zlib, expectedByteCount: sample.count + 1)
        }
        #expect(wrong.kind == .wrongSize)
        let raw = try Deflate.compress(sample, format: .raw)
        #expect(try Inflate.raw(raw, expectedByteCount: sample.count) == sample)
    }

    @Test("Gzip members and Zstandard frames in a row are joined")
    func members() throws {
        let gzip = try Deflate.compress(sample, format: .gzip)
        let twice = try Inflate.decompress(gzip + gzip, format: .gzip, byteCountMax: 1 << 20)
        #expect(twice == sample + sample)
        let zstd = try compressed(.zstd(level: 1), sample)
        let frames = try ZstdFrames.decompress(zstd + zstd, byteCountMax: sample.count * 2)
        #expect(frames == sample + sample)
        let over = try #require(throws: CodecError.self) {
            try ZstdFrames.decompress(zstd, byteCountMax: sample.count - 1)
        }
        #expect(over.kind == .overLimit)
        let cut = try #require(throws: CodecError.self) {
            try ZstdFrames.decompress(Array(zstd.dropLast(3)), byteCountMax: 1 << 20)
        }
        #expect(cut.kind == .damaged)
    }

    private func hadoopLZ4(_ bytes: [UInt8], _ expectedByteCount: Int) throws -> [UInt8] {
        var target = ByteBuffer()
        try bytes.withUnsafeBytes {
            try HadoopLZ4.decompress($0, expectedByteCount: expectedByteCount, into: &target)
        }
        return target.toArray()
    }

    private func bigEndian(_ length: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(length).bigEndian) { Array($0) }
    }

    @Test("LZ4 is read in Hadoop's frames, of any blocks and pieces, and without them")
    func hadoopFrames() throws {
        let block = try compressed(.lz4Raw, sample)
        let piece = bigEndian(block.count) + block
        #expect(try hadoopLZ4(block, sample.count) == sample)
        let framed = bigEndian(sample.count) + piece
        #expect(try hadoopLZ4(framed, sample.count) == sample)
        #expect(try hadoopLZ4(framed + framed, sample.count * 2) == sample + sample)
        let inPieces = bigEndian(sample.count * 2) + piece + piece
        #expect(try hadoopLZ4(inPieces, sample.count * 2) == sample + sample)
        for (bytes, size) in [
            (framed, sample.count - 1), (framed, sample.count + 1), (framed, -1), (framed, .max),
            (framed.dropLast(), sample.count), (framed + [0], sample.count),
            (bigEndian(1 << 30) + piece, sample.count), ([], 1),
        ] {
            #expect(throws: CodecError.self) { try hadoopLZ4(Array(bytes), size) }
        }
    }

    @Test("zlib bytes of another program are read")
    func knownBytes() throws {
        // python3: zlib.compress(b"frazil")
        let bytes: [UInt8] = [
            0x78, 0x9C, 0x4B, 0x2B, 0x4A, 0xAC, 0xCA, 0xCC, 0x01, 0x00, 0x08, 0xD4, 0x02, 0x89,
        ]
        #expect(try Inflate.zlib(bytes, expectedByteCount: 6) == Array("frazil".utf8))
    }
}
