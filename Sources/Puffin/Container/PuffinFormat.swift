/// The numbers of the Puffin format.
///
/// Source: Iceberg Puffin specification, "File structure" and "Footer structure".
enum PuffinFormat {
    /// Begins and ends a file, and begins its footer: `PFA1`.
    static let magic: [UInt8] = [0x50, 0x46, 0x41, 0x31]
    /// Flag of byte 0: the footer's payload is compressed with LZ4.
    static let compressedFooterFlag: UInt32 = 1
    /// Payload size, flags and magic, which end a file.
    static let tailByteCount = 12
}

/// What a reader accepts at most.
enum PuffinLimits {
    /// Bytes of a footer's payload, before and after it is decompressed; some hundred per blob.
    static let footerBytesMax = 1 << 28
    /// Bytes of a blob after it is decompressed.
    static let blobBytesMax = 1 << 30
}

/// The codecs that a blob's bytes may be compressed with.
///
/// Source: Iceberg Puffin specification, "Compression codecs".
enum PuffinCodec: String {
    case lz4
    case zstd
}
