/// How a run of bytes is made smaller.
public enum CompressionCodec: Hashable, Sendable {
    case none
    case snappy
    /// RFC 1952 members, as `gzip` writes them.
    case gzip
    /// A Zstandard frame; level 1 is the fastest of the regular ones, 22 the smallest.
    case zstd(level: Int32)
    /// One LZ4 block without a frame.
    case lz4Raw
}

extension CompressionCodec: CustomStringConvertible {
    public var description: String {
        switch self {
        case .none: "none"
        case .snappy: "snappy"
        case .gzip: "gzip"
        case .zstd: "zstd"
        case .lz4Raw: "lz4_raw"
        }
    }
}

/// Bytes that a codec refused, or a result of another size than announced.
public struct CodecError: Error, Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// The compressed bytes break the codec's grammar or end too early.
        case damaged
        /// The result is not exactly as long as announced.
        case wrongSize
        /// The result would be longer than the caller allows.
        case overLimit
        /// The library refused for want of memory or because the input is too long for it.
        case unavailable
    }

    public var kind: Kind
    public var codec: CompressionCodec
    /// Bytes of the input.
    public var inputBytes: Int
    /// Bytes that the result was announced or allowed to have.
    public var expectedBytes: Int

    public init(_ kind: Kind, codec: CompressionCodec, inputBytes: Int, expectedBytes: Int) {
        self.kind = kind
        self.codec = codec
        self.inputBytes = inputBytes
        self.expectedBytes = expectedBytes
    }
}

extension CodecError: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .damaged:
            "\(inputBytes) bytes of \(codec) are damaged (\(expectedBytes) bytes were expected)"
        case .wrongSize:
            "\(inputBytes) bytes of \(codec) do not decompress to the announced \(expectedBytes)"
        case .overLimit:
            "\(inputBytes) bytes of \(codec) decompress to more than the \(expectedBytes) allowed"
        case .unavailable:
            "the \(codec) library could not process \(inputBytes) bytes"
        }
    }
}
