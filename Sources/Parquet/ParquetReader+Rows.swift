internal import Bytes
public import Diagnostics

extension ParquetReader {
    /// The bytes of the page indexes of what a projection reads, for plans of single rows.
    ///
    /// `boundsOf` names fields whose pages' bounds are wanted as well. A file without indexes has
    /// none.
    public func pageIndexRanges(
        rowGroup: Int,
        _ projection: ParquetProjection,
        boundsOf fieldIDs: Set<Int32> = []
    ) throws(FormatError) -> [Range<Int>] {
        let group = try group(rowGroup)
        var ranges: [Range<Int>] = []
        for leaf in projection.leaves {
            let chunk = group.chunks[leaf.index]
            // Of a column that cannot be read, the index cannot be read either: that is no damage.
            _ = try byteRange(chunk, leaf)
            if let range = try indexRange(chunk.offsetIndex, leaf) { ranges.append(range) }
        }
        for fieldID in fieldIDs {
            guard let leaf = projection.boundedLeaf(ofField: fieldID)?.leaf else { continue }
            let chunk = group.chunks[leaf.index]
            if let range = try indexRange(chunk.columnIndex, leaf) { ranges.append(range) }
        }
        return ReadPlan.merged(ranges, gapBytesMax: 0)
    }

    /// A plan that reads some rows of a row group, and only the pages that they are in.
    ///
    /// `rows` count from the row group's first, ascend and lie apart. `pageIndexes` hold the bytes
    /// of ``pageIndexRanges(rowGroup:_:boundsOf:)``; a leaf whose index is not among them is read
    /// from its first page on.
    public func plan(
        rowGroup: Int,
        _ projection: ParquetProjection,
        rows: [Range<Int>],
        pageIndexes: [FileBytes]
    ) throws(FormatError) -> ReadPlan {
        let group = try group(rowGroup)
        var end = 0
        for range in rows {
            precondition(range.lowerBound >= end, "rows ascend and lie apart")
            end = range.upperBound
        }
        guard end <= group.rowCount else {
            throw FormatError(
                file: file,
                "row \(end - 1) of row group \(rowGroup) was asked for, it has \(group.rowCount)"
            )
        }
        let wanted = rows.filter { !$0.isEmpty }
        var sources: [LeafSource] = []
        for leaf in projection.leaves {
            let chunk = group.chunks[leaf.index]
            sources.append(try source(chunk, leaf, group.rowCount, wanted, pageIndexes))
        }
        return ReadPlan(
            rowGroup: rowGroup,
            projection: projection,
            rows: wanted,
            sources: sources
        )
    }

    private func source(
        _ chunk: FileChunk,
        _ leaf: ReadLeaf,
        _ rowCount: Int,
        _ rows: [Range<Int>],
        _ pageIndexes: [FileBytes]
    ) throws(FormatError) -> LeafSource {
        let whole = try byteRange(chunk, leaf)
        guard let pages = try pages(chunk, leaf, rowCount, pageIndexes) else {
            return .whole(whole)
        }
        let wanted = Self.pages(pages, holding: rows)
        let first = pages.first?.bytes.lowerBound ?? whole.lowerBound
        let dictionary = whole.lowerBound..<first
        return .pages(
            dictionary: dictionary.isEmpty || wanted.isEmpty ? nil : dictionary,
            wanted
        )
    }

    /// The pages that hold any of `rows`; both ascend.
    private static func pages(
        _ pages: [PageLocation],
        holding rows: [Range<Int>]
    ) -> [PageLocation] {
        var left = rows[...]
        return pages.filter { page in
            while let range = left.first, range.upperBound <= page.rows.lowerBound {
                left.removeFirst()
            }
            guard let range = left.first, !page.rows.isEmpty else { return false }
            return range.lowerBound < page.rows.upperBound
        }
    }

    /// The pages of a chunk by its offset index; `nil` where it is not among the fetched bytes.
    func pages(
        _ chunk: FileChunk,
        _ leaf: ReadLeaf,
        _ rowCount: Int,
        _ pageIndexes: [FileBytes]
    ) throws(FormatError) -> [PageLocation]? {
        guard let range = try indexRange(chunk.offsetIndex, leaf),
            let run = pageIndexes.first(where: { $0.holds(range) })
        else { return nil }
        let index: OffsetIndex
        do throws(WireFault) {
            index = try OffsetIndex(
                run.bytes,
                range.lowerBound - run.offset..<range.upperBound - run.offset
            )
        } catch {
            throw FormatError(
                file: file,
                "column \(leaf.path): its offset index is damaged: \(error)",
                offset: run.offset + error.offset
            )
        }
        let whole = try byteRange(chunk, leaf)
        guard let pages = index.pages(chunk: whole, rowCount: rowCount) else {
            throw FormatError(
                file: file,
                "column \(leaf.path): the \(index.entries.count) pages of its offset index do not "
                    + "fit into the chunk's \(whole.count) bytes and the row group's \(rowCount) "
                    + "rows",
                offset: range.lowerBound
            )
        }
        return pages
    }

    /// Where an index lies, inside of the file; `nil` where there is none.
    func indexRange(_ place: FileRange, _ leaf: ReadLeaf) throws(FormatError) -> Range<Int>? {
        guard place.byteCount != 0 else { return nil }
        guard place.offset >= 0, place.byteCount > 0, place.offset <= fileByteCount,
            place.byteCount <= fileByteCount - place.offset
        else {
            throw FormatError(
                file: file,
                "column \(leaf.path): an index is said to have \(place.byteCount) bytes at "
                    + "\(place.offset), the file has \(fileByteCount)"
            )
        }
        return place.offset..<place.offset + place.byteCount
    }

    /// Cuts rows of a row group into parts whose pages have no more than `bytesMax` bytes, one page
    /// a leaf at least; for row groups that are too large to be fetched at once.
    ///
    /// Without page indexes there is nothing to cut by: one part with all rows.
    public func parts(
        of rows: [Range<Int>],
        rowGroup: Int,
        _ projection: ParquetProjection,
        pageIndexes: [FileBytes],
        bytesMax: Int
    ) throws(FormatError) -> [[Range<Int>]] {
        let group = try group(rowGroup)
        var pages: [[PageLocation]] = []
        for leaf in projection.leaves {
            let chunk = group.chunks[leaf.index]
            guard let found = try self.pages(chunk, leaf, group.rowCount, pageIndexes) else {
                return [rows]
            }
            pages.append(Self.pages(found, holding: rows))
        }
        return RowParts(pages: pages, bytesMax: bytesMax).cut(rows)
    }
}
