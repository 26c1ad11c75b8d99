/// What a file may claim before it is refused; bounds for memory, far above real files.
///
/// Runs may expand without end: three bytes say that a million rows are NULL. So no count is
/// believed when memory is taken; pages are read some rows at a time, and a batch ends when its
/// columns hold ``BatchLimits/bytesMax``.
enum ParquetLimits {
    static let footerBytesMax = 512 << 20
    /// Groups inside groups in a schema.
    static let schemaDepthMax = 64
    /// Bytes of one page after decompression.
    static let pageBytesMax = 1 << 30
    static let rowsPerRowGroupMax = Int(Int32.max)
    /// Bytes of values that one decoded column may take, whatever its pages hold.
    static let columnBytesMax = 3 << 30
    /// Bytes that one row of one leaf may take beyond what its page and dictionary hold.
    static let rowBytesMax = 128 << 20
    /// Bytes of byte strings that are put together at a time only to be stepped over.
    static let passedBytesMax = 16 << 20
    /// Structs inside structs in a footer or page header.
    static let thriftDepthMax = 32
    /// Level entries that are read at a time.
    static let entriesPerStep = 4096
}
