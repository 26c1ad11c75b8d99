internal import Bytes
internal import Codecs
public import Diagnostics

/// What the footer of a Puffin file says about one of its blobs.
///
/// Source: Iceberg Puffin specification, "BlobMetadata".
public struct PuffinBlob: Hashable, Sendable {
    /// A name and a value, in the order of the file.
    public struct Property: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var type: String
    /// Ids of the fields that the blob was computed for.
    public var fields: [Int32]
    /// The snapshot that the blob was computed from; -1 where it belongs to none yet.
    public var snapshotID: Int64
    /// That snapshot's sequence number; -1 where it belongs to none yet.
    public var sequenceNumber: Int64
    /// Bytes from the start of the file.
    public var offset: Int
    /// Bytes in the file.
    public var lengthBytes: Int
    /// The codec's name as it stands in the footer; nil where the blob is not compressed.
    public var compressionCodec: String?
    public var properties: [Property]

    public init(
        type: String,
        fields: [Int32],
        snapshotID: Int64,
        sequenceNumber: Int64,
        offset: Int,
        lengthBytes: Int,
        compressionCodec: String? = nil,
        properties: [Property] = []
    ) {
        self.type = type
        self.fields = fields
        self.snapshotID = snapshotID
        self.sequenceNumber = sequenceNumber
        self.offset = offset
        self.lengthBytes = lengthBytes
        self.compressionCodec = compressionCodec
        self.properties = properties
    }

    /// Where the blob lies in the file; what ``content(_:file:)`` wants.
    public var byteRange: Range<Int> { offset..<(offset + lengthBytes) }

    /// The value of a property.
    public func property(_ name: String) -> String? {
        properties.last { $0.name == name }?.value
    }

    /// What the bytes of ``byteRange`` hold, decompressed.
    ///
    /// - Throws: ``FormatError`` when they are too few or damaged, or their codec is unknown.
    public func content(_ bytes: [UInt8], file: String) throws(FormatError) -> [UInt8] {
        guard bytes.count == lengthBytes else {
            throw FormatError(
                file: file,
                "\(bytes.count) bytes of a blob of \(lengthBytes) bytes were read",
                offset: offset
            )
        }
        guard let compressionCodec else { return bytes }
        let codec = PuffinCodec(rawValue: compressionCodec)
        guard let codec else {
            throw FormatError(
                file: file,
                "a blob's codec is \(compressionCodec); lz4 and zstd are supported",
                offset: offset
            )
        }
        do throws(CodecError) {
            return switch codec {
            case .lz4: try LZ4Frame.decompress(bytes, byteCountMax: PuffinLimits.blobBytesMax)
            case .zstd: try ZstdFrames.decompress(bytes, byteCountMax: PuffinLimits.blobBytesMax)
            }
        } catch {
            throw FormatError(file: file, "a blob of type \(type): \(error)", offset: offset)
        }
    }
}
