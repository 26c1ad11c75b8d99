internal import Bytes
public import Diagnostics
public import TableModel

/// What a file says about itself: its schema and where its pages lie.
public struct ParquetFooter: Sendable {
    /// A column at the top level of the file's schema.
    public struct Column: Sendable, Hashable {
        public var name: String
        public var fieldID: Int32?
        /// The Iceberg type that holds its values; `nil` for nested and foreign types.
        public var type: IcebergType?

        public init(name: String, fieldID: Int32?, type: IcebergType?) {
            self.name = name
            self.fieldID = fieldID
            self.type = type
        }
    }

    /// Bytes at a file's end that tell how long the footer is.
    public static let tailByteCount = 8

    public let rowCount: Int
    public let createdBy: String
    public let keyValueMetadata: [(String, String)]
    let columns: [FileColumn]
    let rowGroups: [FileRowGroup]

    /// The bytes of the footer in a file, from the file's last ``tailByteCount`` bytes.
    public static func byteRange(
        tail: [UInt8],
        fileByteCount: Int,
        file: String
    ) throws(FormatError) -> Range<Int> {
        let magicCount = ParquetFormat.magic.count
        guard tail.count == tailByteCount, fileByteCount >= tailByteCount + magicCount else {
            throw FormatError(
                file: file,
                "\(fileByteCount) bytes are too few for a Parquet file, the least is "
                    + "\(tailByteCount + magicCount)"
            )
        }
        let magic = Array(tail.suffix(magicCount))
        guard magic == ParquetFormat.magic else {
            let reason =
                magic == ParquetFormat.encryptedMagic
                ? "its footer is encrypted, which is not supported"
                : "it does not end with PAR1"
            throw FormatError(file: file, reason, offset: fileByteCount - magicCount)
        }
        let byteCount = tail.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        let available = fileByteCount - tailByteCount - magicCount
        guard byteCount <= min(available, ParquetLimits.footerBytesMax) else {
            throw FormatError(
                file: file,
                "the footer is said to have \(byteCount) bytes, at most "
                    + "\(min(available, ParquetLimits.footerBytesMax)) are possible",
                offset: fileByteCount - tailByteCount
            )
        }
        let end = fileByteCount - tailByteCount
        return end - byteCount..<end
    }

    /// Reads the bytes of the footer.
    public init(parsing bytes: [UInt8], file: String, fileByteCount: Int) throws(FormatError) {
        let footerOffset = fileByteCount - Self.tailByteCount - bytes.count
        let parser: FooterParser
        do throws(WireFault) {
            parser = try FooterParser(bytes)
        } catch {
            throw FormatError(
                file: file,
                "its footer is damaged: \(error)",
                offset: footerOffset + error.offset
            )
        }
        rowCount = parser.rowCount
        createdBy = parser.createdBy
        keyValueMetadata = parser.keyValueMetadata
        columns = parser.columns
        rowGroups = parser.rowGroups
        for (index, group) in rowGroups.enumerated() {
            guard group.chunks.count == parser.leafCount else {
                throw FormatError(
                    file: file,
                    "row group \(index) has \(group.chunks.count) column chunks, the schema has "
                        + "\(parser.leafCount) leaves",
                    offset: footerOffset
                )
            }
            guard (0...ParquetLimits.rowsPerRowGroupMax).contains(group.rowCount) else {
                throw FormatError(
                    file: file,
                    "row group \(index) is said to have \(group.rowCount) rows, at most "
                        + "\(ParquetLimits.rowsPerRowGroupMax) are read",
                    offset: footerOffset
                )
            }
        }
    }

    /// Finds and reads the footer of a file that is in memory.
    public init(file: String, bytes: [UInt8]) throws(FormatError) {
        let range = try Self.byteRange(
            tail: bytes.suffix(Self.tailByteCount),
            fileByteCount: bytes.count,
            file: file
        )
        try self.init(parsing: Array(bytes[range]), file: file, fileByteCount: bytes.count)
    }

    public var rowGroupCount: Int { rowGroups.count }

    public func rowCount(ofRowGroup index: Int) -> Int { rowGroups[index].rowCount }

    /// The columns of the file in order.
    public var schema: [Column] {
        columns.map { column in
            var type: IcebergType?
            if case .leaf(let leaf, _) = column.shape { type = leaf.icebergType }
            return Column(name: column.name, fieldID: column.fieldID, type: type)
        }
    }
}
