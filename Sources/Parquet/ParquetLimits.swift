/// What a file may claim before it is refused; bounds for memory, far above real files.
enum ParquetLimits {
    static let footerBytesMax = 512 << 20
    /// Bytes of one page after decompression.
    static let pageBytesMax = 1 << 30
    static let rowsPerRowGroupMax = 64 << 20
    /// Bytes of values that one decoded column may take.
    static let columnBytesMax = 2 << 30
    /// Structs inside structs in a footer or page header.
    static let thriftDepthMax = 32
    /// Values that are reserved for before any page has been decoded.
    static let expectedRowsMax = 64 << 10
}
