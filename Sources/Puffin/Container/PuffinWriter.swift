internal import Bytes
internal import Codecs
public import Diagnostics

/// Writes a Puffin file into memory, blob after blob, with a footer that is not compressed.
///
/// Source: Iceberg Puffin specification.
public struct PuffinWriter: ~Copyable {
    /// How a blob's bytes are kept.
    public enum Codec: Hashable, Sendable {
        case none
        /// One frame that says how long its content is.
        case zstd(level: Int32)

        var name: String? {
            switch self {
            case .none: nil
            case .zstd: PuffinCodec.zstd.rawValue
            }
        }
    }

    /// The blobs that were added.
    public private(set) var blobs: [PuffinBlob] = []
    private let properties: [PuffinBlob.Property]
    private let file: String
    private var output: ByteBuffer

    /// - Parameters:
    ///   - properties: The file's own, `created-by` among them.
    ///   - file: The file's location, for messages.
    public init(properties: [PuffinBlob.Property] = [], file: String) {
        self.properties = properties
        self.file = file
        output = ByteBuffer(capacityBytes: 4096)
        output.append(contentsOf: PuffinFormat.magic)
    }

    /// Appends a blob.
    ///
    /// - Returns: What the footer will say about it.
    /// - Throws: ``FormatError`` when it could not be compressed.
    @discardableResult
    public mutating func add(
        _ content: [UInt8],
        type: String,
        fields: [Int32],
        snapshotID: Int64,
        sequenceNumber: Int64,
        codec: Codec = .none,
        properties: [PuffinBlob.Property] = []
    ) throws(FormatError) -> PuffinBlob {
        let start = output.count
        try append(content, codec)
        let blob = PuffinBlob(
            type: type,
            fields: fields,
            snapshotID: snapshotID,
            sequenceNumber: sequenceNumber,
            offset: start,
            lengthBytes: output.count - start,
            compressionCodec: codec.name,
            properties: properties
        )
        blobs.append(blob)
        return blob
    }

    /// Appends a blob that `body` writes and that is not compressed.
    ///
    /// - Returns: What the footer will say about it.
    mutating func add(
        type: String,
        fields: [Int32],
        properties: [PuffinBlob.Property],
        _ body: (inout ByteBuffer) throws(FormatError) -> Void
    ) throws(FormatError) -> PuffinBlob {
        let start = output.count
        try body(&output)
        let blob = PuffinBlob(
            type: type,
            fields: fields,
            snapshotID: -1,
            sequenceNumber: -1,
            offset: start,
            lengthBytes: output.count - start,
            properties: properties
        )
        blobs.append(blob)
        return blob
    }

    private mutating func append(_ content: [UInt8], _ codec: Codec) throws(FormatError) {
        guard case .zstd(let level) = codec else {
            output.append(contentsOf: content)
            return
        }
        do throws(CodecError) {
            try content.withUnsafeBufferPointer { source throws(CodecError) in
                try Compressor(.zstd(level: level))
                    .compress(UnsafeRawBufferPointer(source), into: &output)
            }
        } catch {
            throw FormatError(file: file, "compressing a blob of it failed: \(error)")
        }
    }

    /// Bytes of the blobs so far; the footer comes on top.
    public var byteCount: Int { output.count }

    /// The whole file.
    ///
    /// - Throws: ``FormatError`` when the footer is longer than readers accept.
    public consuming func finish() throws(FormatError) -> [UInt8] {
        var footer: JSONObject = ["blobs": .array(blobs.map(\.json))]
        if !properties.isEmpty { footer.append("properties", properties.json) }
        let payload = JSONValue.object(footer).serialized()
        guard payload.count <= PuffinLimits.footerBytesMax else {
            throw FormatError(
                file: file,
                "its footer would have \(payload.count) bytes, at most "
                    + "\(PuffinLimits.footerBytesMax) are possible"
            )
        }
        output.append(contentsOf: PuffinFormat.magic)
        output.append(contentsOf: payload)
        output.appendInteger(UInt32(payload.count))
        output.appendInteger(UInt32(0))
        output.append(contentsOf: PuffinFormat.magic)
        return output.toArray()
    }
}
