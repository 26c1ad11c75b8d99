internal import Bytes
internal import TableModel

/// Writes the indexes that let readers skip pages.
///
/// Source: apache/parquet-format, PageIndex.md.
enum PageIndexWriter {
    /// The column index of one chunk; `nil` where a page with values has no bounds.
    static func columnIndex(
        _ chunk: ColumnChunk,
        leaf: FieldLeaf,
        isFull: Bool
    ) -> [UInt8]? {
        var pairs: [BoundSerialization.Pair] = []
        for page in chunk.pages {
            let isNullPage = page.statistics.nullCount == page.statistics.valueCount
            let pair = BoundSerialization.parquet(
                page.statistics.boundsOfAllValues,
                type: leaf.type,
                isFull: isFull
            )
            guard isNullPage || (pair.lower != nil && pair.upper != nil) else { return nil }
            pairs.append(pair)
        }
        var thrift = ThriftWriter()
        thrift.list(1, of: .booleanTrue, count: pairs.count)
        for page in chunk.pages {
            thrift.booleanElement(page.statistics.nullCount == page.statistics.valueCount)
        }
        thrift.list(2, of: .binary, count: pairs.count)
        for pair in pairs { thrift.bytesElement(pair.lower ?? []) }
        thrift.list(3, of: .binary, count: pairs.count)
        for pair in pairs { thrift.bytesElement(pair.upper ?? []) }
        thrift.int32(4, isAscending(chunk) ? 1 : 0)
        thrift.list(5, of: .int64, count: pairs.count)
        for page in chunk.pages { thrift.integerElement(page.statistics.nullCount) }
        thrift.end()
        return thrift.buffer.toArray()
    }

    static func offsetIndex(_ chunk: ColumnChunk) -> [UInt8] {
        var thrift = ThriftWriter()
        thrift.list(1, of: .structure, count: chunk.pages.count)
        for page in chunk.pages {
            thrift.element { location in
                location.int64(1, page.offset)
                location.int32(2, page.byteCount)
                location.int64(3, page.firstRow)
            }
        }
        thrift.end()
        return thrift.buffer.toArray()
    }

    /// Whether the pages' bounds never fall; pages of NULLs do not count.
    private static func isAscending(_ chunk: ColumnChunk) -> Bool {
        let bounds = chunk.pages.map(\.statistics.bounds).filter { $0 != .none }
        return zip(bounds, bounds.dropFirst()).allSatisfy { $0.isFollowed(by: $1) }
    }
}
