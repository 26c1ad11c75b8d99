internal import Bytes
public import Diagnostics
public import TableModel

/// What a file says about itself: its schema and where its pages lie.
public struct ParquetFooter: Sendable {
    /// Bytes at a file's end that tell how long the footer is.
    public static let tailByteCount = 8

    /// Rows of all row groups.
    public let rowCount: Int
    public let createdBy: String
    public let keyValueMetadata: [(String, String)]
    /// The columns of the file as it declares them, in order, with all that is below them.
    public let schema: [ParquetSchemaNode]
    /// The same columns as what they mean.
    let fields: [FileField]
    let leafCount: Int
    let rowGroups: [FileRowGroup]
    let columnOrders: [ColumnOrder]

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
        let rowGroupRowsMax = ParquetLimits.rowsPerRowGroupMax
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
        rowCount = parser.rowGroups.reduce(0) { $0 &+ max(0, min($1.rowCount, rowGroupRowsMax)) }
        createdBy = parser.createdBy
        keyValueMetadata = parser.keyValueMetadata
        schema = parser.nodes
        fields = FileField.withInferredIDs(parser.nodes.map { FileField($0) })
        leafCount = parser.leafCount
        rowGroups = parser.rowGroups
        columnOrders = parser.columnOrders
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
            tail: [UInt8](bytes[max(0, bytes.count - Self.tailByteCount)...]),
            fileByteCount: bytes.count,
            file: file
        )
        try self.init(parsing: Array(bytes[range]), file: file, fileByteCount: bytes.count)
    }

    public var rowGroupCount: Int { rowGroups.count }

    public func rowCount(ofRowGroup index: Int) -> Int { rowGroups[index].rowCount }

    /// Whether any column or field inside one has a field id.
    public var hasFieldIDs: Bool {
        func hasID(_ fields: [FileField]) -> Bool {
            fields.contains { $0.fieldID != nil || hasID($0.children) }
        }
        return hasID(fields)
    }

    /// Whether sizes of chunks leave out the header of the dictionary page.
    ///
    /// Source: the issue PARQUET-816; parquet-mr before 1.2.9.
    var isChunkSizeShort: Bool {
        guard createdBy.hasPrefix("parquet-mr") else { return false }
        let words = createdBy.split(separator: " ")
        guard words.count >= 3, words[1] == "version" else { return true }
        let numbers = words[2].split(separator: ".").map { part in
            Int(part.prefix { ("0"..."9").contains($0) }) ?? 0
        }
        return numbers.lexicographicallyPrecedes([1, 2, 9])
    }

    /// The columns as fields of a schema, to read a file by that nobody has a schema for.
    ///
    /// A field without an id, or with that of another, gets one that no other field has. Read them
    /// with ``ParquetReader/Matching/inferred``.
    ///
    /// - Throws: ``FormatError`` for a leaf whose physical type is none of the format's.
    public func inferredFields(file: String) throws(FormatError) -> [SchemaField] {
        var inferred: [SchemaField] = []
        for field in fields { inferred.append(try field.inferred(file: file)) }
        return inferred
    }
}
