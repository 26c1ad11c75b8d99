public import Bytes
internal import Codecs
public import Diagnostics

/// An Avro object container file whose bytes are in memory.
///
/// Source: Apache Avro 1.12 specification, "Object Container Files".
public struct AvroFile {
    /// The file's location, for messages.
    public let file: String
    /// The type of every record, as the writer declared it.
    public let schema: AvroSchema
    /// The same as it stands in the header, with attributes that ``AvroSchema`` does not keep.
    public let schemaJSON: JSONValue
    /// The header's entries, `avro.schema` and `avro.codec` among them.
    public let metadata: [String: [UInt8]]

    private let bytes: [UInt8]
    private let codec: AvroCodec
    private let sync: [UInt8]
    private let firstBlockOffset: Int

    static let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]
    static let syncByteCount = 16

    /// Reads the header.
    ///
    /// - Throws: ``FormatError`` when it is no Avro file, or its schema or codec is not supported.
    public init(_ bytes: [UInt8], file: String) throws(FormatError) {
        self.bytes = bytes
        self.file = file
        guard bytes.starts(with: Self.magic) else {
            throw FormatError(file: file, "it is no Avro file: it does not begin with Obj 01")
        }
        (metadata, sync, firstBlockOffset) = try Self.readHeader(bytes, file: file)
        guard let schemaText = metadata["avro.schema"] else {
            throw FormatError(file: file, "the header has no avro.schema")
        }
        let json: JSONValue
        do throws(JSONFault) {
            json = try JSONValue(parsing: schemaText)
        } catch {
            throw FormatError(file: file, "the Avro schema is no JSON: \(error)")
        }
        schemaJSON = json
        schema = try AvroSchema(json: json, file: file)
        codec = try AvroCodec(named: metadata["avro.codec"], file: file)
    }

    private static func readHeader(
        _ bytes: [UInt8],
        file: String
    ) throws(FormatError) -> ([String: [UInt8]], [UInt8], Int) {
        var metadata: [String: [UInt8]] = [:]
        var reader = ByteReader(bytes.span.bytes)
        do throws(WireFault) {
            try reader.skip(magic.count)
            while true {
                let count = try reader.readAvroBlockCount()
                if count == 0 { break }
                for _ in 0..<count {
                    let key = try reader.readAvroString()
                    metadata[key] = try reader.readAvroBytes()
                }
            }
            let sync = try reader.readBytes(syncByteCount).withUnsafeBytes { [UInt8]($0) }
            return (metadata, sync, reader.offset)
        } catch {
            throw FormatError(file: file, "the Avro header: \(error)", offset: error.offset)
        }
    }

    /// A header entry as text.
    public func text(_ name: String) -> String? {
        metadata[name].flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Calls `body` once for each record, with the reader at the record's first byte.
    ///
    /// `body` must read exactly one value of ``schema``.
    /// - Throws: What `body` throws; ``FormatError`` in place of a ``WireFault``.
    public func forEachRecord(
        _ body: (inout ByteReader) throws -> Void
    ) throws {
        var offset = firstBlockOffset
        while offset < bytes.count {
            let block = try readBlock(at: offset)
            let content = try codec.decompress(bytes[block.content], file: file, offset: offset)
            guard block.recordCount <= content.count else {
                throw FormatError(
                    file: file,
                    "a block of \(content.count) bytes claims \(block.recordCount) records",
                    offset: offset
                )
            }
            var reader = ByteReader(content.span.bytes)
            do {
                for _ in 0..<block.recordCount { try body(&reader) }
            } catch let fault as WireFault {
                throw FormatError(file: file, "a record of the block: \(fault)", offset: offset)
            }
            guard reader.isAtEnd else {
                throw FormatError(
                    file: file,
                    "\(reader.remaining) bytes are left after \(block.recordCount) records",
                    offset: offset
                )
            }
            offset = block.end
        }
    }

    private struct Block {
        var recordCount: Int
        var content: Range<Int>
        var end: Int
    }

    private func readBlock(at offset: Int) throws(FormatError) -> Block {
        var reader = ByteReader(bytes.span.bytes)
        do throws(WireFault) {
            try reader.skip(offset)
            let count = try reader.readAvroLong()
            let size = try reader.readAvroLong()
            guard count >= 0, size >= 0, size <= reader.remaining else {
                throw WireFault(
                    .impossibleLength,
                    offset: reader.offset,
                    wanted: Int(truncatingIfNeeded: size),
                    available: reader.remaining
                )
            }
            let start = reader.offset
            try reader.skip(Int(size))
            let marker = try reader.readBytes(Self.syncByteCount).withUnsafeBytes { [UInt8]($0) }
            guard marker == sync else {
                throw WireFault(
                    .malformedValue,
                    offset: reader.offset - Self.syncByteCount,
                    wanted: Self.syncByteCount,
                    available: reader.remaining
                )
            }
            return Block(
                recordCount: Int(count),
                content: start..<(start + Int(size)),
                end: reader.offset
            )
        } catch {
            throw FormatError(file: file, "the head of a block: \(error)", offset: error.offset)
        }
    }
}

/// How the blocks of a container file are compressed.
enum AvroCodec: String {
    case null
    case deflate
    case snappy
    case zstandard

    init(named name: [UInt8]?, file: String) throws(FormatError) {
        guard let name else {
            self = .null
            return
        }
        let text = String(decoding: name, as: UTF8.self)
        guard let codec = Self(rawValue: text) else {
            throw FormatError(
                file: file,
                "its codec is \(text); null, deflate, snappy and zstandard are supported"
            )
        }
        self = codec
    }

    /// The most a block may decompress to; writers make blocks of some ten kilobytes.
    static let blockByteCountMax = 1 << 30

    /// - `offset`: Where the block stands in the file, for messages.
    func decompress(
        _ slice: ArraySlice<UInt8>,
        file: String,
        offset: Int
    ) throws(FormatError) -> [UInt8] {
        do throws(CodecError) {
            switch self {
            case .null: return Array(slice)
            case .deflate:
                return try Inflate.decompress(
                    Array(slice),
                    format: .raw,
                    byteCountMax: Self.blockByteCountMax
                )
            case .zstandard: return try Self.zstandard(slice)
            case .snappy: return try Self.snappy(slice)
            }
        } catch {
            throw FormatError(file: file, "a \(rawValue) block: \(error)", offset: offset)
        }
    }

    private static func zstandard(_ slice: ArraySlice<UInt8>) throws(CodecError) -> [UInt8] {
        try ZstdFrames.decompress(Array(slice), byteCountMax: blockByteCountMax)
    }

    /// Snappy's own format, then a big-endian CRC-32 of what it decompresses to.
    private static func snappy(_ slice: ArraySlice<UInt8>) throws(CodecError) -> [UInt8] {
        let damaged = CodecError(
            .damaged,
            codec: .snappy,
            inputBytes: slice.count,
            expectedBytes: 0
        )
        let compressed = Array(slice.dropLast(4))
        let expectedChecksum = slice.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var header = ByteReader(compressed.span.bytes)
        guard slice.count > 4, let length = try? header.readVarint(), length <= blockByteCountMax
        else { throw damaged }
        var target = ByteBuffer()
        try compressed.withUnsafeBufferPointer { source throws(CodecError) in
            try Decompressor.decompress(
                UnsafeRawBufferPointer(source),
                codec: .snappy,
                expectedByteCount: Int(length),
                into: &target
            )
        }
        guard target.withBytes({ crc32Checksum($0) }) == expectedChecksum else { throw damaged }
        return target.toArray()
    }
}
