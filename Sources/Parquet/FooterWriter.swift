internal import Bytes
internal import Codecs
internal import TableModel

/// Writes the file's last struct.
///
/// Source: apache/parquet-format, parquet.thrift "FileMetaData".
struct FooterWriter {
    let fields: [ParquetField]
    let leaves: [FieldLeaf]
    let options: ParquetWriterOptions
    let rowGroups: [RowGroup]

    func encoded() -> [UInt8] {
        var thrift = ThriftWriter(capacityBytes: 4096)
        thrift.int32(1, ParquetFormat.version)
        thrift.schema(2, fields: fields)
        thrift.int64(3, rowGroups.reduce(0) { $0 + $1.rowCount })
        thrift.list(4, of: .structure, count: rowGroups.count)
        for (ordinal, group) in rowGroups.enumerated() {
            thrift.element { append(group, ordinal: ordinal, to: &$0) }
        }
        if !options.keyValueMetadata.isEmpty {
            thrift.list(5, of: .structure, count: options.keyValueMetadata.count)
            for (key, value) in options.keyValueMetadata {
                thrift.element { pair in
                    pair.text(1, key)
                    pair.text(2, value)
                }
            }
        }
        thrift.text(6, options.createdBy)
        // Every leaf has the order of its type; without this readers ignore the statistics.
        thrift.list(7, of: .structure, count: leaves.count)
        for _ in leaves { thrift.element { $0.structure(1) { _ in } } }
        thrift.end()
        return thrift.buffer.toArray()
    }

    private func append(_ group: RowGroup, ordinal: Int, to thrift: inout ThriftWriter) {
        thrift.list(1, of: .structure, count: group.chunks.count)
        for (leaf, chunk) in zip(leaves, group.chunks) {
            thrift.element { append(chunk, leaf, to: &$0) }
        }
        thrift.int64(2, group.uncompressedBytes)
        thrift.int64(3, group.rowCount)
        thrift.int64(5, group.startOffset)
        thrift.int64(6, group.compressedBytes)
        if let ordinal = Int16(exactly: ordinal) {
            thrift.field(7, .int16)
            thrift.integerElement(Int(ordinal))
        }
    }

    private func append(
        _ chunk: ColumnChunk,
        _ leaf: FieldLeaf,
        to thrift: inout ThriftWriter
    ) {
        // Deprecated, yet required: where a copy of the metadata would lie, zero for none.
        thrift.int64(2, 0)
        thrift.structure(3) { appendMetadata(chunk, leaf, to: &$0) }
        thrift.int64(4, chunk.offsetIndexOffset)
        thrift.int32(5, chunk.offsetIndexBytes)
        if let columnIndexOffset = chunk.columnIndexOffset {
            thrift.int64(6, columnIndexOffset)
            thrift.int32(7, chunk.columnIndexBytes)
        }
    }

    private func appendMetadata(
        _ chunk: ColumnChunk,
        _ leaf: FieldLeaf,
        to thrift: inout ThriftWriter
    ) {
        let dataEncodings = chunk.dataEncodings
        // Levels are runs, dictionaries are plain.
        let encodings = Set(
            dataEncodings.map(\.encoding) + [.rle] + (chunk.isDictionary ? [.plain] : [])
        ).sorted { $0.rawValue < $1.rawValue }
        thrift.int32(1, leaf.type.parquetPhysicalType.rawValue)
        thrift.list(2, of: .int32, count: encodings.count)
        for encoding in encodings { thrift.integerElement(encoding.rawValue) }
        thrift.list(3, of: .binary, count: leaf.path.count)
        for name in leaf.path { thrift.textElement(name) }
        thrift.int32(4, options.codec.parquetNumber)
        thrift.int64(5, chunk.statistics.valueCount)
        thrift.int64(6, chunk.uncompressedBytes)
        thrift.int64(7, chunk.compressedBytes)
        thrift.int64(9, chunk.pages.first?.offset ?? 0)
        if let dictionaryPageOffset = chunk.dictionaryPageOffset {
            thrift.int64(11, dictionaryPageOffset)
        }
        thrift.structure(12) { appendStatistics(chunk, leaf, to: &$0) }
        thrift.list(13, of: .structure, count: dataEncodings.count + (chunk.isDictionary ? 1 : 0))
        if chunk.isDictionary {
            thrift.element { pageEncoding in
                pageEncoding.int32(1, ParquetPageType.dictionary.rawValue)
                pageEncoding.int32(2, ParquetEncoding.plain.rawValue)
                pageEncoding.int32(3, 1)
            }
        }
        let pageType: ParquetPageType = options.pageVersion == .v1 ? .data : .dataV2
        for (encoding, pageCount) in dataEncodings {
            thrift.element { pageEncoding in
                pageEncoding.int32(1, pageType.rawValue)
                pageEncoding.int32(2, encoding.rawValue)
                pageEncoding.int32(3, pageCount)
            }
        }
        if chunk.bloomFilterBytes > 0 {
            thrift.int64(14, chunk.bloomFilterOffset)
            thrift.int32(15, chunk.bloomFilterBytes)
        }
    }

    private func appendStatistics(
        _ chunk: ColumnChunk,
        _ leaf: FieldLeaf,
        to thrift: inout ThriftWriter
    ) {
        let pair = BoundSerialization.parquet(
            chunk.statistics.boundsOfAllValues,
            type: leaf.type,
            isFull: options.metricsMode(ofFieldID: leaf.fieldID) == .full
        )
        thrift.int64(3, chunk.statistics.nullCount)
        if let upper = pair.upper { thrift.bytes(5, upper) }
        if let lower = pair.lower { thrift.bytes(6, lower) }
        if pair.upper != nil { thrift.boolean(7, pair.isUpperExact) }
        if pair.lower != nil { thrift.boolean(8, pair.isLowerExact) }
    }
}
