public import Bytes
public import Diagnostics

/// An Avro object container file whose bytes are in memory.
///
/// Source: Apache Avro 1.12 specification, "Object Container Files".
public struct AvroFile: Sendable {
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
        let parsed = try ParsedSchemas.schema(of: schemaText, file: file)
        schemaJSON = parsed.json
        schema = parsed.schema
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

    /// Calls `body` with each record as a value of the file's own type.
    ///
    /// - Throws: What `body` throws, and ``FormatError``.
    public func forEachValue(_ body: (AvroValue) throws -> Void) throws {
        try forEachRecord { reader in try body(try reader.readAvroValue(schema)) }
    }

    /// Calls `body` with each record, its names and types at hand.
    ///
    /// - Throws: What `body` throws, and ``FormatError``.
    public func forEachNamedValue(_ body: (AvroNamedValue) throws -> Void) throws {
        try forEachRecord { reader in try body(try reader.readAvroNamedValue(schema)) }
    }

    /// Calls `body` with each record as a value of another type.
    ///
    /// - Throws: What `body` throws, and ``FormatError``, also when the types do not fit.
    public func forEachValue(
        as type: AvroSchema,
        _ body: (AvroValue) throws -> Void
    ) throws {
        let resolver = try AvroResolver(from: schema, to: type, file: file)
        try forEachRecord { reader in try body(try resolver.read(&reader)) }
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
