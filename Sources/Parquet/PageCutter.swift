/// Cuts a column chunk into the rows of its pages; a page begins with a row.
struct PageCutter {
    private let pieces: [LeafRows]
    private let widthBytes: Int
    private let isByteString: Bool
    private let rowsMax: Int
    private let bytesMax: Int
    private var index = 0
    private var offset = 0

    /// `isCoded` pages hold dictionary codes, so that only rows count.
    init(
        _ pieces: [LeafRows],
        layout: ColumnLayout,
        isCoded: Bool,
        options: ParquetWriterOptions
    ) {
        self.pieces = pieces
        isByteString = !isCoded && layout == .byteString
        // Booleans and codes are far below a byte or four a row; rows alone cut them.
        widthBytes = isCoded || layout == .boolean ? 0 : layout.plainWidthBytes
        rowsMax = max(options.pageRowsMax, 1)
        bytesMax = max(options.pageBytesMax, 1)
    }

    /// The rows of a page, and the bytes of their values before compression.
    struct Cut {
        var rows: [LeafRows]
        var bytes: Int
    }

    /// The rows of the next page, at least one; `nil` after the last.
    mutating func next() -> Cut? {
        var page: [LeafRows] = []
        var size = PageSize()
        while index < pieces.count, size.rows < rowsMax, size.bytes < bytesMax {
            let rest = pieces[index].slice(offset: offset, count: pieces[index].count - offset)
            let taken = rowsThatFit(rest, in: size)
            guard taken > 0 else { break }
            page.append(rest.slice(offset: 0, count: taken))
            size.add(self.size(of: rest, rowCount: taken))
            offset += taken
            if offset == pieces[index].count {
                index += 1
                offset = 0
            }
        }
        return page.isEmpty ? nil : Cut(rows: page, bytes: size.bytes)
    }

    private struct PageSize {
        /// The rows at the top or the leaf's, whichever are more.
        var rows = 0
        /// Bytes before compression, NULLs counted as zeros.
        var bytes = 0

        mutating func add(_ other: PageSize) {
            rows += other.rows
            bytes += other.bytes
        }
    }

    /// What the first rows take of a page.
    private func size(of piece: LeafRows, rowCount: Int) -> PageSize {
        let values = piece.values(ofFirst: rowCount)
        let bytes =
            isByteString ? values.totalBytes + values.count * 4 : values.count * widthBytes
        return PageSize(rows: max(rowCount, values.count), bytes: bytes)
    }

    private func rowsThatFit(_ piece: LeafRows, in page: PageSize) -> Int {
        func fits(_ rowCount: Int) -> Bool {
            let added = size(of: piece, rowCount: rowCount)
            return page.rows + added.rows <= rowsMax && page.bytes + added.bytes <= bytesMax
        }
        let most = min(piece.count, rowsMax - page.rows)
        if fits(most) { return most }
        // Both sizes grow with rows, so the largest fitting count is found by halving.
        var fitting = page.rows == 0 ? 1 : 0
        var tooMany = most
        while tooMany - fitting > 1 {
            let middle = (fitting + tooMany) / 2
            if fits(middle) { fitting = middle } else { tooMany = middle }
        }
        return fitting
    }
}
