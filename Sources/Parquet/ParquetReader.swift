public import Columns
public import Diagnostics
public import TableModel

/// What a file says about itself: its schema and where its pages lie.
public struct ParquetFooter: Sendable {
    /// Bytes at a file's end that tell how long the footer is.
    public static let tailByteCount = 8

    /// The bytes of the footer in a file, from the file's last ``tailByteCount`` bytes.
    public static func byteRange(
        tail: [UInt8],
        fileByteCount: Int,
        file: String
    ) throws(FormatError) -> Range<Int> {
        preconditionFailure("not here yet")
    }

    /// Reads the bytes of the footer.
    public init(parsing bytes: [UInt8], file: String, fileByteCount: Int) throws(FormatError) {
        preconditionFailure("not here yet")
    }

    public var rowCount: Int { 0 }
    public var rowGroupCount: Int { 0 }
    public func rowCount(ofRowGroup index: Int) -> Int { 0 }
}

/// Reads columns of a Parquet file by their Iceberg field ids; the caller fetches the bytes.
public struct ParquetReader: Sendable {
    public let file: String
    public let footer: ParquetFooter

    public init(file: String, fileByteCount: Int, footer: ParquetFooter) {
        self.file = file
        self.footer = footer
    }

    /// The bytes that ``decode(rowGroup:fields:chunks:)`` needs, one range a field, in field order.
    ///
    /// A field that the file does not have gets an empty range.
    public func byteRanges(
        rowGroup: Int,
        fields: [SchemaField]
    ) throws(FormatError) -> [Range<Int>] {
        preconditionFailure("not here yet")
    }

    /// Decodes columns of one row group to the types that `fields` ask for.
    ///
    /// A field that the file does not have becomes a column of NULLs.
    /// - Parameter chunks: The bytes of ``byteRanges(rowGroup:fields:)``, in that order.
    public func decode(
        rowGroup: Int,
        fields: [SchemaField],
        chunks: [[UInt8]]
    ) throws(FormatError) -> [Column] {
        preconditionFailure("not here yet")
    }
}
