/// What a reader accepts at most.
enum AvroLimits {
    /// Bytes of a block after it is decompressed; writers make blocks of some ten kilobytes, or one
    /// that holds a whole manifest.
    static let blockBytesMax = 1 << 28
    /// Levels of types that a schema has.
    static let schemaDepthMax = 64
    /// Types that a schema has once its names are written out; Iceberg's have some eighty.
    ///
    /// Names that stand for each other could otherwise grow without bound.
    static let schemaTypesMax = 100_000
    /// Values without a byte that the items of an array hold for each byte they take.
    static let emptyValuesPerByteMax = 16
}
