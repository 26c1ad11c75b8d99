public import Columns
public import Diagnostics
public import TableModel

/// Reads columns of a Parquet file; the caller fetches the bytes.
///
/// Once a file: ``projection(of:)``. Then for each row group: ``plan(rowGroup:_:)`` says which bytes
/// to fetch, and ``open(_:bytes:limits:)`` hands the rows out in batches.
public struct ParquetReader: Sendable {
    /// How a field finds its column in the file.
    public enum Matching: Sendable {
        case fieldID
        /// For files without field ids.
        case name
        /// For files without field ids whose names a table maps to fields.
        case mapping(NameMapping)
        /// For the fields of ``ParquetFooter/inferredFields(file:)``.
        case inferred
    }

    public let file: String
    public let fileByteCount: Int
    public let footer: ParquetFooter
    public let matching: Matching

    public init(
        file: String,
        fileByteCount: Int,
        footer: ParquetFooter,
        matching: Matching = .fieldID
    ) {
        self.file = file
        self.fileByteCount = fileByteCount
        self.footer = footer
        self.matching = matching
    }

    /// Finds fields, and those inside them, in the file.
    ///
    /// A field that the file does not have reads as its initial default or NULL. Names play no role
    /// where ids are matched, and nested fields may be any of those that the file has.
    ///
    /// - Throws: ``FormatError`` when a column cannot be read as the type that is wanted.
    public func projection(of fields: [SchemaField]) throws(FormatError) -> ParquetProjection {
        var builder = ProjectionBuilder(file: file, matching: matching)
        let nodes = try builder.nodes(fields, in: footer.fields)
        return ParquetProjection(fields: fields, nodes: nodes, leaves: builder.leaves)
    }

    /// A plan that reads all rows of a row group.
    public func plan(
        rowGroup: Int,
        _ projection: ParquetProjection
    ) throws(FormatError) -> ReadPlan {
        let group = try group(rowGroup)
        var sources: [LeafSource] = []
        for leaf in projection.leaves {
            sources.append(.whole(try byteRange(group.chunks[leaf.index], leaf)))
        }
        return ReadPlan(
            rowGroup: rowGroup,
            projection: projection,
            rows: group.rowCount > 0 ? [0..<group.rowCount] : [],
            sources: sources
        )
    }

    /// Begins to read the rows of a plan.
    ///
    /// `bytes` hold at least ``ReadPlan/byteRanges``, in any pieces that each hold whole ranges.
    public func open(
        _ plan: ReadPlan,
        bytes: [FileBytes],
        limits: BatchLimits = BatchLimits()
    ) throws(FormatError) -> RowGroupReader {
        let group = try group(plan.rowGroup)
        var leaves: [LeafReader] = []
        for (leaf, source) in zip(plan.projection.leaves, plan.sources) {
            let chunk = group.chunks[leaf.index]
            leaves.append(
                try LeafReader(
                    file: file,
                    leaf: leaf,
                    chunk: chunk,
                    codec: try codec(chunk, leaf),
                    rowCount: group.rowCount,
                    source: source,
                    fetched: bytes
                )
            )
        }
        return RowGroupReader(file: file, plan: plan, leaves: leaves, limits: limits)
    }

    func group(_ index: Int) throws(FormatError) -> FileRowGroup {
        guard footer.rowGroups.indices.contains(index) else {
            throw FormatError(
                file: file,
                "row group \(index) was asked for, the file has \(footer.rowGroups.count)"
            )
        }
        return footer.rowGroups[index]
    }

    private func codec(
        _ chunk: FileChunk,
        _ leaf: ReadLeaf
    ) throws(FormatError) -> PageCodec {
        guard let codec = PageCodec(parquetNumber: chunk.codecNumber) else {
            throw FormatError(
                file: file,
                "column \(leaf.path) is compressed with codec \(chunk.codecNumber), which is not "
                    + "supported; none, snappy, gzip, lz4, zstd and lz4_raw are",
                offset: chunk.startOffset
            )
        }
        return codec
    }

    /// Where a chunk lies, inside of the file.
    func byteRange(_ chunk: FileChunk, _ leaf: ReadLeaf) throws(FormatError) -> Range<Int> {
        guard !chunk.isEncrypted else {
            throw FormatError(
                file: file,
                "column \(leaf.path) is encrypted, which is not supported"
            )
        }
        guard chunk.hasMetadata, !chunk.isElsewhere else {
            throw FormatError(file: file, "column \(leaf.path) lies in another file")
        }
        let start = chunk.startOffset
        guard start >= 0, chunk.compressedBytes >= 0, start <= fileByteCount,
            chunk.compressedBytes <= fileByteCount - start
        else {
            throw FormatError(
                file: file,
                "column \(leaf.path) is said to have \(chunk.compressedBytes) bytes at "
                    + "\(start), the file has \(fileByteCount)"
            )
        }
        let end = start + chunk.compressedBytes
        guard footer.isChunkSizeShort else { return start..<end }
        return start..<min(end + Self.dictionaryHeaderBytesMax, fileByteCount)
    }

    /// Bytes by which the chunks of some writers are longer than they say.
    static let dictionaryHeaderBytesMax = 100
}

extension ParquetReader {
    /// Decodes columns of one whole row group of a file that is in memory.
    ///
    /// For files that are known to be small: the columns take what the row group has, up to
    /// `bytesMax`.
    public func decode(
        rowGroup: Int,
        fields: [SchemaField],
        fileBytes: [UInt8],
        bytesMax: Int = 1 << 30
    ) throws(FormatError) -> [Column] {
        guard fileBytes.count == fileByteCount else {
            throw FormatError(
                file: file,
                "\(fileBytes.count) bytes were given, the file has \(fileByteCount)"
            )
        }
        let plan = try plan(rowGroup: rowGroup, try projection(of: fields))
        let rows = try open(
            plan,
            bytes: [FileBytes(offset: 0, bytes: fileBytes)],
            limits: BatchLimits(rowsMax: .max, bytesMax: bytesMax)
        )
        let wanted = footer.rowCount(ofRowGroup: rowGroup)
        guard let batch = try rows.next() else {
            return fields.map {
                ColumnBuilder($0.type.columnShape, expectedRows: 0).finish()
            }
        }
        guard batch.rowCount == wanted else {
            throw FormatError(
                file: file,
                "\(wanted) rows of row group \(rowGroup) take more than \(bytesMax) bytes"
            )
        }
        return batch.columns
    }
}
