internal import Bytes
public import Diagnostics
internal import TableModel

extension ParquetReader {
    /// What the footer says of a field's values in a row group.
    ///
    /// `nil` where it says nothing, and for fields that are nested, in a list, or not in the file.
    /// The field is one of the projection's, or inside of one.
    public func bounds(
        ofField fieldID: Int32,
        rowGroup: Int,
        _ projection: ParquetProjection
    ) throws(FormatError) -> ColumnBounds? {
        let group = try group(rowGroup)
        guard let (leaf, reader) = boundReader(fieldID, projection) else { return nil }
        let statistics = group.chunks[leaf.index].statistics
        var bounds = ColumnBounds(
            lower: nil,
            upper: nil,
            rowCount: group.rowCount,
            nullCount: statistics.nullCount.flatMap {
                (0...group.rowCount).contains($0) ? $0 : nil
            }
        )
        if let reader {
            if isOrdered(leaf) {
                bounds.lower = reader.lower(statistics.lower)
                bounds.upper = reader.upper(statistics.upper)
            }
            if reader.isLegacyOrdered {
                bounds.lower = bounds.lower ?? reader.lower(statistics.legacyLower)
                bounds.upper = bounds.upper ?? reader.upper(statistics.legacyUpper)
            }
        }
        return bounds
    }

    /// What the column index says of a field's values in each page.
    ///
    /// `pageIndexes` hold what ``pageIndexRanges(rowGroup:_:boundsOf:)`` asks for; `nil` where the
    /// file has no such index.
    public func pageBounds(
        ofField fieldID: Int32,
        rowGroup: Int,
        _ projection: ParquetProjection,
        pageIndexes: [FileBytes]
    ) throws(FormatError) -> [PageBounds]? {
        let group = try group(rowGroup)
        guard let (leaf, reader) = boundReader(fieldID, projection), isOrdered(leaf) else {
            return nil
        }
        let chunk = group.chunks[leaf.index]
        guard let pages = try pages(chunk, leaf, group.rowCount, pageIndexes),
            let index = try columnIndex(chunk, leaf, pageIndexes)
        else { return nil }
        guard index.isWhole(pageCount: pages.count) else {
            throw FormatError(
                file: file,
                "column \(leaf.path): its column index tells of \(index.isNullPage.count) pages, "
                    + "the offset index of \(pages.count)",
                offset: chunk.columnIndex.offset
            )
        }
        return pages.indices.map { page in
            let isNull = index.isNullPage[page]
            let rowCount = pages[page].rows.count
            return PageBounds(
                rows: pages[page].rows,
                bounds: ColumnBounds(
                    lower: isNull ? nil : reader?.lower(index.lower[page]),
                    upper: isNull ? nil : reader?.upper(index.upper[page]),
                    rowCount: rowCount,
                    nullCount: isNull ? rowCount : index.nullCounts?[page]
                )
            )
        }
    }

    /// The rows of a row group whose pages' bounds `isWanted` holds for, neighbours joined.
    ///
    /// All rows where the file has no index for the field. Otherwise as
    /// ``pageBounds(ofField:rowGroup:_:pageIndexes:)``.
    public func rows(
        rowGroup: Int,
        _ projection: ParquetProjection,
        pageIndexes: [FileBytes],
        whereBoundsOfField fieldID: Int32,
        _ isWanted: (ColumnBounds) -> Bool
    ) throws(FormatError) -> [Range<Int>] {
        let rowCount = try group(rowGroup).rowCount
        let pages = try pageBounds(
            ofField: fieldID,
            rowGroup: rowGroup,
            projection,
            pageIndexes: pageIndexes
        )
        guard let pages else { return rowCount > 0 ? [0..<rowCount] : [] }
        return ReadPlan.merged(
            pages.filter { isWanted($0.bounds) }.map(\.rows),
            gapBytesMax: 0
        )
    }

    /// A field's leaf, and how its bounds are read, if they are in any order.
    private func boundReader(
        _ fieldID: Int32,
        _ projection: ParquetProjection
    ) -> (ReadLeaf, BoundReader?)? {
        guard let (node, leaf) = projection.boundedLeaf(ofField: fieldID),
            let conversion = leaf.conversion
        else { return nil }
        return (
            leaf, BoundReader(leaf.type, conversion: conversion, wanted: node.field.type)
        )
    }

    /// Whether the file says how bounds are ordered; without it they mean nothing.
    private func isOrdered(_ leaf: ReadLeaf) -> Bool {
        guard footer.columnOrders.indices.contains(leaf.index) else { return false }
        return footer.columnOrders[leaf.index] != .unknown
    }

    private func columnIndex(
        _ chunk: FileChunk,
        _ leaf: ReadLeaf,
        _ pageIndexes: [FileBytes]
    ) throws(FormatError) -> ColumnIndex? {
        guard let range = try indexRange(chunk.columnIndex, leaf),
            let run = pageIndexes.first(where: { $0.holds(range) })
        else { return nil }
        do throws(WireFault) {
            return try ColumnIndex(
                run.bytes,
                range.lowerBound - run.offset..<range.upperBound - run.offset
            )
        } catch {
            throw FormatError(
                file: file,
                "column \(leaf.path): its column index is damaged: \(error)",
                offset: run.offset + error.offset
            )
        }
    }
}

extension ParquetProjection {
    /// The leaf that a field outside of lists is read from.
    func boundedLeaf(ofField fieldID: Int32) -> (node: ReadNode, leaf: ReadLeaf)? {
        func find(_ nodes: [ReadNode]) -> ReadNode? {
            for node in nodes {
                switch node.content {
                case .leaf where node.field.id == fieldID: return node
                case .structure(let children):
                    if let found = find(children) { return found }
                default: break
                }
            }
            return nil
        }
        guard let node = find(nodes), case .leaf(let index) = node.content else { return nil }
        return (node, leaves[index])
    }
}
