public import Bytes
internal import Codecs
public import Diagnostics

/// Writes an Avro object container file into memory.
///
/// Usage: append one encoded record to ``record``, call ``endRecord()``, and so on; then
/// ``finish()``.
///
/// Source: Apache Avro 1.12 specification, "Object Container Files".
public struct AvroFileWriter: ~Copyable {
    /// How blocks are compressed; every reader of Iceberg metadata knows these two.
    public enum Codec: Sendable {
        case null
        case deflate
    }

    /// Encoded records of the block that is being filled.
    public var record: ByteBuffer

    private let file: String
    private let codec: AvroCodec
    private var output: ByteBuffer
    private let sync: [UInt8]
    private var recordCount = 0

    /// A block is closed when it holds this many bytes, as Java's writer does.
    static let blockByteCountMax = 64_000

    /// - Parameters:
    ///   - schema: The records' type, as JSON text.
    ///   - metadata: Further header entries.
    ///   - codec: How blocks are compressed.
    ///   - file: The file's location, for messages.
    public init(
        schema: String,
        metadata: [(name: String, value: String)],
        codec: Codec = .deflate,
        file: String
    ) {
        self.file = file
        self.codec =
            switch codec {
            case .null: .null
            case .deflate: .deflate
            }
        record = ByteBuffer(capacityBytes: Self.blockByteCountMax)
        output = ByteBuffer(capacityBytes: 8192)
        var generator = SystemRandomNumberGenerator()
        sync = (0..<AvroFile.syncByteCount).map { _ in
            UInt8(truncatingIfNeeded: generator.next())
        }
        output.append(contentsOf: AvroFile.magic)
        output.appendAvroLong(Int64(metadata.count + 2))
        output.appendAvroString("avro.schema")
        output.appendAvroString(schema)
        output.appendAvroString("avro.codec")
        output.appendAvroString(self.codec.rawValue)
        for entry in metadata {
            output.appendAvroString(entry.name)
            output.appendAvroString(entry.value)
        }
        output.appendAvroLong(0)
        output.append(contentsOf: sync)
    }

    /// Says that one whole record was appended to ``record``.
    public mutating func endRecord() throws(FormatError) {
        recordCount += 1
        if record.count >= Self.blockByteCountMax { try endBlock() }
    }

    private mutating func endBlock() throws(FormatError) {
        guard recordCount > 0 else { return }
        var compressed = record.toArray()
        if codec == .deflate {
            do throws(CodecError) {
                compressed = try Deflate.compress(compressed, format: .raw)
            } catch {
                throw FormatError(file: file, "compressing a block of it failed: \(error)")
            }
        }
        output.appendAvroLong(Int64(recordCount))
        output.appendAvroLong(Int64(compressed.count))
        output.append(contentsOf: compressed)
        output.append(contentsOf: sync)
        record.removeAll()
        recordCount = 0
    }

    /// The whole file.
    public consuming func finish() throws(FormatError) -> [UInt8] {
        try endBlock()
        return output.toArray()
    }
}
