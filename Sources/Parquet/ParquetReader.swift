internal import Codecs
public import Columns
public import Diagnostics
public import TableModel

/// Reads columns of a Parquet file by their Iceberg field ids; the caller fetches the bytes.
public struct ParquetReader: Sendable {
    /// How a field finds its column in the file.
    public enum Matching: Sendable {
        case fieldID
        /// For files without field ids.
        case name
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

    /// The bytes that ``decode(rowGroup:fields:chunks:)`` needs, one range a field, in field order.
    ///
    /// A field that the file does not have gets an empty range.
    public func byteRanges(
        rowGroup: Int,
        fields: [SchemaField]
    ) throws(FormatError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for field in fields {
            guard let column = column(for: field) else {
                ranges.append(0..<0)
                continue
            }
            ranges.append(try byteRange(rowGroup: rowGroup, column: column))
        }
        return ranges
    }

    /// Decodes columns of one row group to the types that `fields` ask for.
    ///
    /// `chunks` are the bytes of ``byteRanges(rowGroup:fields:)``, in that order. A field that the
    /// file does not have becomes a column of NULLs.
    public func decode(
        rowGroup: Int,
        fields: [SchemaField],
        chunks: [[UInt8]]
    ) throws(FormatError) -> [Column] {
        precondition(fields.count == chunks.count, "one chunk a field")
        let rowCount = try group(rowGroup).rowCount
        var columns: [Column] = []
        for (field, chunk) in zip(fields, chunks) {
            if let column = column(for: field) {
                columns.append(
                    try decode(field, column, rowGroup: rowGroup, rowCount: rowCount, chunk)
                )
            } else {
                columns.append(Self.nulls(field.type, rowCount: rowCount))
            }
        }
        return columns
    }

    /// Decodes columns of one row group of a file that is in memory.
    public func decode(
        rowGroup: Int,
        fields: [SchemaField],
        fileBytes: [UInt8]
    ) throws(FormatError) -> [Column] {
        guard fileBytes.count == fileByteCount else {
            throw FormatError(
                file: file,
                "\(fileBytes.count) bytes were given, the file has \(fileByteCount)"
            )
        }
        let ranges = try byteRanges(rowGroup: rowGroup, fields: fields)
        return try decode(
            rowGroup: rowGroup,
            fields: fields,
            chunks: ranges.map { Array(fileBytes[$0]) }
        )
    }

    private func column(for field: SchemaField) -> FileColumn? {
        switch matching {
        case .fieldID: footer.columns.first { $0.fieldID == field.id }
        case .name: footer.columns.first { $0.name == field.name }
        }
    }

    private func group(_ index: Int) throws(FormatError) -> FileRowGroup {
        guard footer.rowGroups.indices.contains(index) else {
            throw FormatError(
                file: file,
                "row group \(index) was asked for, the file has \(footer.rowGroups.count)"
            )
        }
        return footer.rowGroups[index]
    }

    private func leaf(_ column: FileColumn) throws(FormatError) -> (FileLeafType, Bool) {
        switch column.shape {
        case .leaf(let type, let isOptional): return (type, isOptional)
        case .nested:
            throw FormatError(file: file, "column \(column.name) is nested, only leaves are read")
        case .unknown:
            throw FormatError(file: file, "column \(column.name) has an unknown type")
        }
    }

    private func byteRange(
        rowGroup: Int,
        column: FileColumn
    ) throws(FormatError) -> Range<Int> {
        _ = try leaf(column)
        let chunk = try group(rowGroup).chunks[column.leafIndex]
        guard !chunk.isEncrypted else {
            throw FormatError(
                file: file,
                "column \(column.name) is encrypted, which is not supported"
            )
        }
        guard chunk.hasMetadata, !chunk.isElsewhere else {
            throw FormatError(file: file, "column \(column.name) lies in another file")
        }
        let start = chunk.startOffset
        guard start >= 0, chunk.compressedBytes >= 0, start <= fileByteCount,
            chunk.compressedBytes <= fileByteCount - start
        else {
            throw FormatError(
                file: file,
                "column \(column.name) is said to have \(chunk.compressedBytes) bytes at "
                    + "\(start), the file has \(fileByteCount)"
            )
        }
        return start..<start + chunk.compressedBytes
    }

    private func decode(
        _ field: SchemaField,
        _ column: FileColumn,
        rowGroup: Int,
        rowCount: Int,
        _ bytes: [UInt8]
    ) throws(FormatError) -> Column {
        let (type, isOptional) = try leaf(column)
        let range = try byteRange(rowGroup: rowGroup, column: column)
        guard bytes.count == range.count else {
            throw FormatError(
                file: file,
                "column \(column.name) came with \(bytes.count) bytes, it has \(range.count)",
                offset: range.lowerBound
            )
        }
        guard let conversion = ValueConversion(from: type, to: field.type) else {
            throw FormatError(
                file: file,
                "column \(column.name) is \(type), it cannot be read as \(field.type)"
            )
        }
        let codecNumber = try group(rowGroup).chunks[column.leafIndex].codecNumber
        guard let codec = CompressionCodec(parquetNumber: codecNumber) else {
            throw FormatError(
                file: file,
                "column \(column.name) is compressed with codec \(codecNumber), which is not "
                    + "supported; none, snappy, gzip, zstd and lz4_raw are",
                offset: range.lowerBound
            )
        }
        let decoder = ChunkDecoder(
            file: file,
            column: column.name,
            leaf: type,
            isOptional: isOptional,
            conversion: conversion,
            codec: codec,
            fileOffset: range.lowerBound,
            bytes: bytes
        )
        return try decoder.decode(rowCount: rowCount, type: field.type)
    }

    private static func nulls(_ type: IcebergType, rowCount: Int) -> Column {
        var builder = ColumnBuilder(type.physicalType, expectedRows: rowCount)
        for _ in 0..<rowCount { builder.appendNull() }
        return builder.finish()
    }
}
