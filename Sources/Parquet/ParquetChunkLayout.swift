public import TableModel

/// Where one column's pages of a row group lie, and what the footer says about them.
public struct ParquetChunkLayout: Sendable {
    /// A bound as the value it is, where the format defines an order.
    public enum Bound: Sendable, Hashable {
        case value(SingleValue, IcebergType)
        case raw([UInt8])
    }

    /// The names from the root to the leaf, those of repeated groups among them.
    public var path: [String]
    public var fieldID: Int32?
    /// The format's name of the codec.
    public var codec: String
    /// The format's names of the encodings that its pages have.
    public var encodings: [String]
    /// Values, NULLs and empty lists among them.
    public var valueCount: Int
    public var nullCount: Int?
    public var compressedBytes: Int
    public var uncompressedBytes: Int
    /// The pages' bytes, and a few behind them where the writer counted too few; `nil` where they are
    /// encrypted or in another file.
    public var byteRange: Range<Int>?
    public var isEncrypted: Bool
    public var lower: Bound?
    public var upper: Bound?
    /// Whether the bounds are those of older writers, in an order that was never said.
    public var areBoundsLegacy: Bool
    public var columnIndex: Range<Int>?
    public var offsetIndex: Range<Int>?
    public var bloomFilterOffset: Int?
    /// `nil` where a writer does not tell.
    public var bloomFilterBytes: Int?
}

extension ParquetFooter {
    /// The column chunks of a row group, in the order of the schema's leaves.
    public func layout(ofRowGroup index: Int) -> [ParquetChunkLayout] {
        let leaves = schema.flatMap { Self.leaves(of: $0, below: []) }
        return zip(leaves, rowGroups[index].chunks).map { leaf, chunk in
            layout(chunk, leaf.path, leaf.node)
        }
    }

    private static func leaves(
        of node: ParquetSchemaNode,
        below path: [String]
    ) -> [(path: [String], node: ParquetSchemaNode)] {
        let path = path + [node.name]
        if node.kind != .group { return [(path, node)] }
        return node.children.flatMap { leaves(of: $0, below: path) }
    }

    private func layout(
        _ chunk: FileChunk,
        _ path: [String],
        _ node: ParquetSchemaNode
    ) -> ParquetChunkLayout {
        let statistics = chunk.statistics
        let isLegacy = statistics.lower == nil && statistics.upper == nil
        let (byteCount, _) = chunk.compressedBytes.addingReportingOverflow(
            isChunkSizeShort ? ParquetReader.dictionaryHeaderBytesMax : 0
        )
        let isHere = chunk.hasMetadata && !chunk.isElsewhere && !chunk.isEncrypted
        return ParquetChunkLayout(
            path: path,
            fieldID: node.fieldID,
            codec: FormatNames.codec(chunk.codecNumber),
            encodings: (0..<32).filter { chunk.encodings & 1 << UInt32($0) != 0 }
                .map { FormatNames.encoding($0) },
            valueCount: chunk.valueCount,
            nullCount: statistics.nullCount,
            compressedBytes: chunk.compressedBytes,
            uncompressedBytes: chunk.uncompressedBytes,
            byteRange: isHere ? Self.range(chunk.startOffset, byteCount) : nil,
            isEncrypted: chunk.isEncrypted,
            lower: (isLegacy ? statistics.legacyLower : statistics.lower).map {
                Self.bound($0, node)
            },
            upper: (isLegacy ? statistics.legacyUpper : statistics.upper).map {
                Self.bound($0, node)
            },
            areBoundsLegacy: isLegacy
                && (statistics.legacyLower != nil || statistics.legacyUpper != nil),
            columnIndex: Self.range(chunk.columnIndex.offset, chunk.columnIndex.byteCount),
            offsetIndex: Self.range(chunk.offsetIndex.offset, chunk.offsetIndex.byteCount),
            bloomFilterOffset: chunk.bloomFilter.offset > 0 ? chunk.bloomFilter.offset : nil,
            bloomFilterBytes: chunk.bloomFilter.byteCount > 0 ? chunk.bloomFilter.byteCount : nil
        )
    }

    private static func range(_ offset: Int, _ byteCount: Int) -> Range<Int>? {
        guard offset > 0, byteCount > 0, offset <= Int.max - byteCount else { return nil }
        return offset..<offset + byteCount
    }

    private static func bound(
        _ bytes: [UInt8],
        _ node: ParquetSchemaNode
    ) -> ParquetChunkLayout.Bound {
        guard case .leaf(let physicalType) = node.kind else { return .raw(bytes) }
        let type = FileLeafType(
            physicalType: physicalType,
            lengthBytes: node.lengthBytes,
            annotation: node.annotation
        )
        guard let conversion = ValueConversion(from: type, to: type.icebergType),
            let value = BoundReader(type, conversion: conversion, wanted: type.icebergType)?
                .value(bytes)
        else { return .raw(bytes) }
        return .value(value, type.icebergType)
    }
}
